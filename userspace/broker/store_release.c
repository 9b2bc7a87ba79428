// SPDX-License-Identifier: MIT
#include <errno.h>

#include "policies.h"
#include "store_release.h"

/** struct releasing - what the transaction has to do */
struct releasing {
	const struct audit *audit;
	const struct release_terms *terms;
	struct audit_entry *e;
};

/** struct row - terms and count as the database has them; -1 = no such term */
struct row {
	int64_t used;
	int64_t uses;
	int64_t expires;
};

static int take_row(void *arg, const struct db_value *c, size_t count)
{
	struct row *r = arg;

	if (count < 1 || c[0].type != DB_INT || c[0].number < 0)
		return -EBADMSG;
	r->used = c[0].number;
	r->uses = count > 1 && c[1].type == DB_INT ? c[1].number : -1;
	r->expires = count > 2 && c[2].type == DB_INT ? c[2].number : -1;
	return 0;
}

static const char count_stored[] = "UPDATE resource SET used = used + 1 WHERE path = $1"
				   " AND disabled = 0 AND wrapped = $2"
				   " RETURNING used, uses, expires";
static const char count_configured[] =
	"INSERT INTO use_count (path, used) VALUES ($1, 1)"
	" ON CONFLICT (path) DO UPDATE SET used = use_count.used + 1 RETURNING used";

/* Counted first, judged afterwards: a refusal undoes it. */
static int count(struct db *db, const struct releasing *r, struct db_fault *fault)
{
	struct row row = { 0 };
	struct db_query q = {
		.sql = r->terms->wrapped ? count_stored : count_configured,
		.args = { db_text(r->terms->path),
			  db_blob(r->terms->wrapped, r->terms->wrapped_len) },
		.arg_count = r->terms->wrapped ? 2 : 1,
		.row = take_row, .arg = &row,
	};
	int rc = db_run(db, &q, fault);

	if (rc <= 0)
		return rc ? rc : -ENOENT;
	if ((row.expires >= 0 && r->e->time >= row.expires) ||
	    (r->terms->expires && r->e->time >= r->terms->expires))
		return -ETIME;
	if ((row.uses >= 0 && row.used > row.uses) || (r->terms->uses && row.used > r->terms->uses))
		return -EDQUOT;
	r->e->use = row.used;
	return 0;
}

static int take_met(void *arg, const struct db_value *c, size_t count)
{
	return count == 1 && c[0].type == DB_BLOB && c[0].len == 32 && policies_met(arg, c[0].data) ?
		       0 : -ESTALE;
}

/* The policies that are asked of everybody, as they are now, did accept the evidence. */
static int all_accept(struct db *db, const struct attested *who, struct db_fault *fault)
{
	const struct db_query q = {
		.sql = "SELECT sha256 FROM policy WHERE name IN ($1, $2)",
		.args = { db_text(POLICY_DEFAULT), db_text(POLICY_RESOURCES) }, .arg_count = 2,
		.row = take_met, .arg = (void *)who,
	};
	int rc = db_run(db, &q, fault);

	return rc < 0 ? rc : 0;
}

/* The text that accepted the evidence is still the one of that name. */
static int policy_stands(struct db *db, const struct release_terms *terms, struct db_fault *fault)
{
	const struct db_query q = {
		.sql = "SELECT name FROM policy WHERE name = $1 AND sha256 = $2",
		.args = { db_text(terms->policy), db_blob(terms->policy_sha256, 32) },
		.arg_count = 2,
	};
	int rc = terms->policy ? db_run(db, &q, fault) : 1;

	return rc < 0 ? rc : rc ? 0 : -ESTALE;
}

static int policies_stand(struct db *db, const struct release_terms *terms,
			  const struct attested *who, struct db_fault *fault)
{
	return policy_stands(db, terms, fault) ?: all_accept(db, who, fault);
}

/* The row that was judged is there, and not disabled. */
static int row_stands(struct db *db, const struct release_terms *terms, struct db_fault *fault)
{
	const struct db_query q = {
		.sql = "SELECT path FROM resource WHERE path = $1 AND disabled = 0 AND wrapped = $2",
		.args = { db_text(terms->path), db_blob(terms->wrapped, terms->wrapped_len) },
		.arg_count = 2,
	};
	int rc = terms->wrapped ? db_run(db, &q, fault) : 1;

	return rc < 0 ? rc : rc ? 0 : -ENOENT;
}

int store_stands(struct db *db, const struct release_terms *terms, const struct attested *who,
		 struct db_fault *fault)
{
	return row_stands(db, terms, fault) ?: policies_stand(db, terms, who, fault);
}

static int release(struct db *db, void *arg, struct db_fault *fault)
{
	struct releasing *r = arg;

	return audit_lock(db, fault) ?: count(db, r, fault) ?:
	       policies_stand(db, r->terms, r->e->who, fault) ?:
	       audit_append(db, r->audit, r->e, fault);
}

int store_release(struct db *db, const struct audit *audit, const struct release_terms *terms,
		  struct audit_entry *e, struct db_fault *fault)
{
	struct releasing r = { audit, terms, e };

	return db_transaction(db, release, &r, fault);
}
