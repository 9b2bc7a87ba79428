// SPDX-License-Identifier: MIT
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "problem.h"
#include "text.h"
#include "wardverify.h"

#define TYPE_BASE "https://github.com/confidential-containers/kbs/errors/"

static const struct {
	const char *reason;
	int status;
	const char *text;
} problems[] = {
	{ "malformed-request", 400, "the request is not what the protocol asks for" },
	{ "version-unsupported", 401, "this broker speaks version 0.4.0 of the protocol" },
	{ "tee-unsupported", 401, "this broker appraises evidence of kind 'ward'" },
	{ "selector-unknown", 401, "this broker has no attestation policies to select from" },
	{ "init-data-unsupported", 401, "init-data is not checked here: leave it out" },
	{ "session-missing", 401, "neither a session's cookie nor a token came with the request" },
	{ "session-unknown", 401, "there is no such session; begin with /kbs/v0/auth" },
	{ "session-not-attested", 401, "the session's evidence has not been accepted" },
	{ "evidence-expired", 401, "the session is over; begin again with /kbs/v0/auth" },
	{ "nonce-replayed", 401, "this nonce has served an attestation already" },
	{ "key-unsupported", 401, "tee-pubkey must be an EC public key on P-384, or X25519" },
	{ "session-key-mismatch", 401, "tee-pubkey is not the session's own key, which the claims name" },
	{ "token-invalid", 401, "the token was not issued by this broker, or was changed" },
	{ "token-expired", 401, "the token is over; attest again" },
	{ "path-unknown", 404, "there is nothing at this path" },
	{ "resource-unknown", 404, "there is no such resource" },
	{ "client-refused", 403, "this resource is for other clients than the certificate's" },
	{ "policy-unmet", 403, "the policy as it is now, or the resource's own, did not accept the evidence" },
	{ "policy-unusable", 403, "the policy that this resource asks for is damaged: tell its owner" },
	{ "resource-disabled", 403, "this resource is not released for now" },
	{ "resource-expired", 403, "the time in which this resource is released is over" },
	{ "resource-used-up", 403, "this resource has been released as often as it may be" },
	{ "name-taken", 409, "there is one of that name" },
	{ "policy-not-ward", 400, "this broker's policies are those of ward-policy(5), in JSON, not Rego" },
	{ "policy-in-use", 409, "a resource asks for this policy" },
	{ "policies-exhausted", 409, "there are as many policies as may be" },
	{ "keyring-missing", 409, "the configuration names no keyring to wrap keys with" },
	{ "configuration-refused", 409, "the configuration is wrong: what was in force stays" },
	{ "method-unsupported", 405, "the path takes another method" },
	{ "request-too-long", 413, "the request is longer than the broker takes" },
	{ "rate-limited", 429, "too many requests from this address; wait as Retry-After says" },
	{ "release-failed", 500, "the key could not be released; the broker's log says why" },
	{ "row-not-authentic", 500, "a row of the broker's database is not as a broker wrote it: tell its owner" },
	{ "internal-error", 500, "the broker has failed" },
	{ "sessions-exhausted", 503, "too many sessions; try again later" },
	{ "store-failed", 503, "the broker's database does not answer; try again later" },
};

#define PROBLEMS (sizeof(problems) / sizeof(problems[0]))

static size_t find(const char *reason)
{
	size_t i;

	for (i = 0; i < PROBLEMS; i++)
		if (!strcmp(problems[i].reason, reason))
			break;
	return i;
}

static const char *explain(const char *reason)
{
	size_t i = find(reason);
	int code;

	if (i < PROBLEMS)
		return problems[i].text;
	code = wv_reason_find(reason);
	return code >= 0 ? wv_reason_explain(code) : "refused";
}

const char *problem_word(const char *reason)
{
	size_t i = find(reason);

	return i < PROBLEMS ? problems[i].reason : NULL;
}

int problem_status(const char *reason)
{
	size_t i = find(reason);

	return i < PROBLEMS ? problems[i].status : 401;
}

char *problem_json(const char *reason, const char *detail)
{
	const char *text = explain(reason);
	char *both = NULL, *out;
	json_t *body;

	if (asprintf(&both, "%s: %s", reason, detail && *detail ? detail : text) < 0)
		return NULL;
	body = json_pack("{s:s+, s:s, s:i, s:s, s:o}", "type", TYPE_BASE, reason, "title", text,
			 "status", problem_status(reason), "reason", reason, "detail",
			 text_json(both));
	out = body ? json_dumps(body, JSON_COMPACT) : NULL;
	json_decref(body);
	free(both);
	return out;
}
