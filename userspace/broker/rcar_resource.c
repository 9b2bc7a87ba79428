// SPDX-License-Identifier: MIT
/* GET /kbs/v0/resource/...: a data key, wrapped to the attested key. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "die_at.h"
#include "grant.h"
#include "jwk.h"
#include "rcar_private.h"
#include "resource.h"
#include "store_release.h"

/* By token where one came, else by the session's cookie. */
static int authorise(struct rcar_call *call)
{
	struct session s;

	if (call->req->bearer) {
		switch (token_check(call->rcar->token, call->req->bearer, call->req->time,
				    &call->attested)) {
		case TOKEN_OK:
			call->who = &call->attested;
			return 0;
		case TOKEN_EXPIRED:
			return rcar_refuse(call, "token-expired", "%s", "");
		default:
			return rcar_refuse(call, "token-invalid", "%s", "");
		}
	}
	if (rcar_session(call, &s))
		return -1;
	if (s.state != SESSION_ATTESTED)
		return rcar_refuse(call, "session-not-attested", "%s", "");
	call->attested = s.attested;
	call->who = &call->attested;
	return 0;
}

static int read_key(struct rcar_call *call, const struct resource *resource,
		    uint8_t key[RESOURCE_KEY])
{
	int rc = resource_key(resource, call->rcar->keyring, key);

	if (rc && resource->stored)
		return rcar_refuse(call, "release-failed", rc == -ENOKEY ?
				   "the broker has no keyring" : rc == -EKEYREJECTED ?
				   "the key is wrapped by another keyring" : "its row is damaged");
	return rc ? rcar_refuse(call, "release-failed", "the key file: %s", strerror(-rc)) : 0;
}

/*
 * The payload, wrapped to the worker, or the key to its kernel. The key and the payload
 * are wiped in any case.
 */
static char *wrap(struct rcar_call *call, const struct resource *resource)
{
	uint8_t key[RESOURCE_KEY], to[JWK_X25519_LEN];
	char payload[RELEASE_PAYLOAD_MAX];
	char *out = NULL;
	size_t len;

	if (read_key(call, resource, key))
		return NULL;
	if (jwk_x25519(call->who->tee_pubkey, to)) {
		len = release_payload(&call->release, &resource->terms, key, payload);
		out = jwk_wrap(call->who->tee_pubkey, payload, len);
		OPENSSL_cleanse(payload, sizeof(payload));
	} else {
		out = grant_json(&call->release, &resource->terms, call->who, to, key);
	}
	OPENSSL_cleanse(key, sizeof(key));
	if (!out)
		rcar_refuse(call, "release-failed", "the key could not be wrapped");
	return out;
}

int rcar_refuse_terms(struct rcar_call *call, int rc, const struct db_fault *fault)
{
	switch (rc) {
	case -ENOENT:
		return rcar_refuse(call, "resource-unknown", "%s", "");
	case -ESTALE:
		return rcar_refuse(call, "policy-unmet", "%s", "");
	case -ETIME:
		return rcar_refuse(call, "resource-expired", "%s", "");
	case -EDQUOT:
		return rcar_refuse(call, "resource-used-up", "%s", "");
	default:
		return rcar_store_failed(call, rc, fault);
	}
}

struct release_terms rcar_release_terms(const struct rcar_call *call,
					const struct resource *resource)
{
	struct release_terms terms = { .path = resource->terms.path,
				       .wrapped = resource->stored ? resource->wrapped : NULL,
				       .expires = resource->terms.expires,
				       .uses = resource->terms.uses,
				       .policy = resource->terms.policy };

	memcpy(terms.policy_sha256, call->named_sha256, sizeof(terms.policy_sha256));
	return terms;
}

/* The use is counted, recorded and on disk when this returns 0. */
static int commit(struct rcar_call *call, const struct resource *resource,
		  const char *line)
{
	struct release_terms terms = rcar_release_terms(call, resource);
	struct db_fault fault = { "" };
	struct audit_entry e;
	int rc;

	call->has_release = 1;
	e = rcar_entry(call);
	e.line = line;
	rc = store_release(call->rcar->db, call->rcar->audit, &terms, &e, &fault);
	call->has_release = !rc;
	if (rc)
		return rcar_refuse_terms(call, rc, &fault);
	call->recorded = 1;
	die_at("use-counted");
	return 0;
}

/*
 * A key that can't be read costs no use. Once the use is committed nothing gives it back:
 * what fails then is recorded beside it, and the log's line is written at the next start.
 */
static int release(struct rcar_call *call, const struct resource *resource)
{
	uint8_t key[RESOURCE_KEY];
	char line[RELEASE_LINE_MAX];
	char *jwe;
	int rc;

	if (release_new(&call->release) ||
	    release_line(&call->release, &resource->terms, call->who, call->req->time, line))
		return rcar_refuse(call, "release-failed", "no random numbers");
	rc = read_key(call, resource, key);
	OPENSSL_cleanse(key, sizeof(key));
	if (rc || commit(call, resource, line))
		return -1;
	jwe = wrap(call, resource);
	die_at("key-wrapped");
	rc = jwe ? release_log_append(call->rcar->log, line) : 0;
	if (rc)
		rcar_refuse(call, "release-failed", "the release log: %s", strerror(-rc));
	if (!jwe || rc) {
		call->recorded = 0;
		free(jwe);
		return -1;
	}
	call->reply->body = jwe;
	return 0;
}

static int is_client(const struct resource *resource, const uint8_t *client)
{
	for (size_t i = 0; client && i < resource->terms.client_count; i++)
		if (!memcmp(resource->terms.clients[i], client, 32))
			return 1;
	return !resource->terms.client_count;
}

/* News of what the evidence was judged by end the session: it comes again, and is judged anew. */
static int judged_by_others(struct rcar_call *call)
{
	struct collateral *all = call->rcar->collateral;
	const char *what = NULL;

	if (all)
		collateral_refresh(all, call->req->now, call->req->time);
	if (!policies_met(call->who, call->rcar->policy_sha256))
		what = "another policy";
	else if (!policies_met(call->who, call->rcar->roots_sha256))
		what = "other roots";
	else if (all && !policies_met(call->who, collateral_id(all)))
		what = "other collateral";
	return what ? rcar_refuse(call, "policy-unmet", "it was accepted by %s than this broker goes by "
				  "now: attest again", what) : 0;
}

/* The policies as they are now must be ones that the evidence met when it came. */
static int check_terms(struct rcar_call *call, const struct resource *resource)
{
	struct policies *policies = call->rcar->policies;
	const char *policy = resource->terms.policy;
	struct db_fault fault = { "" };
	int rc;

	if (resource->disabled)
		return rcar_refuse(call, "resource-disabled", "%s", "");
	if (!is_client(resource, call->req->client))
		return rcar_refuse(call, "client-refused", "%s", "");
	if (judged_by_others(call))
		return -1;
	if (!policy)
		return 0;
	rc = policies_refresh(policies, call->rcar->db, &fault);
	if (rc)
		return rcar_store_failed(call, rc, &fault);
	if (policies_damaged(policies, policy))
		return rcar_refuse(call, "policy-unusable", "%s", "");
	if (!policies_find(policies, policy, call->named_sha256) ||
	    !policies_met(call->who, call->named_sha256))
		return rcar_refuse(call, "policy-unmet", "%s", "");
	return 0;
}

int rcar_terms(struct rcar_call *call, const char *path, struct resource *out)
{
	struct db_fault fault = { "" };
	int rc;

	/* who is not attested learns nothing, not even which paths there are */
	if (authorise(call))
		return -1;
	rc = resource_find(call->rcar->config, call->rcar->db, path, out, &fault);
	if (rc == -ENOENT)
		return rcar_refuse(call, "resource-unknown", "%s", "");
	if (rc)
		return rcar_store_failed(call, rc, &fault);
	snprintf(call->path, sizeof(call->path), "%s", out->terms.path);
	call->resource = call->path;
	return check_terms(call, out);
}

int rcar_resource(struct rcar_call *call, const char *path)
{
	struct resource resource;

	return rcar_terms(call, path, &resource) ? -1 : release(call, &resource);
}
