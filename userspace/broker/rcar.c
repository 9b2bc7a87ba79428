// SPDX-License-Identifier: MIT
/* Requests, /auth, and how every request ends. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "die_at.h"
#include "journal.h"
#include "libward.h"
#include "metrics.h"
#include "problem.h"
#include "rcar_private.h"

#define PREFIX		"/kbs/v0/"
#define RESOURCE	"resource/"
#define COUNTER		"counter/"
#define VERSION		"0.4.0"
#define TEE		"ward"

/* Of what no stranger can cause: the audit has each. */
#define ROW_REFUSED	"row-not-authentic"

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

int rcar_store_failed(struct rcar_call *call, int rc, const struct db_fault *fault)
{
	const char *reason = rc == -EKEYREJECTED ? ROW_REFUSED : "store-failed";
	struct decision d = { .time = call->req->time, .event = "error", .result = reason,
			      .detail = fault->text };

	journal(&d);
	return rcar_refuse(call, reason, "%s", "");
}

int rcar_session(struct rcar_call *call, struct session *out)
{
	const struct session_limits *limits = &call->rcar->limits;
	struct db_fault fault = { "" };
	int rc;

	if (!call->req->cookie)
		return rcar_refuse(call, "session-missing", "%s", "");
	rc = session_find(call->rcar->db, call->req->cookie, out, &fault);
	if (rc == -ENOENT)
		return rcar_refuse(call, "session-unknown", "%s", "");
	if (rc)
		return rcar_store_failed(call, rc, &fault);
	if (session_expired(limits, out, call->req->time))
		return rcar_refuse(call, "evidence-expired", "the session began more than %u seconds ago",
				   limits->timeout);
	return 0;
}

struct audit_entry rcar_entry(const struct rcar_call *call)
{
	return (struct audit_entry){
		.time = call->req->time,
		.event = strcmp(call->event, "resource") ? call->event : "release",
		.result = call->reason ? call->reason : "ok",
		.peer = call->req->peer,
		.resource = call->resource,
		.evidence = call->who ? call->who->evidence : call->has_evidence ? call->evidence : NULL,
		.policy = call->who || call->has_evidence ? call->rcar->policy_sha256 : NULL,
		.who = call->who,
		.release = call->has_release ? call->release.id : NULL,
	};
}

/* What is no request of the protocol is not decided: the journal has it, the audit not. */
static int is_decision(const struct rcar_call *call)
{
	static const char *const not[] = { "malformed-request", "method-unsupported",
					   "request-too-long", "path-unknown", "store-failed" };

	for (size_t i = 0; i < sizeof(not) / sizeof(*not); i++)
		if (!strcmp(call->reason, not[i]))
			return 0;
	return strcmp(call->event, "request") != 0;
}

/*
 * A refusal stands, whether or not it can be recorded. Anybody can be refused before
 * evidence is judged, as often as the limits allow: that is counted.
 */
static void record_refusal(struct rcar_call *call)
{
	struct audit_entry e = rcar_entry(call);
	struct db_fault fault = { "" };
	struct decision d = { .time = call->req->time, .event = "error", .result = "store-failed",
			      .detail = fault.text };

	if (call->recorded || !is_decision(call))
		return;
	if (!call->who && !call->judged && strcmp(call->reason, ROW_REFUSED))
		tally_add(&call->rcar->tally, e.time, e.peer, e.event, e.result);
	else if (audit_note(call->rcar->db, call->rcar->audit, &e, &fault))
		journal(&d);
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
	return rcar_params(call, json_object_get(body, "extra-params"), tee);
}

/* POST /kbs/v0/auth: a cookie and a nonce, in base64 as the protocol has it. */
static int auth(struct rcar_call *call)
{
	unsigned char nonce[4 * ((SESSION_NONCE_LEN + 2) / 3) + 1];
	json_t *body = rcar_json(call, RCAR_AUTH_MAX);
	uint8_t raw[SESSION_NONCE_LEN];
	struct db_fault fault = { "" };
	json_t *out;
	int rc;

	if (!body)
		return -1;
	rc = check_auth(call, body);
	json_decref(body);
	if (rc)
		return -1;
	rc = session_start(call->rcar->db, &call->rcar->limits, call->req->time,
			   call->reply->cookie, raw, &fault);
	if (rc == -ENOSPC)
		return rcar_refuse(call, "sessions-exhausted", "%s", "");
	if (rc)
		return rcar_store_failed(call, rc, &fault);
	die_at("nonce-issued");
	EVP_EncodeBlock(nonce, raw, SESSION_NONCE_LEN);
	out = json_pack("{s:s, s:{}}", "nonce", nonce, "extra-params");
	call->reply->body = out ? json_dumps(out, JSON_COMPACT) : NULL;
	json_decref(out);
	return 0;
}

static int route(struct rcar_call *call)
{
	const char *path = call->req->path;
	int post = !strcmp(call->req->method, "POST"), get = !strcmp(call->req->method, "GET");
	int is_auth, is_attest, is_resource, is_counter;

	if (strncmp(path, PREFIX, strlen(PREFIX)))
		return rcar_refuse(call, "path-unknown", "%s", "");
	path += strlen(PREFIX);
	is_auth = !strcmp(path, "auth");
	is_attest = !strcmp(path, "attest");
	is_resource = !strncmp(path, RESOURCE, strlen(RESOURCE));
	is_counter = !strncmp(path, COUNTER, strlen(COUNTER));
	if (!is_auth && !is_attest && !is_resource && !is_counter)
		return rcar_refuse(call, "path-unknown", "%s", "");
	call->event = is_auth ? "auth" : is_attest ? "attest" : is_counter ? "counter" : "resource";
	if (is_resource ? !get : !post && !(is_counter && get))
		return rcar_refuse(call, "method-unsupported", "%s", "");
	if (is_auth)
		return auth(call);
	if (is_counter)
		return rcar_counter(call, path + strlen(COUNTER), post);
	return is_attest ? rcar_attest(call) : rcar_resource(call, path + strlen(RESOURCE));
}

void rcar_handle(struct rcar *rcar, const struct rcar_request *req, struct rcar_reply *reply)
{
	struct rcar_call call = { .rcar = rcar, .req = req, .reply = reply, .event = "request" };
	struct decision d = { .time = req->time, .peer = req->peer };
	uint64_t began = metrics_clock();

	memset(reply, 0, sizeof(*reply));
	reply->status = 200;
	if (!route(&call) && !reply->body)
		rcar_refuse(&call, "internal-error", "no memory");
	if (call.reason) {
		record_refusal(&call);
		ward_wiping_free(reply->body);
		memset(reply->cookie, 0, sizeof(reply->cookie));
		reply->status = problem_status(call.reason);
		reply->body = problem_json(call.reason, call.detail);
		reply->problem = 1;
	}
	d.event = call.event;
	d.result = call.reason ? call.reason : "ok";
	d.resource = call.resource;
	d.detail = call.detail[0] ? call.detail : NULL;
	d.platform = &call.platform;
	d.who = call.who;
	metrics_decision(d.event, d.result, metrics_clock() - began);
	journal(&d);
}
