// SPDX-License-Identifier: MIT
/* Requests, /auth, and how every request ends. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "journal.h"
#include "problem.h"
#include "rcar_private.h"

#define PREFIX		"/kbs/v0/"
#define RESOURCE	"resource/"
#define VERSION		"0.4.0"
#define TEE		"ward"

int rcar_refuse(struct rcar_call *call, const char *reason, const char *fmt, ...)
{
	va_list ap;

	call->reason = reason;
	va_start(ap, fmt);
	vsnprintf(call->detail, sizeof(call->detail), fmt, ap);
	va_end(ap);
	return -1;
}

json_t *rcar_json(struct rcar_call *call, size_t max)
{
	json_error_t err;
	json_t *body;

	if (call->req->body_len > max) {
		rcar_refuse(call, "request-too-long", "the body has more than %zu bytes", max);
		return NULL;
	}
	body = json_loadb(call->req->body_len ? call->req->body : "", call->req->body_len,
			  JSON_REJECT_DUPLICATES, &err);
	if (!body)
		rcar_refuse(call, "malformed-request", "line %d, column %d: %s", err.line,
			    err.column, err.text);
	return body;
}

struct session *rcar_session(struct rcar_call *call)
{
	struct session_table *table = call->rcar->sessions;
	struct session *s;

	if (!call->req->cookie) {
		rcar_refuse(call, "session-missing", "%s", "");
		return NULL;
	}
	s = session_find(table, call->req->cookie);
	if (!s)
		rcar_refuse(call, "session-unknown", "%s", "");
	else if (session_expired(table, s, call->req->now))
		rcar_refuse(call, "evidence-expired", "the session began more than %u seconds ago",
			    call->rcar->config->session_timeout);
	return call->reason ? NULL : s;
}

static int check_auth(struct rcar_call *call, json_t *body)
{
	const char *version, *tee;
	json_error_t err;

	if (json_unpack_ex(body, &err, 0, "{s:s, s:s}", "version", &version, "tee", &tee))
		return rcar_refuse(call, "malformed-request", "%s", err.text);
	if (strcmp(version, VERSION))
		return rcar_refuse(call, "version-unsupported", "%s", "");
	if (strcmp(tee, TEE))
		return rcar_refuse(call, "tee-unsupported", "%s", "");
	return 0;
}

/* POST /kbs/v0/auth: a cookie and a nonce, in base64 as the protocol has it. */
static int auth(struct rcar_call *call)
{
	unsigned char nonce[4 * ((SESSION_NONCE_LEN + 2) / 3) + 1];
	json_t *body = rcar_json(call, RCAR_AUTH_MAX);
	struct session *s;
	json_t *out;
	int rc;

	if (!body)
		return -1;
	rc = check_auth(call, body);
	json_decref(body);
	if (rc)
		return -1;
	s = session_start(call->rcar->sessions, call->req->now);
	if (!s)
		return rcar_refuse(call, "sessions-exhausted", "%s", "");
	EVP_EncodeBlock(nonce, s->nonce, SESSION_NONCE_LEN);
	out = json_pack("{s:s, s:{}}", "nonce", nonce, "extra-params");
	call->reply->body = out ? json_dumps(out, JSON_COMPACT) : NULL;
	json_decref(out);
	session_cookie(s, call->reply->cookie);
	return 0;
}

static int route(struct rcar_call *call)
{
	const char *path = call->req->path;
	int post = !strcmp(call->req->method, "POST"), get = !strcmp(call->req->method, "GET");
	int is_auth, is_attest, is_resource;

	if (strncmp(path, PREFIX, strlen(PREFIX)))
		return rcar_refuse(call, "path-unknown", "%s", "");
	path += strlen(PREFIX);
	is_auth = !strcmp(path, "auth");
	is_attest = !strcmp(path, "attest");
	is_resource = !strncmp(path, RESOURCE, strlen(RESOURCE));
	if (!is_auth && !is_attest && !is_resource)
		return rcar_refuse(call, "path-unknown", "%s", "");
	call->event = is_auth ? "auth" : is_attest ? "attest" : "resource";
	if (is_resource ? !get : !post)
		return rcar_refuse(call, "method-unsupported", "%s", "");
	if (is_auth)
		return auth(call);
	return is_attest ? rcar_attest(call) : rcar_resource(call, path + strlen(RESOURCE));
}

void rcar_handle(struct rcar *rcar, const struct rcar_request *req, struct rcar_reply *reply)
{
	struct rcar_call call = { .rcar = rcar, .req = req, .reply = reply, .event = "request" };
	struct decision d = { .time = req->time, .peer = req->peer };

	memset(reply, 0, sizeof(*reply));
	reply->status = 200;
	if (!route(&call) && !reply->body)
		rcar_refuse(&call, "internal-error", "no memory");
	if (call.reason) {
		free(reply->body);
		memset(reply->cookie, 0, sizeof(reply->cookie));
		reply->status = problem_status(call.reason);
		reply->body = problem_json(call.reason, call.detail);
		reply->problem = 1;
	}
	d.event = call.event;
	d.result = call.reason ? call.reason : "ok";
	d.resource = call.resource;
	d.detail = call.detail[0] ? call.detail : NULL;
	d.who = call.who;
	journal(&d);
}
