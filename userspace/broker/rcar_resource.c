// SPDX-License-Identifier: MIT
/* GET /kbs/v0/resource/...: a data key, wrapped to the attested key. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "jwk.h"
#include "keyfile.h"
#include "rcar_private.h"

/* By token where one came, else by the session's cookie. */
static int authorise(struct rcar_call *call)
{
	struct session *s;

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
	s = rcar_session(call);
	if (!s)
		return -1;
	if (s->state != SESSION_ATTESTED)
		return rcar_refuse(call, "session-not-attested", "%s", "");
	call->attested = s->attested;
	call->who = &call->attested;
	return 0;
}

/* The payload, wrapped; the key and the payload are wiped in any case. */
static char *wrap(struct rcar_call *call, const struct release *r,
		  const struct config_resource *resource)
{
	uint8_t key[WARD_KEYFILE_LEN];
	char payload[RELEASE_PAYLOAD_MAX];
	char *out = NULL;
	size_t len;
	int rc;

	rc = ward_keyfile_read(resource->key_file, key);
	if (rc) {
		rcar_refuse(call, "release-failed", "the key file: %s", strerror(-rc));
		return NULL;
	}
	len = release_payload(r, resource, key, payload);
	OPENSSL_cleanse(key, sizeof(key));
	out = jwk_wrap(call->who->tee_pubkey, payload, len);
	OPENSSL_cleanse(payload, sizeof(payload));
	if (!out)
		rcar_refuse(call, "release-failed", "the key could not be wrapped");
	return out;
}

/* Nothing leaves before its line is on disk. */
static int release(struct rcar_call *call, const struct config_resource *resource)
{
	struct release r;
	char *jwe;
	int rc;

	if (release_new(&r))
		return rcar_refuse(call, "release-failed", "no random numbers");
	jwe = wrap(call, &r, resource);
	if (!jwe)
		return -1;
	rc = release_log_append(call->rcar->log, &r, resource, call->who, call->req->time);
	if (rc) {
		free(jwe);
		return rcar_refuse(call, "release-failed", "the release log: %s", strerror(-rc));
	}
	call->reply->body = jwe;
	return 0;
}

int rcar_resource(struct rcar_call *call, const char *path)
{
	const struct config_resource *resource;

	/* who is not attested learns nothing, not even which paths there are */
	if (authorise(call))
		return -1;
	resource = config_find(call->rcar->config, path);
	if (!resource)
		return rcar_refuse(call, "resource-unknown", "%s", "");
	call->resource = resource->path;
	return release(call, resource);
}
