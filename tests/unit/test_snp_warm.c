// SPDX-License-Identifier: MIT
/*
 * Bundles against a VEK that the caller opened before: the chain is not looked at
 * again, and nothing else changes.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim.h"

static struct sim_pki pki, other;	/* another chip and chain under the same RSA keys */
static struct wv_roots *named, *amd;
static struct wv_policy *policy;
static int64_t now;

static struct wv_vek *open_vek(const struct sim_pki *of, int64_t at)
{
	struct wv_fault fault;
	struct wv_vek *vek;
	uint8_t *table;
	size_t len;

	table = sim_cert_table(of, &len);
	ut_reason(WV_OK, wv_vek_open(named, NULL, (struct wv_bytes){ table, len }, at, &vek,
				     &fault), &fault);
	free(table);
	return vek;
}

static int setup(void **state)
{
	static const char text[] = "{\"ward-policy\":1,\"accept_unmeasured\":true,"
				   "\"allow_tee\":[\"simulated-snp\"]}";
	struct wv_bytes ark;

	(void)state;
	if (sim_pki_make(&sim_default_recipe, NULL, &pki) ||
	    sim_pki_make(&sim_default_recipe, &pki, &other))
		return -1;
	now = (int64_t)time(NULL);
	named = wv_roots_new();
	amd = wv_roots_new();
	ark = sim_pem(pki.ark);
	assert_int_equal(wv_roots_add(named, ark, NULL), WV_OK);
	ut_free(ark);
	return wv_policy_parse((struct wv_bytes){ (uint8_t *)text, sizeof(text) - 1 }, &policy,
			       NULL);
}

static int teardown(void **state)
{
	(void)state;
	wv_roots_free(named);
	wv_roots_free(amd);
	wv_policy_free(policy);
	sim_pki_free(&pki);
	sim_pki_free(&other);
	return 0;
}

static int judge(struct wv_bytes bundle, const struct wv_roots *roots, const struct wv_vek *vek,
		 int64_t at, struct wv_verdict *v)
{
	struct wv_appraisal a = { .roots = roots, .policy = policy, .now = at, .vek = vek };

	return wv_verify_bundle(bundle, &a, v);
}

/* Under roots that don't know the ARK only the VEK given can have decided. */
static void chain_not_looked_at(void **state)
{
	struct wv_vek *vek = open_vek(&pki, now);
	struct wv_verdict cold, warm;
	struct wv_bytes bundle;
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	bundle = sim_bundle(&g, &pki);
	ut_reason(WV_OK, judge(bundle, named, NULL, now, &cold), &cold.fault);
	ut_reason(WV_OK, judge(bundle, named, vek, now, &warm), &warm.fault);
	assert_memory_equal(&cold, &warm, sizeof(cold));
	ut_reason(WV_CHAIN_UNTRUSTED, judge(bundle, amd, NULL, now, &cold), &cold.fault);
	ut_reason(WV_OK, judge(bundle, amd, vek, now, &warm), &warm.fault);
	assert_string_equal(warm.vek.subject[2], "ward SIMULATED test ARK");
	assert_true(warm.simulated && warm.warnings & WV_WARN_NAMED_ROOT);
	ut_free(bundle);
	wv_vek_free(vek);
}

/* Not the key of this report: the chain of the evidence decides, for better or worse. */
static void another_key(void **state)
{
	struct wv_vek *vek = open_vek(&other, now);
	struct wv_verdict v;
	struct wv_bytes bundle;
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	bundle = sim_bundle(&g, &pki);
	ut_reason(WV_OK, judge(bundle, named, vek, now, &v), &v.fault);
	ut_reason(WV_CHAIN_UNTRUSTED, judge(bundle, amd, vek, now, &v), &v.fault);
	assert_false(v.have & WV_HAVE_VEK);
	ut_free(bundle);
	wv_vek_free(vek);
}

static void another_time(void **state)
{
	struct wv_vek *vek = open_vek(&pki, now);
	struct wv_vek_info info;
	struct wv_verdict v;
	struct wv_bytes bundle;
	struct sim_guest g;

	(void)state;
	wv_vek_info(vek, &info);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	bundle = sim_bundle(&g, &pki);
	ut_reason(WV_OK, judge(bundle, amd, vek, info.not_after, &v), &v.fault);
	ut_reason(WV_CHAIN_UNTRUSTED, judge(bundle, amd, vek, info.not_after + 1, &v), &v.fault);
	ut_reason(WV_CHAIN_UNTRUSTED, judge(bundle, amd, vek, info.not_before - 1, &v), &v.fault);
	assert_int_not_equal(judge(bundle, named, vek, info.not_after + 1, &v), WV_OK);
	ut_free(bundle);
	wv_vek_free(vek);
}

/* What the report says is judged as ever. */
static void still_judged(void **state)
{
	struct wv_vek *vek = open_vek(&pki, now);
	struct wv_verdict v;
	struct wv_bytes bundle;
	struct sim_guest g;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.policy |= WV_SNP_POLICY_DEBUG;
	bundle = sim_bundle(&g, &pki);
	ut_reason(WV_DEBUG_ALLOWED, judge(bundle, named, vek, now, &v), &v.fault);
	ut_free(bundle);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	sim_set(&g, 0x180, 1, 4);	/* another TCB than the VEK's, signed all the same */
	bundle = sim_bundle(&g, &pki);
	ut_reason(WV_TCB_MISMATCH, judge(bundle, named, vek, now, &v), &v.fault);
	ut_free(bundle);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	bundle = sim_bundle(&g, &pki);
	((uint8_t *)bundle.data)[400] ^= 1;	/* in the claims */
	ut_reason(WV_REPORT_DATA_MISMATCH, judge(bundle, named, vek, now, &v), &v.fault);
	ut_free(bundle);
	wv_vek_free(vek);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chain_not_looked_at), cmocka_unit_test(another_key),
		cmocka_unit_test(another_time),	       cmocka_unit_test(still_judged),
	};

	return cmocka_run_group_tests_name("snp warm", tests, setup, teardown);
}
