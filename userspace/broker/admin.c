// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin_private.h"
#include "journal.h"
#include "libward.h"
#include "resource.h"
#include "problem.h"

#define WARD	"/admin/v1/"
#define KBS	"/kbs/v0/"

int admin_refuse(struct admin_call *call, const char *reason, const char *fmt, ...)
{
	va_list ap;

	call->reason = reason;
	va_start(ap, fmt);
	vsnprintf(call->detail, sizeof(call->detail), fmt, ap);
	va_end(ap);
	return -1;
}

int admin_store(struct admin_call *call, int rc, const struct db_fault *fault)
{
	call->store = rc;
	switch (rc) {
	case 0:
		return 0;
	case -ENOENT:
		return admin_refuse(call, "path-unknown", "%s", "");
	case -ENOKEY:
		return admin_refuse(call, "keyring-missing", "%s", "");
	case -EEXIST:
		return admin_refuse(call, "name-taken", "%s", "");
	case -EXDEV:
		return admin_refuse(call, "name-taken", "it belongs to another project");
	case -EBUSY:
		return admin_refuse(call, "policy-in-use", "%s", "");
	case -ENOSPC:
		return admin_refuse(call, "policies-exhausted", "%s", "");
	case -EINVAL:
		return admin_refuse(call, "malformed-request", "a path is repository/type/tag, a "
				    "name has at most %d letters, digits, '-', '_' and '.'",
				    POLICY_NAME_MAX);
	case -EKEYREJECTED:
		return admin_refuse(call, "row-not-authentic", "%s", fault->text);
	default:
		return admin_refuse(call, "store-failed", "%s", fault->text);
	}
}

json_t *admin_body(struct admin_call *call)
{
	json_error_t err;
	json_t *body = json_loadb(call->req->body_len ? call->req->body : "", call->req->body_len,
				  JSON_REJECT_DUPLICATES, &err);

	if (json_is_object(body) && json_object_size(body) <= CONFIG_MEMBERS_MAX)
		return body;
	/* what the parser quotes of the text may be a key */
	admin_refuse(call, "malformed-request", "the body is not an object of JSON, of at most %d "
		     "members", CONFIG_MEMBERS_MAX);
	json_decref(body);
	return NULL;
}

int admin_answer(struct admin_call *call, json_t *answer)
{
	call->reply->body = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	json_decref(answer);
	return call->reply->body ? 0 : admin_refuse(call, "internal-error", "no memory");
}

static int take_number(void *arg, const struct db_value *c, size_t count)
{
	(void)count;
	*(int64_t *)arg = c[0].number;
	return 0;
}

static int sessions(struct admin_call *call)
{
	const struct session_limits *limits = &call->admin->rcar->limits;
	int64_t n = 0;
	struct db_query q = { .sql = "SELECT count(*) FROM session WHERE started > $1",
			      .args = { db_int(call->req->time - limits->timeout) }, .arg_count = 1,
			      .row = take_number, .arg = &n };
	struct db_fault fault = { "" };
	int rc = db_run(call->admin->rcar->db, &q, &fault);

	if (rc < 0)
		return admin_store(call, rc, &fault);
	return admin_answer(call, json_pack("{s:I, s:I, s:I}", "sessions", (json_int_t)n, "max",
					    (json_int_t)limits->max, "timeout",
					    (json_int_t)limits->timeout));
}

/* "first=7&limit=100" */
static int read_query(const char *text, int64_t *first, int64_t *limit)
{
	while (text && *text) {
		int64_t *to = !strncmp(text, "first=", 6) ? first :
			      !strncmp(text, "limit=", 6) ? limit : NULL;
		size_t digits = to ? strspn(text + 6, "0123456789") : 0;

		if (!digits || digits > 18)
			return -1;
		*to = strtoll(text + 6, NULL, 10);
		text += 6 + digits;
		if (*text && *text++ != '&')
			return -1;
	}
	return *first < 1 || *limit < 1 || *limit > ADMIN_AUDIT_PAGE ? -1 : 0;
}

/* A page: one that is shorter than it may be is the last. */
static int audit(struct admin_call *call)
{
	int64_t first = 1, limit = ADMIN_AUDIT_PAGE;
	struct db_fault fault = { "no memory" };
	size_t len;
	FILE *out;
	int rc;

	if (read_query(call->req->query, &first, &limit))
		return admin_refuse(call, "malformed-request", "the query may have 'first', a record's "
				    "number, and 'limit', from 1 to %d", ADMIN_AUDIT_PAGE);
	out = open_memstream(&call->reply->body, &len);
	rc = out ? audit_export(call->admin->rcar->db, first, limit, out, &fault) : -ENOMEM;
	if (out && fclose(out))
		rc = -ENOMEM;
	return rc ? admin_store(call, -EIO, &fault) : 0;
}

static int reload(struct admin_call *call)
{
	struct config_fault fault = { "" };

	if (call->admin->reload(call->admin->arg, &fault))
		return admin_refuse(call, "configuration-refused", "%s", fault.text);
	return admin_answer(call, json_pack("{s:b}", "reloaded", 1));
}

static const struct admin_route routes[] = {
	{ WARD "resources", "GET", "", 0, admin_resources },
	{ WARD "resources/", "PUT POST DELETE", "PUT POST DELETE", 0, admin_resource },
	{ WARD "policies", "GET", "", 0, admin_policies },
	{ WARD "policies/", "GET PUT DELETE", "PUT DELETE", 0, admin_policy },
	{ WARD "sessions", "GET", "", 0, sessions },
	{ WARD "audit", "GET", "", 0, audit },
	{ WARD "dry-run", "POST", "", 1, admin_dry_run },
	{ WARD "reload", "POST", "", 1, reload },
	{ KBS "resource/", "POST", "POST", 0, admin_kbs_resource },
	{ KBS "resource-policy", "POST", "POST", 0, admin_kbs_resource_policy },
	{ KBS "attestation-policy", "POST", "POST", 0, admin_kbs_attestation_policy },
};

static int find_route(struct admin_call *call)
{
	const char *path = call->req->path;

	if (strlen(path) > RESOURCE_PATH_MAX + 32)
		return admin_refuse(call, "path-unknown", "%s", "");
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		size_t len = strlen(routes[i].path);
		int named = routes[i].path[len - 1] == '/';

		if (strncmp(path, routes[i].path, len) || (!path[len]) == named)
			continue;
		if (!strstr(routes[i].methods, call->req->method))
			return admin_refuse(call, "method-unsupported", "%s", "");
		call->name = path + len;
		call->route = &routes[i];
		return 0;
	}
	return admin_refuse(call, "path-unknown", "%s", "");
}

static struct audit_entry entry(const struct admin_call *call)
{
	return (struct audit_entry){ .time = call->req->time, .event = "admin",
				     .result = call->reason ? call->reason : "ok",
				     .peer = call->req->peer, .client = call->req->client,
				     .resource = *call->object ? call->object : call->req->path,
				     .policy = call->has_policy ? call->policy : NULL };
}

static void drop_answer(struct admin_call *call)
{
	ward_wiping_free(call->reply->body);
	call->reply->body = NULL;
}

/* The change and its record, or neither. */
static int change(struct db *db, void *arg, struct db_fault *fault)
{
	struct admin_call *call = arg;
	struct audit_entry e;
	int rc = audit_lock(db, fault);

	drop_answer(call);
	call->reason = NULL;
	call->store = 0;
	if (rc)
		return rc;
	if (call->route->run(call))
		return call->store == -EAGAIN ? -EAGAIN : -ECANCELED;
	e = entry(call);
	return audit_append(db, call->admin->rcar->audit, &e, fault);
}

/* What was refused, or is no change of rows. A refusal stands, recorded or not. */
static void record(struct admin_call *call)
{
	struct audit_entry e = entry(call);
	struct db_fault fault = { "" };

	if (!audit_note(call->admin->rcar->db, call->admin->rcar->audit, &e, &fault) || call->reason)
		return;
	drop_answer(call);
	admin_refuse(call, "store-failed", "done, but not recorded: %s", fault.text);
}

static void run(struct admin_call *call)
{
	int changes = strstr(call->route->changes, call->req->method) != NULL;
	struct db_fault fault = { "" };

	if (!changes)
		call->route->run(call);
	else if (db_transaction(call->admin->rcar->db, change, call, &fault) && !call->reason)
		admin_refuse(call, "store-failed", "%s", fault.text);
	if (call->route->recorded || (changes && call->reason))
		record(call);
}

void admin_handle(struct admin *admin, const struct rcar_request *req, struct rcar_reply *reply)
{
	struct admin_call call = { .admin = admin, .req = req, .reply = reply, .name = "" };
	struct decision d = { .time = req->time, .peer = req->peer, .event = "admin" };

	memset(reply, 0, sizeof(*reply));
	reply->status = 200;
	if (!find_route(&call))
		run(&call);
	if (call.reason) {
		ward_wiping_free(reply->body);
		reply->status = problem_status(call.reason);
		reply->body = problem_json(call.reason, call.detail);
		reply->problem = 1;
	}
	d.result = call.reason ? call.reason : "ok";
	d.resource = strlen(req->path) > RESOURCE_PATH_MAX + 32 ? NULL : req->path;
	d.detail = call.detail[0] ? call.detail : NULL;
	journal(&d);
}
