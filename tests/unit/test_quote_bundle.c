// SPDX-License-Identifier: MIT
/*
 * Quotes of a TD in bundles, those of an enclave beside it, and receipts.
 */
#include <stdlib.h>
#include <string.h>

#include "quote_make.h"
#include "sim.h"

static struct intel_pki pki, simulated;
static struct wv_roots *roots;		/* trusts both */

static int setup(void **state)
{
	struct wv_bytes pem;

	(void)state;
	intel_pki_make(&intel_default, &pki);
	intel_pki_make(&quote_simulated, &simulated);
	roots = wv_roots_new();
	pem = intel_pem((X509 *[]){ pki.root }, 1);
	assert_int_equal(wv_roots_add(roots, pem, NULL), WV_OK);
	ut_free(pem);
	pem = intel_pem((X509 *[]){ simulated.root }, 1);
	assert_int_equal(wv_roots_add(roots, pem, NULL), WV_OK);
	ut_free(pem);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	wv_roots_free(roots);
	intel_pki_free(&pki);
	intel_pki_free(&simulated);
	return 0;
}

static struct wv_policy *policy_of(const char *text)
{
	struct wv_policy *policy;
	struct wv_fault fault;

	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (const uint8_t *)text, strlen(text) },
					 &policy, &fault), &fault);
	return policy;
}

/* Quotes over a bundle's report data: of a TD, and of an enclave beside it. */
struct pair {
	struct sim_guest guest;
	struct wv_evidence pieces[3];
};

static void add(struct pair *p, const struct intel_pki *by, int version, uint8_t spoil)
{
	struct wv_evidence *e = &p->pieces[p->guest.more_count++];
	struct quote_plan plan;

	quote_plan_new(&plan, by, version, 3);
	sim_report_data(&p->guest, plan.bytes + (version == 3 ? SGX_REPORT_DATA : TD_REPORT_DATA));
	plan.bytes[version == 3 ? SGX_REPORT_DATA : TD_REPORT_DATA] ^= spoil;
	memset(e, 0, sizeof(*e));
	strcpy(e->provider, "test");
	strcpy(e->tee, version == 3 ? "sgx" : "tdx");
	e->data = quote_make(&plan);
	quote_plan_free(&plan);
}

static void pair_new(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	sim_guest_new(&p->guest, WARD_PURPOSE_REPORT);
	p->guest.no_launch = true;
	p->guest.claims.tee = WARD_TEE_TDX;
	p->guest.more = p->pieces;
}

static int judge_pair(struct pair *p, const char *policy, struct wv_verdict *v)
{
	struct wv_policy *parsed = policy_of(policy);
	struct wv_appraisal a = { .roots = roots, .policy = parsed, .now = INTEL_NOW };
	struct wv_bytes bundle = sim_bundle(&p->guest, NULL);
	int rc = wv_verify_bundle(bundle, &a, v);
	size_t i;

	for (i = 0; i < p->guest.more_count; i++)
		ut_free(p->pieces[i].data);
	ut_free(bundle);
	wv_policy_free(parsed);
	return rc;
}

#define TD_PINNED "\"tdx\":{\"mrtd\":[\"" X48("3d") "\"],\"rtmr1\":[\"" X48("a1") "\"],\"rtmr2\":[\"" \
	X48("a2") "\"]}"
#define X4(b) b b b b
#define X48(b) X4(b) X4(b) X4(b) X4(b) X4(b) X4(b) X4(b) X4(b) X4(b) X4(b) X4(b) X4(b)
#define X32(b) X4(b) X4(b) X4(b) X4(b) X4(b) X4(b) X4(b) X4(b)

static void bundles(void **state)
{
	uint8_t measurement[48];
	struct wv_verdict v;
	struct pair p;
	char *json;

	(void)state;
	pair_new(&p);
	add(&p, &pki, 5, 0);
	ut_reason(WV_OK, judge_pair(&p, "{\"ward-policy\":1," TD_PINNED "}", &v), &v.fault);
	assert_int_equal(v.measured, 1);
	assert_true(v.have & WV_HAVE_TDX && v.have & WV_HAVE_CLAIMS);
	json = wv_verdict_json(&v);
	assert_non_null(strstr(json, "\"tdx\": {"));
	free(json);
	wv_verdict_measurement(&v, measurement);
	assert_memory_equal(measurement, v.tdx.mr_td, 48);
	pair_new(&p);
	add(&p, &pki, 4, 1);
	ut_reason(WV_REPORT_DATA_MISMATCH, judge_pair(&p, "{\"ward-policy\":1," TD_PINNED "}", &v),
		  &v.fault);
	/* A TD twice, and an enclave where a TD belongs. */
	pair_new(&p);
	add(&p, &pki, 4, 0);
	add(&p, &pki, 5, 0);
	ut_reason(WV_EVIDENCE_REPEATED, judge_pair(&p, "{\"ward-policy\":1," TD_PINNED "}", &v),
		  &v.fault);
	pair_new(&p);
	add(&p, &pki, 3, 0);
	strcpy(p.pieces[0].tee, "tdx");
	ut_reason(WV_EVIDENCE_DAMAGED, judge_pair(&p, "{\"ward-policy\":1," TD_PINNED "}", &v),
		  &v.fault);
}

/* A receipt of the TD that the key went to, and of another. */
static void receipts(void **state)
{
	struct wv_release r = { .uid = 1000 };
	struct wv_policy *policy = policy_of("{\"ward-policy\":1," TD_PINNED "}");
	struct wv_appraisal a = { .roots = roots, .policy = policy, .now = INTEL_NOW };
	struct wv_bytes bundle;
	struct wv_verdict v;
	struct pair p;

	(void)state;
	pair_new(&p);
	sim_guest_new(&p.guest, WARD_PURPOSE_RECEIPT);
	p.guest.no_launch = true;
	p.guest.claims.tee = WARD_TEE_TDX;
	p.guest.more = p.pieces;
	memcpy(r.session, p.guest.claims.subject, sizeof(r.session));
	memcpy(r.instance, p.guest.claims.instance, sizeof(r.instance));
	memcpy(r.receipt_nonce, p.guest.claims.nonce, sizeof(r.receipt_nonce));
	assert_int_equal(wv_binding_receipt(r.release, r.dataset, r.receipt_nonce,
					    p.guest.claims.binding), WV_OK);
	add(&p, &pki, 5, 0);
	bundle = sim_bundle(&p.guest, NULL);
	memset(r.measurement, 0x3d, sizeof(r.measurement));
	ut_reason(WV_OK, wv_verify_receipt(bundle, &r, &a, &v, NULL), &v.fault);
	memset(r.measurement, 0, sizeof(r.measurement));
	ut_reason(WV_MEASUREMENT_MISMATCH, wv_verify_receipt(bundle, &r, &a, &v, NULL), &v.fault);
	ut_free(bundle);
	ut_free(p.pieces[0].data);
	wv_policy_free(policy);
}

/* An enclave stands beside, never for the guest. */
static void enclave_beside(void **state)
{
	static const char want[] = "{\"ward-policy\":1,\"sgx\":{\"mrenclave\":[\"" X32("ec") "\"]},"
				   TD_PINNED "}";
	struct wv_verdict v;
	struct pair p;

	(void)state;
	pair_new(&p);
	add(&p, &pki, 4, 0);
	add(&p, &pki, 3, 0);
	ut_reason(WV_OK, judge_pair(&p, want, &v), &v.fault);
	assert_true(v.have & WV_HAVE_SGX);
	pair_new(&p);
	add(&p, &pki, 4, 0);
	ut_reason(WV_EVIDENCE_MISSING, judge_pair(&p, want, &v), &v.fault);
	pair_new(&p);
	add(&p, &pki, 4, 0);
	add(&p, &pki, 3, 1);
	ut_reason(WV_REPORT_DATA_MISMATCH, judge_pair(&p, want, &v), &v.fault);
	assert_non_null(strstr(v.fault.field, "evidence[1]"));
	pair_new(&p);
	add(&p, &pki, 3, 0);
	ut_reason(WV_EVIDENCE_UNSUPPORTED, judge_pair(&p, want, &v), &v.fault);
	/* What it is pins nothing of the guest. */
	pair_new(&p);
	add(&p, &pki, 4, 0);
	add(&p, &pki, 3, 0);
	ut_reason(WV_GUEST_UNMEASURED,
		  judge_pair(&p, "{\"ward-policy\":1,\"allow_tee\":[\"tdx\"],\"sgx\":{\"mrenclave\":"
			     "[\"" X32("ec") "\"]}}", &v), &v.fault);
	pair_new(&p);
	add(&p, &pki, 4, 0);
	add(&p, &simulated, 3, 0);
	ut_reason(WV_SIMULATED_REFUSED, judge_pair(&p, want, &v), &v.fault);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bundles),
		cmocka_unit_test(receipts),
		cmocka_unit_test(enclave_beside),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
