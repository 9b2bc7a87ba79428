// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "policies.h"
#include "resource.h"
#include "row_mac.h"
#include "store_release.h"

/** struct releasing - what the transaction has to do */
struct releasing {
	const struct audit *audit;
	const struct release_terms *terms;
	struct audit_entry *e;
};

/** struct uses - of a key of the configuration; @fault: of the row's MAC */
struct uses {
	struct db *db;
	int64_t used;
	struct db_fault *fault;
};

static int take_uses(void *arg, const struct db_value *c, size_t count)
{
	struct uses *u = arg;
	int rc = count == 3 ? row_check(u->db, "use_count", c, count, u->fault) : -EBADMSG;

	if (rc || c[1].type != DB_INT || c[1].number < 0)
		return rc ? rc : -EBADMSG;
	u->used = c[1].number;
	return 0;
}

static int count_configured(struct db *db, const char *path, int64_t *used, struct db_fault *fault)
{
	struct uses u = { db, 0, fault };
	struct db_query find = {
		.sql = "SELECT " ROW_USE_COUNT ", mac FROM use_count WHERE path = $1",
		.args = { db_text(path) }, .arg_count = 1, .row = take_uses, .arg = &u,
	};
	struct db_query put = {
		.sql = "INSERT INTO use_count (" ROW_USE_COUNT ", mac) VALUES ($1, $2, $3)"
		       " ON CONFLICT (path) DO UPDATE SET used = $2, mac = $3",
		.args = { db_text(path) }, .arg_count = 3,
	};
	struct row_tag tag;
	int rc = db_run(db, &find, fault);

	if (rc < 0)
		return rc;
	put.args[1] = db_int(*used = u.used + 1);
	rc = row_tag(db, "use_count", put.args, 2, &tag, fault);
	put.args[2] = row_tag_value(&tag);
	rc = rc ? rc : db_run(db, &put, fault);
	return rc < 0 ? rc : 0;
}

/* Counted first, judged afterwards: a refusal undoes it. */
static int count(struct db *db, const struct releasing *r, struct db_fault *fault)
{
	const struct release_terms *terms = r->terms;
	struct resource row = { .used = 0 };
	int rc = terms->wrapped ? resource_use(db, terms->path, terms->wrapped, &row, fault) :
				  count_configured(db, terms->path, &row.used, fault);

	if (rc)
		return rc;
	if ((row.terms.expires && r->e->time >= row.terms.expires) ||
	    (terms->expires && r->e->time >= terms->expires))
		return -ETIME;
	if ((row.terms.uses && row.used > row.terms.uses) || (terms->uses && row.used > terms->uses))
		return -EDQUOT;
	r->e->use = row.used;
	return 0;
}

/* The row that was judged is there, and not disabled. */
static int row_stands(struct db *db, const struct release_terms *terms, struct db_fault *fault)
{
	struct resource row;
	int rc = terms->wrapped ? resource_stored(db, terms->path, &row, fault) : 0;

	if (rc || !terms->wrapped)
		return rc;
	return row.disabled || memcmp(row.wrapped, terms->wrapped, sizeof(row.wrapped)) ? -ENOENT : 0;
}

static int terms_stand(struct db *db, const struct release_terms *terms,
		       const struct attested *who, struct db_fault *fault)
{
	return policies_stand(db, terms->policy, terms->policy_sha256, who, fault);
}

int store_stands(struct db *db, const struct release_terms *terms, const struct attested *who,
		 struct db_fault *fault)
{
	return row_stands(db, terms, fault) ?: terms_stand(db, terms, who, fault);
}

static int release(struct db *db, void *arg, struct db_fault *fault)
{
	struct releasing *r = arg;

	return audit_lock(db, fault) ?: count(db, r, fault) ?:
	       terms_stand(db, r->terms, r->e->who, fault) ?:
	       audit_append(db, r->audit, r->e, fault);
}

int store_release(struct db *db, const struct audit *audit, const struct release_terms *terms,
		  struct audit_entry *e, struct db_fault *fault)
{
	struct releasing r = { audit, terms, e };

	return db_transaction(db, release, &r, fault);
}
