// SPDX-License-Identifier: MIT
/*
 * Bundles that rest on a Nitro document or a CCA token, and PSA tokens beside them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cose_make.h"
#include "digest.h"
#include "intel_make.h"
#include "sim.h"

#define HEX48(d) d d d d d d d d d d d d d d d d d d d d d d d d \
		 d d d d d d d d d d d d d d d d d d d d d d d d
#define HEX32(d) d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d
#define NITRO	"\"nitro\":{\"pcrs\":{\"0\":[\"" HEX48("10") "\"]}}"
#define CCA	"\"cca\":{\"platform_keys\":[{\"public_key\":\"%\"}],\"rim\":[\"" HEX32("21") "\"]}"
#define PSA	"\"psa\":{\"keys\":[{\"public_key\":\"%\"}]}"

static struct nitro_pki pki;
static struct wv_roots *roots;
static EVP_PKEY *key;

static int setup(void **state)
{
	struct wv_bytes pem;

	(void)state;
	nitro_pki_make(&nitro_default, &pki);
	key = EVP_EC_gen("P-384");
	roots = wv_roots_new();
	pem = intel_pem((X509 *[]){ pki.root }, 1);
	assert_int_equal(wv_roots_add(roots, pem, NULL), WV_OK);
	ut_free(pem);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	wv_roots_free(roots);
	nitro_pki_free(&pki);
	EVP_PKEY_free(key);
	return 0;
}

/* Every % in @rules stands for the key of the Arm platforms here. */
static int judge(struct wv_bytes bundle, const char *rules, struct wv_verdict *v)
{
	struct wv_appraisal a = { .roots = roots, .now = COSE_NOW };
	char text[4096], *public = cose_public(key);
	struct wv_policy *policy;
	struct wv_fault fault;
	size_t len = (size_t)snprintf(text, sizeof(text), "{\"ward-policy\":1,");
	int rc;

	for (; *rules; rules++)
		len += (size_t)(*rules == '%' ? snprintf(text + len, sizeof(text) - len, "%s", public) :
				snprintf(text + len, sizeof(text) - len, "%c", *rules));
	len += (size_t)snprintf(text + len, sizeof(text) - len, "}");
	free(public);
	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (uint8_t *)text, len }, &policy, &fault),
		  &fault);
	a.policy = policy;
	rc = wv_verify_bundle(bundle, &a, v);
	wv_policy_free(policy);
	return rc;
}

/**
 * struct pieces - what a bundle is made of
 * @nitro, @cca, @psa: which pieces; of a PSA token the nonce's length
 * @other: they are over other claims
 */
struct pieces {
	bool nitro, cca;
	size_t psa;
	bool other;
};

static struct wv_bytes psa_over(const uint8_t report_data[64], size_t len)
{
	struct wv_bytes all = { report_data, 64 };
	uint8_t nonce[64];
	struct arm_plan plan = { .platform = { .key = key }, .challenge = { nonce, len } };

	memcpy(nonce, report_data, 64);
	if (len == 32)
		assert_true(digest_sha256(nonce, &all, 1));
	return psa_make(&plan);
}

static void expect(const struct pieces *p, const char *rules, int reason, struct wv_verdict *v)
{
	struct wv_evidence e[3] = { { .tee = "nitro", .provider = "nitro" },
				    { .tee = "cca", .provider = "tsm" },
				    { .tee = "psa", .provider = "psa" } };
	uint8_t data[64];
	struct nitro_plan nitro = { .user_data = { data, sizeof(data) } };
	struct arm_plan cca = { .platform = { .key = key }, .realm = { .key = key },
				.challenge = { data, sizeof(data) } };
	struct wv_evidence pieces[3];
	struct sim_guest g;
	struct wv_bytes bundle;
	size_t n = 0;

	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.no_launch = true;
	sim_report_data(&g, data);
	data[0] ^= p->other;
	e[0].data = nitro_make(&pki, &nitro);
	e[1].data = cca_make(&cca);
	e[2].data = psa_over(data, p->psa ? p->psa : 64);
	if (p->nitro)
		pieces[n++] = e[0];
	if (p->cca)
		pieces[n++] = e[1];
	if (p->psa)
		pieces[n++] = e[2];
	g.more = pieces;
	g.more_count = n;
	bundle = sim_bundle(&g, NULL);
	ut_reason(reason, judge(bundle, rules, v), &v->fault);
	ut_free(bundle);
	for (n = 0; n < 3; n++)
		ut_free(e[n].data);
}

static void alone(void **state)
{
	const struct pieces nitro = { .nitro = true }, cca = { .cca = true };
	const struct pieces other_nitro = { .nitro = true, .other = true };
	const struct pieces other_cca = { .cca = true, .other = true };
	struct wv_verdict v;

	(void)state;
	expect(&nitro, NITRO, WV_OK, &v);
	assert_int_equal(v.measured, 1);
	assert_int_equal(v.have, WV_HAVE_CLAIMS | WV_HAVE_NITRO);
	expect(&cca, CCA, WV_OK, &v);
	assert_int_equal(v.measured, 1);
	assert_int_equal(v.have, WV_HAVE_CLAIMS | WV_HAVE_CCA);
	expect(&other_nitro, NITRO, WV_REPORT_DATA_MISMATCH, &v);
	expect(&other_cca, CCA, WV_REPORT_DATA_MISMATCH, &v);
	/* What one kind is pinned to says nothing of the other. */
	expect(&nitro, CCA, WV_TEE_REFUSED, &v);
	expect(&nitro, "\"allow_tee\":[\"nitro\"]," CCA, WV_GUEST_UNMEASURED, &v);
	expect(&cca, "\"allow_tee\":[\"cca\"]," NITRO, WV_PLATFORM_KEY_UNTRUSTED, &v);
	expect(&nitro, NITRO ",\"evidence\":[\"snp\"]", WV_EVIDENCE_MISSING, &v);
}

static void beside(void **state)
{
	const struct pieces whole = { .nitro = true, .psa = 64 }, digest = { .nitro = true, .psa = 32 };
	const struct pieces odd = { .nitro = true, .psa = 48 }, psa_alone = { .psa = 64 };
	const struct pieces none = { .nitro = true };
	struct wv_verdict v;

	(void)state;
	expect(&whole, NITRO "," PSA, WV_OK, &v);
	assert_int_equal(v.have, WV_HAVE_CLAIMS | WV_HAVE_NITRO | WV_HAVE_PSA);
	assert_int_equal(v.psa.platform.key_trust, WV_KEY_PINNED);
	expect(&digest, NITRO "," PSA, WV_OK, &v);
	/* A nonce of 48 bytes answers no claims. */
	expect(&odd, NITRO "," PSA, WV_REPORT_DATA_MISMATCH, &v);
	assert_string_equal(v.fault.field, "evidence[1].token.nonce");
	/* It never stands for the guest. */
	expect(&psa_alone, PSA ",\"accept_unmeasured\":true", WV_EVIDENCE_UNSUPPORTED, &v);
	expect(&whole, PSA ",\"allow_tee\":[\"nitro\"]", WV_GUEST_UNMEASURED, &v);
	expect(&none, NITRO "," PSA, WV_EVIDENCE_MISSING, &v);
	expect(&none, NITRO ",\"psa\":{\"required\":false}", WV_OK, &v);
	/* A policy that says nothing of it leaves it unchecked, and says so. */
	expect(&whole, NITRO, WV_OK, &v);
	assert_true(v.warnings & WV_WARN_EVIDENCE_UNCHECKED);
	assert_false(v.have & WV_HAVE_PSA);
	expect(&whole, NITRO ",\"evidence\":[\"psa\"]", WV_PLATFORM_KEY_UNTRUSTED, &v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alone),
		cmocka_unit_test(beside),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
