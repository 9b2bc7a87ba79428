/* SPDX-License-Identifier: MIT */
/* A quote by a key of OpenSSL's, judged by a policy: for the tests of the verifier. */
#ifndef TEST_TPM_JUDGE_H
#define TEST_TPM_JUDGE_H

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static struct sim_pki pki;
static struct wv_roots *roots;	/* the simulator's is named */
static int64_t now;
static EVP_PKEY *p256, *p384, *rsa;

#define HEX10 "1010101010101010101010101010101010101010101010101010101010101010"
#define HEX14 "1414141414141414141414141414141414141414141414141414141414141414"
#define HEX19 "1919191919191919191919191919191919191919191919191919191919191919"

static inline int setup(void **state)
{
	struct wv_bytes ark;

	(void)state;
	if (sim_pki_make(&sim_default_recipe, NULL, &pki))
		return -1;
	now = (int64_t)time(NULL);
	p256 = EVP_EC_gen("P-256");
	p384 = EVP_EC_gen("P-384");
	rsa = EVP_RSA_gen(2048);
	roots = wv_roots_new();
	ark = sim_pem(pki.ark);
	assert_int_equal(wv_roots_add(roots, ark, NULL), WV_OK);
	ut_free(ark);
	return !p256 || !p384 || !rsa;
}

static inline int teardown(void **state)
{
	(void)state;
	wv_roots_free(roots);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(rsa);
	sim_pki_free(&pki);
	return 0;
}

/* "{"ward-policy":1, @format...}"; %s is the key of @t where it is asked for. */
static inline struct wv_policy *policy(const struct tpm_sim *t, const char *members)
{
	char ak[65], text[2048], filled[1536];
	struct wv_policy *p;
	struct wv_fault fault;

	tpm_sim_ak(t, ak);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(filled, sizeof(filled), members, ak);
#pragma GCC diagnostic pop
	snprintf(text, sizeof(text), "{\"ward-policy\":1,%s}", filled);
	ut_reason(WV_OK,
		  wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p, &fault),
		  &fault);
	return p;
}

/* A machine whose only evidence is a quote. */
static inline void machine(struct sim_guest *g, const struct tpm_sim *t)
{
	sim_guest_new(g, WARD_PURPOSE_RELEASE);
	g->claims.tee = htole32(WARD_TEE_TPM);
	g->no_launch = true;
	g->tpm = t;
	g->tpm_count = 1;
}

static inline int judge(const struct sim_guest *g, const struct wv_roots *with, struct wv_policy *p,
		 struct wv_verdict *v)
{
	struct wv_appraisal a = { .roots = with, .policy = p, .now = now };
	struct wv_bytes bundle = sim_bundle(g, &pki);
	int rc = wv_verify_bundle(bundle, &a, v);

	ut_free(bundle);
	wv_policy_free(p);
	return rc;
}

static inline void expect(const struct sim_guest *g, struct wv_policy *p, int want, const char *field)
{
	struct wv_verdict v;

	ut_reason(want, judge(g, roots, p, &v), &v.fault);
	if (field)
		assert_string_equal(v.fault.field, field);
}

#define PINNED	"\"allow_tee\":[\"tpm\"],\"tpm\":{\"ak\":[\"%s\"],\"pcrs\":{\"sha256\":{" \
		"\"4\":[\"" HEX14 "\"],\"9\":[\"" HEX10 "\",\"" HEX19 "\"]}}}"
#define ANYHOW	"\"allow_tee\":[\"tpm\"],\"accept_unmeasured\":true," \
		"\"tpm\":{\"accept_unpinned_ak\":true}"

#endif /* TEST_TPM_JUDGE_H */
