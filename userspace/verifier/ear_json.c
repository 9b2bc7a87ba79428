// SPDX-License-Identifier: MIT
/*
 * An EAT attestation result as JSON: draft-ietf-rats-ear section 3; names of submodules as
 * Trustee's attestation service has them.
 */
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "ear.h"
#include "hex.h"
#include "json_write.h"

#define NONCE_MIN 8	/* RFC 9711 section 4.1 */
#define NONCE_MAX 64

/* @member: of the verdict, that the annotated evidence is. */
static const struct submod {
	enum ear_of of;
	const char *name;
	const char *member;
} submods[] = {
	{ EAR_OF_GUEST, "cpu0", NULL },
	{ EAR_OF_TPM, "tpm0", "tpm" },
	{ EAR_OF_ENCLAVE, "sgx0", "sgx" },
	{ EAR_OF_ROOT, "psa0", "psa" },
	{ EAR_OF_GPU, "gpu0", "gpu" },
};
#define SUBMODS (sizeof(submods) / sizeof(submods[0]))

static json_t *vector_json(const int8_t vector[EAR_CLAIMS])
{
	struct json_out o = out_start();

	for (int i = 0; i < EAR_CLAIMS; i++)
		out_put(&o, ear_claim_text((enum ear_claim)i), json_integer(vector[i]));
	return out_take(&o);
}

/* Name and hash in one: RFC 6920 section 7, so that sha256sum of the file can be compared. */
static void put_policy(struct json_out *o, const struct wv_policy *p)
{
	char text[sizeof("nih:sha-256;") + 64] = "nih:sha-256;";

	if (!p)
		return;
	hex_encode(p->digest, sizeof(p->digest), text + strlen(text));
	out_put_text(o, "ear.appraisal-policy-id", text);
}

static void put_worker(struct json_out *o, const struct wv_claims *k)
{
	out_put_hex(o, "session", k->session, sizeof(k->session));
	out_put_hex(o, "instance", k->instance, sizeof(k->instance));
	out_put_number(o, "uid", k->caller.uid);
	out_put_text(o, "keys", keys_text(k));
}

/* NULL = it is none, which out_put() takes for a failure. */
static json_t *object_of(const char *text)
{
	json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(value))
		return value;
	json_decref(value);
	return NULL;
}

/* Members of the verdict that have a submodule of their own. */
static bool is_beside(const char *member)
{
	for (size_t i = 1; i < SUBMODS; i++)
		if (!strcmp(member, submods[i].member))
			return true;
	return false;
}

static void put_whole(struct json_out *o, const struct wv_verdict *v)
{
	json_t *verdict = verdict_json(v), *value;
	const char *member;

	if (!verdict)
		out_put(o, "verdict", NULL);
	json_object_foreach(verdict, member, value)
		if (json_is_object(value) && !is_beside(member))
			out_put(o, member, json_incref(value));
	json_decref(verdict);
}

/* The chief facts by names of their own, and with @whole all that formats.md section 9 has. */
static json_t *guest_evidence(const struct wv_ear *ear)
{
	const struct wv_verdict *v = ear->verdict;
	struct json_out o = out_start();
	uint8_t measurement[48];

	if (ear->runtime_data)
		out_put(&o, "runtime_data_claims", object_of(ear->runtime_data));
	if (v->have & WV_HAVE_CLAIMS)
		put_worker(&o, &v->claims);
	wv_verdict_measurement(v, measurement);
	if (v->have & (WV_HAVE_CLAIMS | WV_HAVE_REPORT | WV_HAVE_TDX | WV_HAVE_NITRO | WV_HAVE_CCA))
		out_put_hex(&o, "measurement", measurement, sizeof(measurement));
	out_put_hex(&o, "evidence_sha256", v->evidence_digest, sizeof(v->evidence_digest));
	out_put_bool(&o, "measured", v->measured);
	out_put_bool(&o, "simulated", v->simulated);
	if (ear->whole)
		put_whole(&o, v);
	return out_take(&o);
}

/* What the verdict has of it; a broker's token has no room, and names a TPM's key alone. */
static json_t *beside_evidence(const struct wv_ear *ear, const struct submod *s)
{
	const struct wv_tpm *t = &ear->verdict->tpm;
	struct json_out o = out_start();
	json_t *verdict, *value;

	if (ear->whole) {
		json_decref(out_take(&o));
		verdict = verdict_json(ear->verdict);
		value = json_incref(json_object_get(verdict, s->member));
		json_decref(verdict);
		return value;
	}
	if (s->of == EAR_OF_TPM)
		out_put_hex(&o, "ak_sha256", t->ak_sha256, sizeof(t->ak_sha256));
	return out_take(&o);
}

/* What a refusal's evidence says is nobody's word, and stays out. */
static json_t *appraisal_json(const struct wv_ear *ear, const struct submod *s)
{
	struct json_out o = out_start();
	struct ear_appraisal a;

	ear_appraise(ear->verdict, ear->policy, s->of, &a);
	out_put_text(&o, "ear.status", ear_tier_text(a.status));
	out_put(&o, "ear.trustworthiness-vector", vector_json(a.vector));
	put_policy(&o, ear->policy);
	if (ear->verdict->fault.reason == WV_OK)
		out_put(&o, "ear.veraison.annotated-evidence",
			s->member ? beside_evidence(ear, s) : guest_evidence(ear));
	return out_take(&o);
}

static json_t *submods_json(const struct wv_ear *ear)
{
	unsigned int of = ear_speaks_of(ear->verdict);
	struct json_out o = out_start();

	for (size_t i = 0; i < SUBMODS; i++)
		if (of & submods[i].of)
			out_put(&o, submods[i].name, appraisal_json(ear, &submods[i]));
	return out_take(&o);
}

static json_t *verifier_json(const struct wv_ear *ear)
{
	struct json_out o = out_start();

	out_put_text(&o, "developer", ear->developer);
	out_put_text(&o, "build", ear->build);
	return out_take(&o);
}

/* ward's own words, with the names of formats.md section 9. */
static json_t *ward_json(const struct wv_ear *ear)
{
	const struct wv_verdict *v = ear->verdict;
	struct json_out o = out_start();

	out_put_text(&o, "verdict", wv_reason_text(v->fault.reason));
	out_put_number(&o, "code", (uint64_t)v->fault.reason);
	out_put_number(&o, "exit_code", (uint64_t)wv_reason_exit(v->fault.reason));
	if (v->fault.reason)
		out_put_text(&o, "field", v->fault.field);
	out_put(&o, "warnings", warnings_json(v->warnings));
	out_put_hex(&o, "evidence_sha256", v->evidence_digest, sizeof(v->evidence_digest));
	out_put_number(&o, "verified_at",
		       (uint64_t)(ear->verified_at ? ear->verified_at : ear->issued_at));
	return out_take(&o);
}

static bool put_nonce(struct json_out *o, struct wv_bytes nonce)
{
	char text[B64_TEXT_LEN(NONCE_MAX)];

	if (!nonce.data)
		return true;
	if (nonce.len < NONCE_MIN || nonce.len > NONCE_MAX)
		return false;
	b64url_encode(nonce.data, nonce.len, text);
	out_put_text(o, "eat_nonce", text);
	return true;
}

char *wv_ear_json(const struct wv_ear *ear)
{
	struct json_out o = out_start();

	out_put_text(&o, "eat_profile", WV_EAR_PROFILE);
	out_put(&o, "iat", json_integer(ear->issued_at));
	if (ear->expires_at)
		out_put(&o, "exp", json_integer(ear->expires_at));
	if (!put_nonce(&o, ear->nonce)) {
		json_decref(out_take(&o));
		return NULL;
	}
	out_put(&o, "ear.verifier-id", verifier_json(ear));
	out_put(&o, "submods", submods_json(ear));
	out_put(&o, "ward", ward_json(ear));
	return out_text_of(&o);
}
