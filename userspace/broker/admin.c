// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin_private.h"
#include "journal.h"
#include "resource.h"
#include "problem.h"

#define PREFIX "/admin/v1/"

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

static int audit(struct admin_call *call)
{
	struct db_fault fault = { "no memory" };
	size_t len;
	FILE *out = open_memstream(&call->reply->body, &len);
	int rc = out ? audit_export(call->admin->rcar->db, 1, out, &fault) : -ENOMEM;

	if (out && fclose(out))
		rc = -ENOMEM;
	return rc ? admin_store(call, -EIO, &fault) : 0;
}

static int reload(struct admin_call *call)
{
	struct config_fault fault = { "" };

	call->changes = 1;
	if (call->admin->reload(call->admin->arg, &fault))
		return admin_refuse(call, "configuration-refused", "%s", fault.text);
	return admin_answer(call, json_pack("{s:b}", "reloaded", 1));
}

static const struct {
	const char *path;	/* one that ends in '/' takes a name */
	const char *methods;
	int (*run)(struct admin_call *call);
} routes[] = {
	{ "resources", "GET", admin_resources },
	{ "resources/", "PUT POST DELETE", admin_resource },
	{ "policies", "GET", admin_policies },
	{ "policies/", "GET PUT DELETE", admin_policy },
	{ "sessions", "GET", sessions },
	{ "audit", "GET", audit },
	{ "dry-run", "POST", admin_dry_run },
	{ "reload", "POST", reload },
};

static int route(struct admin_call *call)
{
	const char *path = call->req->path;

	if (strncmp(path, PREFIX, strlen(PREFIX)))
		return admin_refuse(call, "path-unknown", "%s", "");
	path += strlen(PREFIX);
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		size_t len = strlen(routes[i].path);
		int named = routes[i].path[len - 1] == '/';

		if (strncmp(path, routes[i].path, len) || (!path[len]) == named)
			continue;
		if (!strstr(routes[i].methods, call->req->method))
			return admin_refuse(call, "method-unsupported", "%s", "");
		call->name = path + len;
		return routes[i].run(call);
	}
	return admin_refuse(call, "path-unknown", "%s", "");
}

/* What an administrator did, or was refused; reading alone is not recorded. */
static void record(struct admin_call *call)
{
	struct audit_entry e = { .time = call->req->time, .event = "admin",
				 .result = call->reason ? call->reason : "ok",
				 .peer = call->req->peer, .resource = call->req->path };
	struct db_fault fault = { "" };

	if (!call->changes || !audit_note(call->admin->rcar->db, call->admin->rcar->audit, &e, &fault))
		return;
	free(call->reply->body);
	call->reply->body = NULL;
	admin_refuse(call, "store-failed", "done, but not recorded: %s", fault.text);
}

void admin_handle(struct admin *admin, const struct rcar_request *req, struct rcar_reply *reply)
{
	struct admin_call call = { .admin = admin, .req = req, .reply = reply, .name = "" };
	struct decision d = { .time = req->time, .peer = req->peer, .event = "admin" };

	memset(reply, 0, sizeof(*reply));
	reply->status = 200;
	if (strlen(req->path) > RESOURCE_PATH_MAX + 32)
		admin_refuse(&call, "path-unknown", "%s", "");
	else
		route(&call);
	record(&call);
	if (call.reason) {
		free(reply->body);
		reply->status = problem_status(call.reason);
		reply->body = problem_json(call.reason, call.detail);
		reply->problem = 1;
	}
	d.result = call.reason ? call.reason : "ok";
	d.resource = strlen(req->path) > RESOURCE_PATH_MAX + 32 ? NULL : req->path;
	d.detail = call.detail[0] ? call.detail : NULL;
	journal(&d);
}
