// SPDX-License-Identifier: MIT
/* POST /kbs/v0/attest: evidence in, token out; each nonce serves one attempt. */
#include <stdlib.h>
#include <string.h>

#include <jose/b64.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "jwk.h"
#include "rcar_private.h"

/**
 * struct attempt - what a body of /attest holds
 * @nonce, @nonce_len: as the worker repeats it, decoded
 * @tee_pubkey: borrowed from the body
 * @bundle: decoded, owned
 */
struct attempt {
	uint8_t nonce[WARD_NONCE_MAX];
	size_t nonce_len;
	const json_t *tee_pubkey;
	uint8_t *bundle;
	size_t bundle_len;
};

/* Base64 with padding, of at most WARD_NONCE_MAX bytes. */
static int decode_nonce(const char *text, struct attempt *a)
{
	unsigned char raw[WARD_NONCE_MAX + 3];
	size_t len = strlen(text), pad = 0;
	int n;

	if (!len || len % 4 || len / 4 * 3 > sizeof(raw))
		return -1;
	while (pad < 2 && text[len - 1 - pad] == '=')
		pad++;
	n = EVP_DecodeBlock(raw, (const unsigned char *)text, (int)len);
	if (n < 0 || (size_t)n - pad > WARD_NONCE_MAX)
		return -1;
	a->nonce_len = (size_t)n - pad;
	memcpy(a->nonce, raw, a->nonce_len);
	return 0;
}

static int decode_bundle(struct rcar_call *call, const json_t *text, struct attempt *a)
{
	size_t len = jose_b64_dec(text, NULL, 0);

	if (len == SIZE_MAX || !len || len > WV_BUNDLE_MAX)
		return rcar_refuse(call, "malformed-request",
				   "bundle is not base64url of 1 to %u bytes", WV_BUNDLE_MAX);
	a->bundle = malloc(len);
	if (!a->bundle)
		return rcar_refuse(call, "internal-error", "no memory");
	if (jose_b64_dec(text, a->bundle, len) != len)
		return rcar_refuse(call, "malformed-request", "bundle is not base64url");
	a->bundle_len = len;
	return 0;
}

static int parse(struct rcar_call *call, json_t *body, struct attempt *a)
{
	const char *nonce;
	json_error_t err;
	json_t *bundle;

	if (json_unpack_ex(body, &err, 0, "{s:{s:s, s:o}, s:{s:{s:o}}}", "runtime-data", "nonce",
			   &nonce, "tee-pubkey", &a->tee_pubkey, "tee-evidence",
			   "primary_evidence", "bundle", &bundle))
		return rcar_refuse(call, "malformed-request", "%s", err.text);
	if (decode_nonce(nonce, a))
		return rcar_refuse(call, "malformed-request",
				   "nonce is not base64 of 1 to %d bytes", WARD_NONCE_MAX);
	return decode_bundle(call, bundle, a);
}

/* The nonce must be this session's, and unused. Using it up comes first. */
static int spend_nonce(struct rcar_call *call, struct session *s, const struct attempt *a)
{
	if (s->state != SESSION_NEW)
		return rcar_refuse(call, "nonce-replayed", "%s", "");
	if (a->nonce_len != SESSION_NONCE_LEN ||
	    CRYPTO_memcmp(a->nonce, s->nonce, SESSION_NONCE_LEN)) {
		if (session_nonce_used(call->rcar->sessions, a->nonce, a->nonce_len))
			return rcar_refuse(call, "nonce-replayed",
					   "the nonce is of another session and has been used");
		return rcar_refuse(call, wv_reason_text(WV_NONCE_MISMATCH),
				   "the nonce is not the session's");
	}
	s->state = SESSION_SPENT;
	return 0;
}

static int refuse_verdict(struct rcar_call *call, const struct wv_verdict *v)
{
	const char *reason = wv_reason_text(v->fault.reason);

	/* evidence over the nonce of an earlier attestation has a name of its own */
	if (v->fault.reason == WV_NONCE_MISMATCH && (v->have & WV_HAVE_CLAIMS) &&
	    session_nonce_used(call->rcar->sessions, v->claims.nonce, v->claims.nonce_len))
		return rcar_refuse(call, "nonce-replayed",
				   "the evidence is over a nonce that has been used");
	/* the fault's sentence may quote nonces: those stay out of replies and journal */
	if (v->fault.reason == WV_NONCE_MISMATCH || v->fault.reason == WV_BINDING_MISMATCH)
		return rcar_refuse(call, reason, "%s", wv_reason_explain(v->fault.reason));
	return rcar_refuse(call, reason, "%s: %s", v->fault.field, v->fault.text);
}

static int appraise(struct rcar_call *call, const struct session *s, const struct attempt *a,
		    const uint8_t thumbprint[JWK_THUMBPRINT_LEN], struct wv_verdict *v)
{
	struct wv_bytes nonce = { s->nonce, SESSION_NONCE_LEN };
	struct wv_bytes bundle = { a->bundle, a->bundle_len };
	uint8_t binding[WV_BINDING_LEN];
	struct wv_expect expect = {
		.purpose = WARD_PURPOSE_RELEASE,
		.nonce = nonce,
		.binding = { binding, sizeof(binding) },
	};
	struct wv_appraisal appraisal = {
		.roots = call->rcar->roots,
		.policy = call->rcar->policy,
		.expect = &expect,
		.now = call->req->time,
	};

	if (wv_binding_release(nonce, thumbprint, binding))
		return rcar_refuse(call, "internal-error", "no memory");
	if (wv_verify_bundle(bundle, &appraisal, v) != WV_OK)
		return refuse_verdict(call, v);
	if (!(v->have & WV_HAVE_CLAIMS) || !(v->have & WV_HAVE_REPORT))
		return rcar_refuse(call, "internal-error", "the verdict lacks claims or report");
	return 0;
}

static void remember(struct attested *who, const struct wv_verdict *v)
{
	memcpy(who->session, v->claims.session, sizeof(who->session));
	memcpy(who->instance, v->claims.instance, sizeof(who->instance));
	memcpy(who->measurement, v->report.measurement, sizeof(who->measurement));
	memcpy(who->evidence, v->evidence_digest, sizeof(who->evidence));
	who->uid = v->claims.caller.uid;
	who->measured = v->measured;
	who->simulated = v->simulated;
}

static int issue(struct rcar_call *call)
{
	char *token = token_issue(call->rcar->token, call->who, call->req->time,
				  call->rcar->config->token_lifetime);
	json_t *out = token ? json_pack("{s:s}", "token", token) : NULL;

	call->reply->body = out ? json_dumps(out, JSON_COMPACT) : NULL;
	json_decref(out);
	free(token);
	return 0;
}

static int accept_evidence(struct rcar_call *call, struct session *s, const struct attempt *a)
{
	uint8_t thumbprint[JWK_THUMBPRINT_LEN];
	struct wv_verdict *v;
	int rc;

	if (spend_nonce(call, s, a))
		return -1;
	if (jwk_take(a->tee_pubkey, s->attested.tee_pubkey, thumbprint))
		return rcar_refuse(call, "key-unsupported", "%s", "");
	v = calloc(1, sizeof(*v));
	if (!v)
		return rcar_refuse(call, "internal-error", "no memory");
	rc = appraise(call, s, a, thumbprint, v);
	if (!rc) {
		remember(&s->attested, v);
		s->state = SESSION_ATTESTED;
		call->who = &s->attested;
		rc = issue(call);
	}
	free(v);
	return rc;
}

int rcar_attest(struct rcar_call *call)
{
	struct session *s = rcar_session(call);
	struct attempt a = { 0 };
	json_t *body;
	int rc;

	if (!s)
		return -1;
	if (s->state != SESSION_NEW)
		return rcar_refuse(call, "nonce-replayed", "%s", "");
	body = rcar_json(call, RCAR_ATTEST_MAX);
	if (!body)
		return -1;
	rc = parse(call, body, &a);
	if (!rc)
		rc = accept_evidence(call, s, &a);
	free(a.bundle);
	json_decref(body);
	return rc;
}
