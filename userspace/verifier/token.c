// SPDX-License-Identifier: MIT
/*
 * Tokens of attestation services: nothing of a token is looked at before its signature
 * holds, but for which key and algorithm it asks for.
 */
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "fault.h"
#include "jws.h"
#include "token.h"

#define TIME_MAX 253402300799ll	/* the end of the year 9999 */

const char *wv_token_unchecked_text(int n)
{
	static const char *const words[WV_TOKEN_UNCHECKED_COUNT] = {
		"issuer", "audience", "nonce", "measurement", "guest",
	};

	return n >= 0 && n < WV_TOKEN_UNCHECKED_COUNT ? words[n] : NULL;
}

/* RFC 7519 section 2, NumericDate; both services have whole seconds. */
static int read_time(const json_t *root, const char *name, int needed, int64_t *out,
		     struct wv_fault *fault)
{
	const json_t *v = json_object_get(root, name);

	if (!v && needed)
		return fault_set(fault, WV_JWT_CLAIM_MISSING, name, -1, "the token never ends");
	if (v && (!json_is_integer(v) || json_integer_value(v) <= 0 ||
		  json_integer_value(v) > TIME_MAX))
		return fault_set(fault, WV_JWT_DAMAGED, name, -1, "it is no time in whole seconds");
	*out = v ? json_integer_value(v) : 0;
	return WV_OK;
}

static int read_times(const json_t *root, struct wv_token *t)
{
	return read_time(root, "exp", 1, &t->expires_at, &t->fault) ?:
	       read_time(root, "nbf", 0, &t->not_before, &t->fault) ?:
	       read_time(root, "iat", 0, &t->issued_at, &t->fault);
}

/*
 * The service signed when it says so: a token from the future tells that the verifier's
 * clock is behind, which is another trouble than a token that has ended.
 */
static int check_times(const struct wv_token_appraisal *a, struct wv_token *t)
{
	struct wv_fault *f = &t->fault;

	if (t->issued_at > a->now + a->leeway)
		return fault_set(f, WV_JWT_FROM_FUTURE, "iat", -1,
				 "issued %lld s after the time of the verification",
				 (long long)(t->issued_at - a->now));
	if (t->not_before > a->now + a->leeway)
		return fault_set(f, WV_JWT_NOT_YET_VALID, "nbf", -1, "it begins %lld s later",
				 (long long)(t->not_before - a->now));
	if (t->expires_at <= a->now - a->leeway)
		return fault_set(f, WV_JWT_EXPIRED, "exp", -1, "it ended %lld s before",
				 (long long)(a->now - t->expires_at));
	return WV_OK;
}

static int check_issuer(const struct wv_token_appraisal *a, const json_t *root,
			struct wv_token *t)
{
	const char *iss = json_string_value(json_object_get(root, "iss"));

	if (iss)
		snprintf(t->issuer, sizeof(t->issuer), "%s", iss);
	if (!a->issuer) {
		t->unchecked |= WV_TOKEN_NO_ISSUER;
		return WV_OK;
	}
	if (iss && !strcmp(iss, a->issuer))
		return WV_OK;
	return fault_set(&t->fault, WV_JWT_ISSUER_MISMATCH, "iss", -1, "'%.120s'",
			 iss ? iss : "");
}

/* RFC 7519 section 4.1.3: one text, or a list of them. */
static bool names(const json_t *aud, const char *want)
{
	const json_t *v;
	size_t i;

	if (json_is_string(aud))
		return !strcmp(json_string_value(aud), want);
	json_array_foreach(aud, i, v)
		if (json_is_string(v) && !strcmp(json_string_value(v), want))
			return true;
	return false;
}

static int check_audience(const struct wv_token_appraisal *a, const json_t *root,
			  struct wv_token *t)
{
	const json_t *aud = json_object_get(root, "aud");

	if (!a->audience && aud)
		t->unchecked |= WV_TOKEN_NO_AUDIENCE;
	if (!a->audience || (aud && names(aud, a->audience)))
		return WV_OK;
	return fault_set(&t->fault, WV_JWT_AUDIENCE_MISMATCH, "aud", -1,
			 aud ? "it is meant for somebody else" : "it says for nobody in particular");
}

static int appraise(const struct wv_token_appraisal *a, const json_t *root, struct wv_token *t)
{
	struct token_claims claims;

	return read_times(root, t) ?: check_times(a, t) ?: check_issuer(a, root, t) ?:
	       check_audience(a, root, t) ?: token_claims_read(root, t, &claims) ?:
	       token_judge(a, &claims, t);
}

static void note_header(const struct jws *jws, struct wv_token *t)
{
	snprintf(t->algorithm, sizeof(t->algorithm), "%s", jws->alg->name);
	snprintf(t->key_id, sizeof(t->key_id), "%s", jws->kid ? jws->kid : "");
}

static int verify(const struct wv_token_appraisal *a, const struct jws *jws, struct wv_token *t)
{
	struct wv_bytes payload = { jws->payload, jws->payload_len };
	json_t *root;
	int rc;

	note_header(jws, t);
	rc = jwks_verify(a->jwks, jws, a->now, a->leeway, &t->fault);
	if (rc)
		return rc;
	t->authentic = 1;
	rc = jws_json(payload, WV_JWT_DAMAGED, "payload", &root, &t->fault);
	if (!rc)
		rc = appraise(a, root, t);
	json_decref(root);
	return rc;
}

int wv_verify_token(struct wv_bytes token, const struct wv_token_appraisal *a,
		    struct wv_token *t)
{
	struct jws jws;
	int rc;

	memset(t, 0, sizeof(*t));
	fault_clear(&t->fault);
	if ((a->nonce.data && (a->nonce.len < 8 || a->nonce.len > 64)) ||
	    (a->measurement.data && a->measurement.len != sizeof(t->measurement)))
		return fault_set(&t->fault, WV_USAGE, "expected", -1,
				 "a nonce has 8 to 64 bytes, a measurement 48");
	if (!digest_sha256(t->digest, &token, 1))
		return fault_set(&t->fault, WV_NO_MEMORY, "token", -1, "no memory");
	rc = jws_open(token, &jws, &t->fault);
	if (!rc)
		rc = verify(a, &jws, t);
	jws_close(&jws);
	return rc;
}
