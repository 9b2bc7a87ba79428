// SPDX-License-Identifier: MIT
/*
 * /kbs/v0/counter/...: versions of what is sealed by a resource's key, for whom that key
 * is. GET tells how far it counted; POST {"at": n} makes it n where it is one less, and
 * where it is not, tells what it is. It never goes back.
 */
#include <errno.h>

#include "rcar_private.h"
#include "resource.h"
#include "row_mac.h"
#include "store_release.h"

#define COUNTER_BODY_MAX 256

/**
 * struct counting - what the transaction has to do
 * @value: how far it counted; @db, @fault: of its row's MAC
 */
struct counting {
	const struct audit *audit;
	struct release_terms terms;
	struct audit_entry e;
	int64_t at;
	int64_t value;
	struct db *db;
	struct db_fault *fault;
};

static int take_value(void *arg, const struct db_value *c, size_t count)
{
	struct counting *n = arg;
	int rc = count == 3 ? row_check(n->db, "counter", c, count, n->fault) : -EBADMSG;

	if (rc || c[1].type != DB_INT || c[1].number < 1)
		return rc ? rc : -EBADMSG;
	n->value = c[1].number;
	return 0;
}

/* Who would get no key is told nothing. */
static int read_value(struct db *db, struct counting *n, struct db_fault *fault)
{
	struct db_query q = {
		.sql = "SELECT " ROW_COUNTER ", mac FROM counter WHERE path = $1",
		.args = { db_text(n->terms.path) }, .arg_count = 1,
		.row = take_value, .arg = n,
	};
	int rc;

	n->db = db;
	n->fault = fault;
	rc = store_stands(db, &n->terms, n->e.who, fault) ?: db_run(db, &q, fault);
	return rc < 0 ? rc : 0;
}

/* Who appends to the audit holds off all others: nobody steps between the two. */
static int step(struct db *db, void *arg, struct db_fault *fault)
{
	struct counting *n = arg;
	struct db_query q = {
		.sql = "INSERT INTO counter (" ROW_COUNTER ", mac) VALUES ($1, $2, $3)"
		       " ON CONFLICT (path) DO UPDATE SET value = $2, mac = $3",
		.args = { db_text(n->terms.path), db_int(n->at) }, .arg_count = 3,
	};
	struct row_tag tag;
	int rc;

	n->value = 0;
	rc = audit_lock(db, fault) ?: read_value(db, n, fault);
	if (rc || n->at != n->value + 1)
		return rc;
	rc = row_tag(db, "counter", q.args, 2, &tag, fault);
	q.args[2] = row_tag_value(&tag);
	rc = rc ? rc : db_run(db, &q, fault);
	if (rc < 0)
		return rc;
	n->value = n->e.use = n->at;
	return audit_append(db, n->audit, &n->e, fault);
}

static int take_at(struct rcar_call *call, int64_t *at)
{
	json_t *body = rcar_json(call, COUNTER_BODY_MAX);
	json_int_t n = 0;
	json_error_t err;
	int rc = 0;

	if (!body)
		return -1;
	if (json_unpack_ex(body, &err, JSON_STRICT, "{s:I}", "at", &n))
		rc = rcar_refuse(call, "malformed-request", "%s", err.text);
	else if (n < 1 || n > INT64_MAX / 2)
		rc = rcar_refuse(call, "malformed-request", "at: a number from 1 on is wanted");
	json_decref(body);
	*at = n;
	return rc;
}

int rcar_counter(struct rcar_call *call, const char *path, int post)
{
	struct counting n = { .audit = call->rcar->audit };
	struct db_fault fault = { "" };
	struct resource resource;
	json_t *out;
	int rc;

	if (rcar_terms(call, path, &resource) || (post && take_at(call, &n.at)))
		return -1;
	if (resource.terms.expires && call->req->time >= resource.terms.expires)
		return rcar_refuse(call, "resource-expired", "%s", "");
	n.terms = rcar_release_terms(call, &resource);
	n.e = rcar_entry(call);
	rc = post ? db_transaction(call->rcar->db, step, &n, &fault) :
		    read_value(call->rcar->db, &n, &fault);
	if (rc)
		return rcar_refuse_terms(call, rc, &fault);
	out = json_pack("{s:I}", "counter", (json_int_t)n.value);
	call->reply->body = out ? json_dumps(out, JSON_COMPACT) : NULL;
	json_decref(out);
	return 0;
}
