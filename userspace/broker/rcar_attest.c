// SPDX-License-Identifier: MIT
/* POST /kbs/v0/attest: evidence in, token out; each nonce serves one attempt. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "b64.h"
#include "die_at.h"
#include "jwk.h"
#include "libward.h"
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

static int decode_bundle(struct rcar_call *call, const json_t *value, struct attempt *a)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	if (!len || len >= B64_TEXT_LEN((size_t)WV_BUNDLE_MAX))
		return rcar_refuse(call, "malformed-request",
				   "bundle is not base64url of 1 to %u bytes", WV_BUNDLE_MAX);
	a->bundle = malloc(B64_DATA_LEN(len));
	if (!a->bundle)
		return rcar_refuse(call, "internal-error", "no memory");
	if (!b64url_decode(text, len, a->bundle, &a->bundle_len))
		return rcar_refuse(call, "malformed-request", "bundle is not base64url");
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
	if (rcar_beside(call, body))
		return -1;
	if (decode_nonce(nonce, a))
		return rcar_refuse(call, "malformed-request",
				   "nonce is not base64 of 1 to %d bytes", WARD_NONCE_MAX);
	return decode_bundle(call, bundle, a);
}

static int was_used(struct rcar_call *call, const uint8_t *nonce, size_t len)
{
	struct db_fault fault = { "" };

	return session_nonce_used(call->rcar->db, nonce, len, &fault) > 0;
}

/* The nonce must be this session's; another's does not use it up. */
static int check_nonce(struct rcar_call *call, const struct session *s, const struct attempt *a)
{
	if (a->nonce_len == SESSION_NONCE_LEN &&
	    !CRYPTO_memcmp(a->nonce, s->id, SESSION_NONCE_LEN))
		return 0;
	if (was_used(call, a->nonce, a->nonce_len))
		return rcar_refuse(call, "nonce-replayed",
				   "the nonce is of another session and has been used");
	return rcar_refuse(call, wv_reason_text(WV_NONCE_MISMATCH),
			   "the nonce is not the session's");
}

static int refuse_verdict(struct rcar_call *call, const struct wv_verdict *v)
{
	const char *reason = wv_reason_text(v->fault.reason);

	/* evidence over the nonce of an earlier attestation has a name of its own */
	if (v->fault.reason == WV_NONCE_MISMATCH && (v->have & WV_HAVE_CLAIMS) &&
	    was_used(call, v->claims.nonce, v->claims.nonce_len))
		return rcar_refuse(call, "nonce-replayed",
				   "the evidence is over a nonce that has been used");
	/* the fault's sentence may quote nonces: those stay out of replies and journal */
	if (v->fault.reason == WV_NONCE_MISMATCH || v->fault.reason == WV_BINDING_MISMATCH)
		return rcar_refuse(call, reason, "%s", wv_reason_explain(v->fault.reason));
	return rcar_refuse(call, reason, "%s: %s", v->fault.field, v->fault.text);
}

/* With what is known of the worker's machine, if the configuration names a folder. */
static int verify(struct rcar_call *call, struct wv_bytes bundle, struct wv_appraisal *appraisal,
		  struct wv_verdict *v)
{
	struct collateral *all = call->rcar->collateral;
	struct wv_collateral one;
	int rc;

	if (!all)
		return wv_verify_bundle(bundle, appraisal, v);
	collateral_refresh(all, call->req->now, call->req->time);
	if (collateral_take(all, bundle, &one)) {
		v->fault = (struct wv_fault){ .reason = WV_NO_MEMORY, .offset = -1 };
		return WV_NO_MEMORY;
	}
	appraisal->collateral = &one;
	rc = wv_verify_bundle(bundle, appraisal, v);
	appraisal->collateral = NULL;
	collateral_release(&one);
	return rc;
}

static int appraise(struct rcar_call *call, const struct session *s, const struct attempt *a,
		    const uint8_t thumbprint[JWK_THUMBPRINT_LEN], struct wv_verdict *v)
{
	struct wv_bytes nonce = { s->id, SESSION_NONCE_LEN };
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
	if (verify(call, bundle, &appraisal, v) != WV_OK)
		return refuse_verdict(call, v);
	if (!(v->have & WV_HAVE_CLAIMS) || v->have == WV_HAVE_CLAIMS)
		return rcar_refuse(call, "internal-error", "the verdict lacks claims or evidence");
	return 0;
}

/* A key of the kernel's is this session's alone: the claims say which. */
static int check_session_key(struct rcar_call *call, const struct session *s,
			     const struct wv_verdict *v)
{
	uint8_t key[JWK_X25519_LEN];

	if (jwk_x25519(s->attested.tee_pubkey, key) ||
	    !memcmp(key, v->claims.session_key, sizeof(key)))
		return 0;
	return rcar_refuse(call, "session-key-mismatch", "%s", "");
}

static void remember(struct attested *who, const struct wv_verdict *v)
{
	memcpy(who->session, v->claims.session, sizeof(who->session));
	memcpy(who->instance, v->claims.instance, sizeof(who->instance));
	wv_verdict_measurement(v, who->measurement);
	memcpy(who->evidence, v->evidence_digest, sizeof(who->evidence));
	who->uid = v->claims.caller.uid;
	who->measured = v->measured;
	who->simulated = v->simulated;
}

/* What the vendors' collateral said of the machine. */
static void note_platform(struct platform *p, const struct wv_verdict *v)
{
	const struct wv_tcb_status *tcb = v->have & WV_HAVE_TDX ? &v->tdx.tcb :
					  v->have & WV_HAVE_SGX ? &v->sgx.tcb : NULL;

	if (tcb) {
		p->tcb = wv_tcb_level_text(tcb->level);
		p->until = tcb->next_update;
		p->revocation = tcb->unchecked & (WV_UNCHECKED_PCK_CRL | WV_UNCHECKED_ROOT_CRL) ?
					"unchecked" : "checked";
	} else if (v->have & WV_HAVE_VEK) {
		p->revocation = v->vek.crl_checked ? "checked" : "unchecked";
	}
}

static int issue(struct rcar_call *call, const struct wv_verdict *v)
{
	struct token_facts facts = {
		.verdict = v,
		.policy = call->rcar->policy,
		.who = call->who,
		.now = call->req->time,
		.lifetime = call->rcar->config->token_lifetime,
	};
	char *token = token_issue(call->rcar->token, &facts);
	json_t *out = token ? json_pack("{s:s}", "token", token) : NULL;

	call->reply->body = out ? json_dumps(out, JSON_COMPACT) : NULL;
	json_decref(out);
	ward_wiping_free(token);
	return 0;
}

/** struct judging - the same evidence by other policies; @other: their verdict */
struct judging {
	struct rcar_call *call;
	struct wv_bytes bundle;
	struct wv_verdict *other;
};

static int accepts(void *arg, const struct wv_policy *policy)
{
	struct judging *j = arg;
	struct wv_appraisal appraisal = { .roots = j->call->rcar->roots, .policy = policy,
					  .now = j->call->req->time };

	return verify(j->call, j->bundle, &appraisal, j->other);
}

/* One of the named is asked of all evidence, and refuses as the configuration's does. */
static int check_default(struct judging *j, const struct attested *who)
{
	const struct policies *all = j->call->rcar->policies;
	const struct wv_policy *policy;
	uint8_t sha256[32];

	if (policies_damaged(all, POLICY_DEFAULT))
		return rcar_refuse(j->call, "policy-unusable", "%s", "");
	policy = policies_find(all, POLICY_DEFAULT, sha256);
	if (!policy || policies_met(who, sha256))
		return 0;
	accepts(j, policy);
	return refuse_verdict(j->call, j->other);
}

static void note_met(struct attested *who, const uint8_t sha256[32])
{
	memcpy(who->policies[who->policy_count++], sha256, ATTESTED_POLICY_ID);
}

/*
 * Which of the named policies accept it, too: asked again when a key is wanted. So are the
 * configuration's, the roots and the collateral: another broker, or this one later, may have
 * others.
 */
static int judge_by_names(struct rcar_call *call, const struct attempt *a, struct attested *who)
{
	struct judging j = { .call = call, .bundle = { a->bundle, a->bundle_len } };
	struct db_fault fault = { "" };
	int rc;

	rc = policies_refresh(call->rcar->policies, call->rcar->db, &fault);
	if (rc)
		return rcar_store_failed(call, rc, &fault);
	j.other = calloc(1, sizeof(*j.other));
	if (!j.other)
		return rcar_refuse(call, "internal-error", "no memory");
	policies_judge(call->rcar->policies, accepts, &j, who);
	rc = check_default(&j, who);
	note_met(who, call->rcar->policy_sha256);
	note_met(who, call->rcar->roots_sha256);
	if (call->rcar->collateral)
		note_met(who, collateral_id(call->rcar->collateral));
	free(j.other);
	return rc;
}

/* What the evidence says goes to the session's own memory, which the database gets. */
static int judge(struct rcar_call *call, struct session *s, const struct attempt *a,
		 struct wv_verdict *v)
{
	uint8_t thumbprint[JWK_THUMBPRINT_LEN];

	if (jwk_take(a->tee_pubkey, s->attested.tee_pubkey, thumbprint))
		return rcar_refuse(call, "key-unsupported", "%s", "");
	if (appraise(call, s, a, thumbprint, v) || check_session_key(call, s, v))
		return -1;
	remember(&s->attested, v);
	if (judge_by_names(call, a, &s->attested))
		return -1;
	note_platform(&call->platform, v);
	call->who = &call->attested;
	call->attested = s->attested;
	return 0;
}

/** struct verdict_row - what the transaction of a verdict has to do */
struct verdict_row {
	const struct rcar_call *call;
	const struct session *s;
};

/* The nonce is used up in the transaction that finds it unused, beside its audit. */
static int store_verdict(struct db *db, void *arg, struct db_fault *fault)
{
	const struct verdict_row *r = arg;
	const struct rcar_call *call = r->call;
	struct audit_entry e = rcar_entry(call);

	return audit_lock(db, fault) ?:
	       session_spend(db, r->s, call->reason ? SESSION_SPENT : SESSION_ATTESTED, fault) ?:
	       audit_append(db, call->rcar->audit, &e, fault);
}

/* Whatever the verdict: 0 = it is on disk; else it has become another refusal. */
static int record(struct rcar_call *call, const struct session *s)
{
	struct verdict_row row = { call, s };
	struct db_fault fault = { "" };
	int rc = db_transaction(call->rcar->db, store_verdict, &row, &fault);

	call->recorded = !rc;
	if (!rc)
		return 0;
	call->who = NULL;
	return rc == -EALREADY ? rcar_refuse(call, "nonce-replayed", "%s", "") :
				 rcar_store_failed(call, rc, &fault);
}

static int accept_evidence(struct rcar_call *call, struct session *s, const struct attempt *a)
{
	struct wv_verdict *v;
	int rc;

	if (EVP_Digest(a->bundle, a->bundle_len, call->evidence, NULL, EVP_sha256(), NULL) != 1)
		return rcar_refuse(call, "internal-error", "no memory");
	call->has_evidence = 1;
	if (check_nonce(call, s, a))
		return -1;
	v = calloc(1, sizeof(*v));
	if (!v)
		return rcar_refuse(call, "internal-error", "no memory");
	die_at("evidence-received");
	call->judged = 1;
	rc = judge(call, s, a, v);
	rc = record(call, s) ? -1 : rc;
	die_at("verdict-stored");
	if (!rc)
		rc = issue(call, v);
	free(v);
	return rc;
}

int rcar_attest(struct rcar_call *call)
{
	struct attempt a = { 0 };
	struct session s;
	json_t *body;
	int rc;

	if (rcar_session(call, &s))
		return -1;
	if (s.state != SESSION_NEW)
		return rcar_refuse(call, "nonce-replayed", "%s", "");
	body = rcar_json(call, RCAR_ATTEST_MAX);
	if (!body)
		return -1;
	rc = parse(call, body, &a);
	if (!rc)
		rc = accept_evidence(call, &s, &a);
	free(a.bundle);
	json_decref(body);
	return rc;
}
