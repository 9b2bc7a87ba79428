// SPDX-License-Identifier: MIT
/*
 * CCA and PSA tokens under keys that the test makes: what is accepted of them, and every
 * way in which one is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cose_make.h"
#include "digest.h"
#include "intel_make.h"

#define HEX32(d) d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d
#define ANYHOW	"\"allow_tee\":[\"cca\"],\"accept_unmeasured\":true"
#define RIM	"\"rim\":[\"" HEX32("21") "\"]"

static EVP_PKEY *p256, *p384, *p521, *other;
static uint8_t data[64];
static const uint8_t elsewhere[64] = { 1 };
static const struct wv_bytes challenge = { data, sizeof(data) };

static int setup(void **state)
{
	(void)state;
	memset(data, 0xd7, sizeof(data));
	p256 = EVP_EC_gen("P-256");
	p384 = EVP_EC_gen("P-384");
	p521 = EVP_EC_gen("P-521");
	other = EVP_EC_gen("P-384");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(p521);
	EVP_PKEY_free(other);
	return 0;
}

/**
 * struct asked - an appraisal; zeroes: cca, no collateral, built-in roots alone
 * @rules: members of a policy, in which every % stands for @key's public key
 */
struct asked {
	const char *tee;
	const char *rules;
	EVP_PKEY *key;
	struct wv_bytes challenge;
	const struct wv_roots *roots;
	const struct wv_collateral *collateral;
};

static struct wv_policy *policy_of(const struct asked *q)
{
	struct wv_policy *policy;
	struct wv_fault fault;
	char text[4096];
	char *key = q->key ? cose_public(q->key) : NULL;
	const char *at;
	size_t len = (size_t)snprintf(text, sizeof(text), "{\"ward-policy\":1,");

	for (at = q->rules; *at; at++)
		len += (size_t)(*at == '%' ? snprintf(text + len, sizeof(text) - len, "%s", key) :
				snprintf(text + len, sizeof(text) - len, "%c", *at));
	len += (size_t)snprintf(text + len, sizeof(text) - len, "}");
	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (uint8_t *)text, len }, &policy, &fault),
		  &fault);
	free(key);
	return policy;
}

static int judge(struct wv_bytes token, const struct asked *q, struct wv_verdict *v)
{
	struct wv_roots *built_in = wv_roots_new();
	struct wv_policy *policy = policy_of(q);
	struct wv_appraisal a = { .roots = q->roots ? q->roots : built_in, .policy = policy,
				  .collateral = q->collateral, .now = COSE_NOW };
	struct wv_evidence e = { .data = token };
	int rc;

	snprintf(e.tee, sizeof(e.tee), "%s", q->tee ? q->tee : "cca");
	rc = wv_verify_evidence(&e, q->challenge, &a, v);
	wv_policy_free(policy);
	wv_roots_free(built_in);
	return rc;
}

#define KEYED(more) ANYHOW ",\"cca\":{\"platform_keys\":[{\"public_key\":\"%\"}]" more "}"

static struct arm_plan cca_plan(void)
{
	return (struct arm_plan){ .platform = { .key = p384 }, .realm = { .key = p384 },
				  .challenge = challenge };
}

static void refused(const struct arm_plan *plan, const char *rules, int reason, const char *field)
{
	struct asked q = { .rules = rules, .key = p384, .challenge = challenge };
	struct wv_bytes token = cca_make(plan);
	struct wv_verdict v;

	ut_reason(reason, judge(token, &q, &v), &v.fault);
	if (field)
		assert_string_equal(v.fault.field, field);
	ut_free(token);
}

static void cca_sound(void **state)
{
	struct arm_plan forms[5];
	struct asked q = { .rules = "\"allow_tee\":[\"cca\"],\"cca\":{\"platform_keys\":[{\"public_key\":"
				    "\"%\"}]," RIM "}", .challenge = challenge };
	struct wv_verdict v;
	struct wv_bytes token;
	char *json;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		forms[i] = cca_plan();
	forms[1].old = true;
	forms[2].cmw = true;
	forms[3].platform.key = p256;
	forms[3].key_hash = "sha-512";
	forms[4].platform.key = p521;
	forms[4].realm.key = p521;
	for (size_t i = 0; i < 5; i++) {
		token = cca_make(&forms[i]);
		assert_string_equal(wv_evidence_find(token), "cca");
		q.key = forms[i].platform.key;
		ut_reason(WV_OK, judge(token, &q, &v), &v.fault);
		assert_int_equal(v.measured, 1);
		assert_int_equal(v.have, WV_HAVE_CCA);
		assert_int_equal(v.warnings, 0);
		assert_int_equal(v.cca.platform.key_trust, WV_KEY_PINNED);
		assert_int_equal(v.cca.platform.state, WV_LIFECYCLE_SECURED);
		assert_int_equal(v.cca.platform.component_count, 2);
		assert_string_equal(v.cca.platform.components[1].type, "RMM");
		assert_int_equal(v.cca.rem[3].data[31], 0x33);
		assert_int_equal(v.cca.realm_profile[0] == '\0', forms[i].old);
		json = wv_verdict_json(&v);
		assert_non_null(strstr(json, "\"trust\": \"pinned\""));
		assert_non_null(strstr(json, "\"rim\": \"" HEX32("21") "\""));
		free(json);
		ut_free(token);
	}
}

/* Two halves that were not made for each other: each is signed as it should be. */
static void binder(void **state)
{
	struct arm_plan plan = cca_plan();

	(void)state;
	plan.other_binder = true;
	refused(&plan, KEYED(""), WV_BINDER_MISMATCH, "platform.nonce");
	plan = cca_plan();
	plan.key_hash = "sha-1";
	refused(&plan, KEYED(""), WV_EVIDENCE_UNSUPPORTED, "realm.key_hash");
}

/* A point without its second coordinate is another spelling of the same key. */
static void compressed(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	char policy[512], text[256];
	struct wv_policy *p;
	struct wv_fault fault;
	uint8_t *der;
	int i, len;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(EVP_PKEY_set_utf8_string_param(key, "point-format",
								i ? "compressed" : "uncompressed"), 1);
		der = NULL;
		len = i2d_PUBKEY(key, &der);
		assert_true(len > 0);
		EVP_EncodeBlock((unsigned char *)text, der, len);
		OPENSSL_free(der);
		snprintf(policy, sizeof(policy), "{\"ward-policy\":1,\"psa\":{\"keys\":"
			 "[{\"public_key\":\"%s\"}]}}", text);
		ut_reason(i ? WV_POLICY_DAMAGED : WV_OK,
			  wv_policy_parse((struct wv_bytes){ (uint8_t *)policy, strlen(policy) }, &p,
					  &fault), &fault);
		wv_policy_free(p);
	}
	EVP_PKEY_free(key);
}

static void cca_keys(void **state)
{
	struct arm_plan plan = cca_plan();
	struct asked q = { .rules = KEYED(""), .key = p384, .challenge = challenge };
	struct wv_bytes token;
	struct wv_verdict v;

	(void)state;
	refused(&plan, ANYHOW, WV_PLATFORM_KEY_UNTRUSTED, "platform.signature");
	refused(&plan, ANYHOW ",\"cca\":{\"platform_keys\":[{\"public_key\":\"%\",\"instance_id\":\"01"
		HEX32("00") "\"}]}", WV_PLATFORM_KEY_UNTRUSTED, "platform.signature");
	refused(&plan, ANYHOW ",\"cca\":{\"platform_keys\":[{\"public_key\":\"%\",\"implementation_id\":\""
		HEX32("1d") "\"}]}", WV_PLATFORM_KEY_UNTRUSTED, "platform.signature");
	refused(&plan, ANYHOW ",\"cca\":{\"platform_keys\":[{\"public_key\":\"%\",\"instance_id\":\"01"
		HEX32("1d") "\",\"implementation_id\":\"" HEX32("1e") "\"}]}", WV_OK, NULL);
	plan.platform.key = other;
	refused(&plan, KEYED(""), WV_SIGNATURE_INVALID, "platform.signature");
	plan.platform.key = p256;
	refused(&plan, KEYED(""), WV_COSE_ALGORITHM, "platform.protected");
	/* The realm's half by another key than the one in it. */
	plan = cca_plan();
	token = cca_make(&plan);
	((uint8_t *)token.data)[token.len - 1] ^= 1;
	ut_reason(WV_SIGNATURE_INVALID, judge(token, &q, &v), &v.fault);
	assert_string_equal(v.fault.field, "realm.signature");
	ut_free(token);
}

/* A certificate that a named root leads to says whose the key is; a built-in root never. */
static void cca_certificate(void **state)
{
	struct arm_plan plan = cca_plan();
	struct wv_roots *roots = wv_roots_new();
	struct nitro_pki pki;
	struct wv_bytes token, leaf, zone, root;
	struct wv_collateral c = { .item_count = 2 };
	struct asked q = { .rules = ANYHOW, .challenge = challenge, .collateral = &c };
	struct wv_verdict v;

	(void)state;
	nitro_pki_make(&nitro_default, &pki);
	leaf = intel_pem((X509 *[]){ pki.leaf }, 1);
	zone = intel_pem((X509 *[]){ pki.zone }, 1);
	root = intel_pem((X509 *[]){ pki.root }, 1);
	c.items = (struct wv_bytes[]){ zone, leaf };
	plan.platform.key = pki.leaf_key;
	token = cca_make(&plan);
	ut_reason(WV_COLLATERAL_MISSING, judge(token, &q, &v), &v.fault);
	assert_int_equal(wv_roots_add(roots, root, NULL), WV_OK);
	q.roots = roots;
	ut_reason(WV_OK, judge(token, &q, &v), &v.fault);
	assert_int_equal(v.cca.platform.key_trust, WV_KEY_CERTIFIED);
	assert_true(v.warnings & WV_WARN_NAMED_ROOT && v.warnings & WV_WARN_CRL_UNCHECKED);
	/* Nobody's lists of such issuers are looked at: a policy that asks for them refuses. */
	q.rules = ANYHOW ",\"collateral\":{\"crl\":\"required\"}";
	ut_reason(WV_CRL_MISSING, judge(token, &q, &v), &v.fault);
	/* A policy that names keys means them and no other. */
	q.rules = KEYED("");
	q.key = other;
	ut_reason(WV_SIGNATURE_INVALID, judge(token, &q, &v), &v.fault);
	ut_free(token);
	/* A CA's own key signs no token. */
	plan.platform.key = pki.zone_key;
	token = cca_make(&plan);
	q.rules = ANYHOW;
	ut_reason(WV_CHAIN_INVALID, judge(token, &q, &v), &v.fault);
	ut_free(token);
	ut_free(leaf);
	ut_free(zone);
	ut_free(root);
	wv_roots_free(roots);
	nitro_pki_free(&pki);
}

/* Each certificate of the chain a second after its end, and a second before its beginning. */
static void certificate_windows(void **state)
{
	struct arm_plan plan = cca_plan();
	struct wv_verdict v;

	(void)state;
	for (int i = 1; i <= 6; i++) {	/* root, zone and leaf: over, then of the future */
		struct nitro_recipe r = nitro_default;
		struct wv_roots *roots = wv_roots_new();
		struct wv_bytes token, items[2], root;
		struct wv_collateral c = { .items = items, .item_count = 2 };
		struct asked q = { .rules = ANYHOW, .challenge = challenge, .collateral = &c,
				   .roots = roots };
		struct nitro_pki pki;

		r.dated = i > 3 ? i - 3 : i;
		*(i > 3 ? &r.from : &r.to) = COSE_NOW + (i > 3 ? 1 : -1);
		nitro_pki_make(&r, &pki);
		items[0] = intel_pem((X509 *[]){ pki.zone }, 1);
		items[1] = intel_pem((X509 *[]){ pki.leaf }, 1);
		root = intel_pem((X509 *[]){ pki.root }, 1);
		assert_int_equal(wv_roots_add(roots, root, NULL), WV_OK);
		plan.platform.key = pki.leaf_key;
		token = cca_make(&plan);
		ut_reason(i > 3 ? WV_CERTIFICATE_NOT_YET : WV_CERTIFICATE_EXPIRED,
			  judge(token, &q, &v), &v.fault);
		ut_free(token);
		ut_free(items[0]);
		ut_free(items[1]);
		ut_free(root);
		wv_roots_free(roots);
		nitro_pki_free(&pki);
	}
}

static void cca_policy(void **state)
{
	static const struct {
		const char *rules;
		int reason;
		const char *field;
	} cases[] = {
		{ ",\"rim\":[\"" HEX32("22") "\"]", WV_MEASUREMENT_MISMATCH, "realm.rim" },
		/* The same digits as a longer digest are another one. */
		{ ",\"rim\":[\"" HEX32("21") "00000000000000000000000000000000\"]",
		  WV_MEASUREMENT_MISMATCH, "realm.rim" },
		{ ",\"rem\":{\"2\":[\"" HEX32("32") "\"]}", WV_OK, NULL },
		{ ",\"rem\":{\"2\":[\"" HEX32("33") "\"]}", WV_MEASUREMENT_MISMATCH, "realm.rem[2]" },
		{ ",\"personalization\":[\"" HEX32("77") HEX32("77") "\"]", WV_OK, NULL },
		{ ",\"personalization\":[\"" HEX32("77") HEX32("78") "\"]", WV_HOST_DATA_REFUSED,
		  "realm.personalization" },
		{ ",\"implementation_id\":[\"" HEX32("1e") "\"]", WV_OK, NULL },
		{ ",\"implementation_id\":[\"" HEX32("1f") "\"]", WV_IDENTITY_REFUSED,
		  "platform.implementation_id" },
		{ ",\"instance_id\":[\"01" HEX32("1f") "\"]", WV_IDENTITY_REFUSED,
		  "platform.instance_id" },
		{ ",\"sw_components\":[{\"type\":\"RMM\",\"measurement\":[\"" HEX32("b2") "\"]}]",
		  WV_OK, NULL },
		{ ",\"sw_components\":[{\"type\":\"RMM\",\"measurement\":[\"" HEX32("b1") "\"]}]",
		  WV_COMPONENT_REFUSED, "platform.sw_components[1]" },
		{ ",\"sw_components\":[{\"type\":\"XMM\",\"measurement\":[\"" HEX32("b1") "\"]}]",
		  WV_COMPONENT_REFUSED, "platform.sw_components" },
		{ ",\"sw_components\":[{\"signer\":[\"" HEX32("5a") "\"]}]", WV_OK, NULL },
		{ ",\"sw_components\":[{\"measurement\":[\"" HEX32("b2") "\"]}]",
		  WV_COMPONENT_REFUSED, "platform.sw_components[0]" },
		{ ",\"sw_components\":[{\"type\":\"BL\",\"signer\":[\"" HEX32("5b") "\"]}]",
		  WV_COMPONENT_REFUSED, "platform.sw_components[0]" },
		{ ",\"lifecycle\":[\"decommissioned\"]", WV_LIFECYCLE_REFUSED, "platform.lifecycle" },
	};
	struct arm_plan plan = cca_plan();
	char rules[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(rules, sizeof(rules), "%s%s}",
			 ANYHOW ",\"cca\":{\"platform_keys\":[{\"public_key\":\"%\"}]", cases[i].rules);
		refused(&plan, rules, cases[i].reason, cases[i].field);
	}
	refused(&plan, "\"accept_unmeasured\":true,\"allow_tee\":[\"snp\"],\"cca\":{\"platform_keys\":"
		"[{\"public_key\":\"%\"}]}", WV_TEE_REFUSED, NULL);
	refused(&plan, "\"accept_unmeasured\":true,\"cca\":{\"platform_keys\":[{\"public_key\":\"%\"}]}",
		WV_OK, NULL);
	refused(&plan, "\"allow_tee\":[\"cca\"],\"cca\":{\"platform_keys\":[{\"public_key\":\"%\"}]}",
		WV_GUEST_UNMEASURED, NULL);
	plan.challenge = (struct wv_bytes){ elsewhere, 64 };
	refused(&plan, KEYED(""), WV_REPORT_DATA_MISMATCH, "realm.challenge");
}

static void lifecycles(void **state)
{
	static const struct {
		unsigned int claim;
		int reason, with_debug, named;
	} states[] = {
		{ 0x0001, WV_LIFECYCLE_REFUSED, WV_LIFECYCLE_REFUSED, WV_OK },
		{ 0x10ff, WV_LIFECYCLE_REFUSED, WV_LIFECYCLE_REFUSED, WV_LIFECYCLE_REFUSED },
		{ 0x2001, WV_LIFECYCLE_REFUSED, WV_LIFECYCLE_REFUSED, WV_LIFECYCLE_REFUSED },
		{ 0x30ff, WV_OK, WV_OK, WV_LIFECYCLE_REFUSED },
		{ 0x4000, WV_DEBUG_ALLOWED, WV_OK, WV_DEBUG_ALLOWED },
		{ 0x5001, WV_DEBUG_ALLOWED, WV_OK, WV_DEBUG_ALLOWED },
		{ 0x6000, WV_LIFECYCLE_REFUSED, WV_LIFECYCLE_REFUSED, WV_LIFECYCLE_REFUSED },
		{ 0x3100, WV_LIFECYCLE_REFUSED, WV_LIFECYCLE_REFUSED, WV_LIFECYCLE_REFUSED },
		{ 0x7000, WV_LIFECYCLE_REFUSED, WV_LIFECYCLE_REFUSED, WV_LIFECYCLE_REFUSED },
	};
	struct arm_plan plan;

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		plan = cca_plan();
		plan.lifecycle = states[i].claim;
		refused(&plan, KEYED(""), states[i].reason, NULL);
		refused(&plan, KEYED("") ",\"allow_debug\":true", states[i].with_debug, NULL);
		refused(&plan, KEYED(",\"lifecycle\":[\"unknown\"]"), states[i].named, NULL);
	}
}

static void cca_form(void **state)
{
	static const int64_t needed[] = { 10, 256, 2395, 2396, 2399, 2401, 2402, 44235, 44236, 44237,
					  44238, 44239, 44240 };
	struct arm_plan plan;

	(void)state;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		plan = cca_plan();
		plan.without = needed[i];
		refused(&plan, KEYED(""), WV_EVIDENCE_DAMAGED, NULL);
	}
	plan = cca_plan();
	plan.profile = "tag:arm.com,2099:cca_platform#9";
	refused(&plan, KEYED(""), WV_EVIDENCE_UNSUPPORTED, "platform.profile");
	plan = cca_plan();
	plan.instance = 0x02;
	refused(&plan, KEYED(""), WV_EVIDENCE_DAMAGED, "platform.instance_id");
	plan = cca_plan();
	plan.platform.untagged = true;
	refused(&plan, KEYED(""), WV_EVIDENCE_DAMAGED, "platform");
	plan = cca_plan();
	plan.realm.alg_outside = true;
	refused(&plan, KEYED(""), WV_COSE_ALGORITHM, "realm.unprotected");
	plan = cca_plan();
	plan.realm.zero_r = true;
	refused(&plan, KEYED(""), WV_SIGNATURE_INVALID, "realm.signature");
	plan = cca_plan();
	plan.platform.order_s = true;
	refused(&plan, KEYED(""), WV_SIGNATURE_INVALID, "platform.signature");
	plan = cca_plan();
	plan.realm.alg = -7;
	refused(&plan, KEYED(""), WV_COSE_ALGORITHM, "realm.protected");
}

static void each_byte(struct wv_bytes token, const struct asked *q)
{
	uint8_t *bytes = (uint8_t *)token.data;
	struct wv_verdict v;
	size_t i;

	ut_reason(WV_OK, judge(token, q, &v), &v.fault);
	for (i = 0; i < token.len; i++) {
		bytes[i] ^= (uint8_t)(1u << (i * 5) % 8);
		if (!judge(token, q, &v))
			fail_msg("byte %zu of %zu can be changed", i, token.len);
		bytes[i] ^= (uint8_t)(1u << (i * 5) % 8);
	}
	for (i = 0; i < token.len; i++)
		if (!judge((struct wv_bytes){ bytes, i }, q, &v))
			fail_msg("the first %zu bytes of %zu do", i, token.len);
}

static void every_byte(void **state)
{
	struct arm_plan plan = cca_plan();
	struct asked q = { .rules = KEYED(""), .key = p384, .challenge = challenge };
	struct wv_bytes token = cca_make(&plan);

	(void)state;
	each_byte(token, &q);
	ut_free(token);
	q = (struct asked){ .tee = "psa", .key = p256, .challenge = challenge,
			    .rules = "\"accept_unmeasured\":true,\"psa\":{\"keys\":[{\"public_key\":\"%\"}]}" };
	plan.platform.key = p256;
	token = psa_make(&plan);
	each_byte(token, &q);
	ut_free(token);
}

static void psa_sound(void **state)
{
	struct asked q = { .tee = "psa", .key = p256,
			   .rules = "\"accept_unmeasured\":true,\"psa\":{\"keys\":[{\"public_key\":\"%\"}],"
				    "\"instance_id\":[\"01" HEX32("1d") "\"]}" };
	static const size_t lengths[] = { 32, 48, 64 };
	struct arm_plan plan = { .platform = { .key = p256 } };
	struct wv_verdict v;
	struct wv_bytes token;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		plan.old = i % 2;
		plan.no_measurements = i == 5;
		plan.challenge = q.challenge = (struct wv_bytes){ data, lengths[i / 2] };
		token = psa_make(&plan);
		assert_string_equal(wv_evidence_find(token), "psa");
		ut_reason(WV_OK, judge(token, &q, &v), &v.fault);
		assert_int_equal(v.have, WV_HAVE_PSA);
		assert_int_equal(v.measured, 0);
		assert_int_equal(v.psa.client_id, -7);
		assert_int_equal(v.psa.nonce.len, lengths[i / 2]);
		assert_int_equal(v.psa.boot_seed.len, 32);
		assert_string_equal(v.psa.certification, "1234567890123-12345");
		assert_int_equal(v.psa.no_measurements, i == 5);
		free(wv_verdict_json(&v));
		ut_free(token);
	}
}

static void psa_refused(const struct arm_plan *plan, const char *rules, int reason,
			const char *field)
{
	struct asked q = { .tee = "psa", .rules = rules, .key = p256, .challenge = challenge };
	struct wv_bytes token = psa_make(plan);
	struct wv_verdict v;

	ut_reason(reason, judge(token, &q, &v), &v.fault);
	if (field)
		assert_string_equal(v.fault.field, field);
	ut_free(token);
}

static void psa_form(void **state)
{
	static const char *const rules =
		"\"accept_unmeasured\":true,\"psa\":{\"keys\":[{\"public_key\":\"%\"}]}";
	static const int64_t needed[] = { 265, 10, 256, 2394, 2395, 2396, 2399 };
	const struct arm_plan sound = { .platform = { .key = p256 }, .challenge = challenge };
	struct arm_plan plan;

	(void)state;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		plan = sound;
		plan.without = needed[i];
		psa_refused(&plan, rules, WV_EVIDENCE_DAMAGED, NULL);
	}
	plan = sound;
	plan.challenge.len = 40;
	psa_refused(&plan, rules, WV_EVIDENCE_DAMAGED, "token.nonce");
	plan = sound;
	plan.profile = "tag:psacertified.org,2099:psa#x";
	psa_refused(&plan, rules, WV_EVIDENCE_UNSUPPORTED, "token.profile");
	plan.old = true;
	psa_refused(&plan, rules, WV_EVIDENCE_UNSUPPORTED, "token.profile");
	plan = sound;
	plan.lifecycle = 0x4000;
	psa_refused(&plan, rules, WV_DEBUG_ALLOWED, "token.lifecycle");
	plan = sound;
	plan.platform.tag = 17;
	psa_refused(&plan, rules, WV_EVIDENCE_UNSUPPORTED, "token");
	plan = sound;
	plan.platform.key = p384;
	psa_refused(&plan, rules, WV_COSE_ALGORITHM, "token.protected");
	psa_refused(&sound, "\"accept_unmeasured\":true", WV_PLATFORM_KEY_UNTRUSTED, NULL);
	psa_refused(&sound, "\"psa\":{\"keys\":[{\"public_key\":\"%\"}]}", WV_GUEST_UNMEASURED, NULL);
	plan = sound;
	plan.challenge = (struct wv_bytes){ elsewhere, 64 };
	psa_refused(&plan, rules, WV_REPORT_DATA_MISMATCH, "token.nonce");
}

/* Whose root says SIMULATED protects nothing: a policy must name it. */
static void simulated(void **state)
{
	static const char *const tees[] = { "psa", "cca" };
	static const char *const rules[] = {
		"\"accept_unmeasured\":true,\"psa\":{}", ANYHOW,
		"\"accept_unmeasured\":true,\"psa\":{},\"allow_tee\":[\"simulated-snp\"]",
		"\"accept_unmeasured\":true,\"allow_tee\":[\"cca\",\"simulated-snp\"]",
	};
	struct nitro_recipe recipe = nitro_default;
	struct wv_roots *roots = wv_roots_new();
	struct wv_collateral c = { .item_count = 2 };
	struct wv_bytes leaf, zone, root, token;
	struct nitro_pki pki;
	struct wv_verdict v;

	(void)state;
	recipe.root_cn = "SIMULATED maker of phones";
	nitro_pki_make(&recipe, &pki);
	leaf = intel_pem((X509 *[]){ pki.leaf }, 1);
	zone = intel_pem((X509 *[]){ pki.zone }, 1);
	root = intel_pem((X509 *[]){ pki.root }, 1);
	c.items = (struct wv_bytes[]){ zone, leaf };
	assert_int_equal(wv_roots_add(roots, root, NULL), WV_OK);
	for (size_t i = 0; i < 4; i++) {
		struct arm_plan plan = { .platform = { .key = pki.leaf_key }, .realm = { .key = p384 },
					 .challenge = challenge };
		struct asked q = { .tee = tees[i % 2], .rules = rules[i], .challenge = challenge,
				   .roots = roots, .collateral = &c };

		token = i % 2 ? cca_make(&plan) : psa_make(&plan);
		ut_reason(i < 2 ? WV_SIMULATED_REFUSED : WV_OK, judge(token, &q, &v), &v.fault);
		assert_int_equal(v.simulated, 1);
		assert_true(v.warnings & WV_WARN_SIMULATED);
		ut_free(token);
	}
	ut_free(leaf);
	ut_free(zone);
	ut_free(root);
	wv_roots_free(roots);
	nitro_pki_free(&pki);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cca_sound),
		cmocka_unit_test(binder),
		cmocka_unit_test(compressed),
		cmocka_unit_test(cca_keys),
		cmocka_unit_test(cca_certificate),
		cmocka_unit_test(certificate_windows),
		cmocka_unit_test(cca_policy),
		cmocka_unit_test(lifecycles),
		cmocka_unit_test(cca_form),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(psa_sound),
		cmocka_unit_test(psa_form),
		cmocka_unit_test(simulated),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
