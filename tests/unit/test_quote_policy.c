// SPDX-License-Identifier: MIT
/*
 * Quotes against policies; what counts as measured.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quote_make.h"

static struct intel_pki pki, simulated;
static struct wv_roots *roots;		/* trusts both */

static void trust(const struct intel_pki *p)
{
	struct wv_bytes pem = intel_pem((X509 *[]){ p->root }, 1);

	assert_int_equal(wv_roots_add(roots, pem, NULL), WV_OK);
	ut_free(pem);
}

static int setup(void **state)
{
	(void)state;
	intel_pki_make(&intel_default, &pki);
	intel_pki_make(&quote_simulated, &simulated);
	roots = wv_roots_new();
	trust(&pki);
	trust(&simulated);
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

static struct wv_policy *policy_of(const char *fmt, ...)
{
	struct wv_policy *policy;
	struct wv_fault fault;
	char text[4096];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (uint8_t *)text, (size_t)len }, &policy,
					 &fault), &fault);
	return policy;
}

static void count(void *context, const struct wv_rule *says)
{
	assert_non_null(says->name);
	assert_true(says->held || says->reason);
	(*(int *)context)++;
}

/* The verdict of a quote alone, the same whether somebody looks on or not. */
static int judge(const struct quote_plan *plan, const struct wv_policy *policy,
		 struct wv_bytes report_data, struct wv_verdict *v)
{
	struct wv_appraisal a = { .roots = roots, .policy = policy, .now = INTEL_NOW };
	struct wv_evidence e = { .data = quote_make(plan) };
	struct wv_verdict *seen = malloc(sizeof(*seen));
	int rules = 0;

	snprintf(e.tee, sizeof(e.tee), "%s", wv_evidence_find(e.data));
	wv_verify_evidence(&e, report_data, &a, v);
	a.rule = count;
	a.rule_context = &rules;
	wv_verify_evidence(&e, report_data, &a, seen);
	assert_int_equal(v->fault.reason, seen->fault.reason);
	assert_string_equal(v->fault.text, seen->fault.text);
	ut_free(e.data);
	free(seen);
	return v->fault.reason;
}

/* In hex: @n bytes of @b. */
static const char *hex(unsigned int b, size_t n)
{
	static char ring[8][200];
	static int next;
	char *out = ring[next = (next + 1) % 8];
	size_t i;

	for (i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", b);
	return out;
}

/* Members of "tdx" that the quote of a plan fits, or does not. */
static const struct {
	const char *member;
	int want;
	const char *field;
} td_members[] = {
	{ "\"mrtd\":[\"%3d\"]", WV_OK, NULL },
	{ "\"mrtd\":[\"%3e\"]", WV_MEASUREMENT_MISMATCH, "quote.mrtd" },
	{ "\"mrtd\":[\"%3e\",\"%3d\"]", WV_OK, NULL },
	{ "\"rtmr0\":[\"%a0\"]", WV_OK, NULL },
	{ "\"rtmr0\":[\"%a1\"]", WV_MEASUREMENT_MISMATCH, "quote.rtmr0" },
	{ "\"rtmr1\":[\"%a1\"]", WV_OK, NULL },
	{ "\"rtmr1\":[\"%a0\"]", WV_MEASUREMENT_MISMATCH, "quote.rtmr1" },
	{ "\"rtmr2\":[\"%a2\"]", WV_OK, NULL },
	{ "\"rtmr2\":[\"%00\"]", WV_MEASUREMENT_MISMATCH, "quote.rtmr2" },
	{ "\"rtmr3\":[\"%a3\"]", WV_OK, NULL },
	{ "\"rtmr3\":[\"%00\"]", WV_MEASUREMENT_MISMATCH, "quote.rtmr3" },
	{ "\"mrseam\":[\"%5e\"]", WV_OK, NULL },
	{ "\"mrseam\":[\"%5f\"]", WV_TD_MODULE_REFUSED, "quote.mrseam" },
	{ "\"mrsignerseam\":[\"%00\"]", WV_OK, NULL },
	{ "\"mrsignerseam\":[\"%01\"]", WV_TD_MODULE_REFUSED, "quote.mrsignerseam" },
	{ "\"mrconfigid\":[\"%00\"]", WV_OK, NULL },
	{ "\"mrconfigid\":[\"%01\"]", WV_TD_CONFIG_REFUSED, "quote.mrconfigid" },
	{ "\"mrowner\":[\"%01\"]", WV_TD_CONFIG_REFUSED, "quote.mrowner" },
	{ "\"mrownerconfig\":[\"%01\"]", WV_TD_CONFIG_REFUSED, "quote.mrownerconfig" },
	{ "\"mrservicetd\":[\"%00\"]", WV_OK, NULL },
	{ "\"mrservicetd\":[\"%01\"]", WV_TD_CONFIG_REFUSED, "quote.mrservicetd" },
	{ "\"attributes\":{\"value\":\"0x10000000\"}", WV_OK, NULL },
	{ "\"attributes\":{\"value\":\"0x0\"}", WV_TD_CONFIG_REFUSED, "quote.attributes" },
	{ "\"attributes\":{\"mask\":\"0x50000000\",\"value\":\"0x10000000\"}", WV_OK, NULL },
	{ "\"attributes\":{\"mask\":\"0x40000000\",\"value\":\"0x40000000\"}",
	  WV_TD_CONFIG_REFUSED, "quote.attributes" },
	{ "\"xfam\":{\"value\":\"0x602e7\"}", WV_OK, NULL },
	{ "\"xfam\":{\"mask\":\"0x60000\"}", WV_TD_CONFIG_REFUSED, "quote.xfam" },
	{ "\"min_tee_tcb_svn\":\"05010200000000000000000000000000\"", WV_OK, NULL },
	{ "\"min_tee_tcb_svn\":\"05010100000000000000000000000000\"", WV_OK, NULL },
	{ "\"min_tee_tcb_svn\":\"05010300000000000000000000000000\"", WV_TCB_BELOW_POLICY,
	  "quote.tee_tcb_svn" },
	{ "\"min_tee_tcb_svn\":\"00000000000000000000000000000001\"", WV_TCB_BELOW_POLICY,
	  "quote.tee_tcb_svn" },
	{ "\"min_tee_tcb_svn2\":\"00000000000000000000000000000000\"", WV_OK, NULL },
	{ "\"min_tee_tcb_svn2\":\"05010300000000000000000000000000\"", WV_TCB_BELOW_POLICY,
	  "quote.tee_tcb_svn2" },
	{ "\"min_qe_svn\":6", WV_OK, NULL },
	{ "\"min_qe_svn\":7", WV_TCB_BELOW_POLICY, "quote.qe_report" },
	{ "\"min_pce_svn\":13", WV_OK, NULL },
	{ "\"min_pce_svn\":14", WV_TCB_BELOW_POLICY, "PCK" },
};

/* %xy becomes 48 (@width) bytes xy. */
static void expand(const char *text, size_t width, char *out)
{
	unsigned int b;

	for (; *text; text++) {
		if (*text == '%' && sscanf(text + 1, "%2x", &b) == 1) {
			out = stpcpy(out, hex(b, width));
			text += 2;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}

static void td_each(void **state)
{
	static const int bodies[][2] = { { 4, 0 }, { 5, 2 }, { 5, 3 } };
	size_t i, b;

	(void)state;
	for (i = 0; i < sizeof(td_members) / sizeof(td_members[0]); i++) {
		char member[512];
		struct wv_policy *policy;

		expand(td_members[i].member, 48, member);
		policy = policy_of("{\"ward-policy\":1,\"accept_unmeasured\":true,\"tdx\":{%s}}",
				   member);
		for (b = 0; b < 3; b++) {
			struct quote_plan plan;
			struct wv_verdict v;

			quote_plan_new(&plan, &pki, bodies[b][0], bodies[b][1]);
			print_message("%s\n", td_members[i].member);
			ut_reason(td_members[i].want,
				  judge(&plan, policy, (struct wv_bytes){ NULL, 0 }, &v), &v.fault);
			if (td_members[i].field)
				assert_string_equal(v.fault.field, td_members[i].field);
			assert_true(v.have & WV_HAVE_TDX);
			assert_int_equal(v.measured, 0);
			quote_plan_free(&plan);
		}
		wv_policy_free(policy);
	}
}

/* Offset and length of bytes in the body, what they become, and what comes of it. */
static const struct {
	size_t at;
	uint8_t bytes[8];
	size_t len;
	const char *member;
	int want, allowed;	/* by a policy without and with @member */
} td_fixed[] = {
	{ TD_ATTRIBUTES, { 0x01 }, 1, "\"allow_debug\":true", WV_DEBUG_ALLOWED, WV_OK },
	{ TD_ATTRIBUTES, { 0x02 }, 1, "\"allow_debug\":true", WV_DEBUG_ALLOWED, WV_OK },
	{ TD_ATTRIBUTES, { 0x80 }, 1, "\"allow_debug\":true", WV_DEBUG_ALLOWED, WV_OK },
	{ TD_ATTRIBUTES, { 0, 0, 0, 0x30 }, 4,
	  "\"tdx\":{\"attributes\":{\"mask\":\"0x20000000\",\"value\":\"0x20000000\"}}",
	  WV_TD_CONFIG_REFUSED, WV_OK },
	{ TD_ATTRIBUTES, { 0, 1 }, 2, "\"tdx\":{\"attributes\":{\"value\":\"0x10000100\"}}",
	  WV_TD_CONFIG_REFUSED, WV_OK },
	{ TD_ATTRIBUTES, { 0, 0, 0, 0xd0, 0, 0, 0, 0x80 }, 8, "\"uid\":[1]", WV_OK, WV_OK },
	{ TD_XFAM, { 0xe6 }, 1, "\"tdx\":{\"xfam\":{\"value\":\"0x602e6\"}}",
	  WV_TD_CONFIG_REFUSED, WV_TD_CONFIG_REFUSED },
	{ TD_XFAM, { 0xe5 }, 1, "\"tdx\":{\"xfam\":{\"value\":\"0x602e5\"}}",
	  WV_TD_CONFIG_REFUSED, WV_TD_CONFIG_REFUSED },
	{ TD_XFAM, { 0xe7, 2, 0x0e }, 3, "\"tdx\":{\"xfam\":{\"value\":\"0xe02e7\"}}",
	  WV_TD_CONFIG_REFUSED, WV_OK },
	{ TD_SEAM_ATTRIBUTES, { 1 }, 1, "\"allow_debug\":true", WV_TD_MODULE_REFUSED,
	  WV_TD_MODULE_REFUSED },
	{ TD_MRSIGNERSEAM, { 0, 1 }, 2,
	  "\"tdx\":{\"mrsignerseam\":[\"0001000000000000000000000000000000000000000000000000"
	  "00000000000000000000000000000000000000000000\"]}", WV_TD_MODULE_REFUSED, WV_OK },
};

static void td_always(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(td_fixed) / sizeof(td_fixed[0]); i++) {
		struct wv_policy *plain = policy_of("{\"ward-policy\":1,\"accept_unmeasured\":true,"
						    "\"allow_tee\":[\"tdx\"]}");
		struct wv_policy *more = policy_of("{\"ward-policy\":1,\"accept_unmeasured\":true,"
						   "\"allow_tee\":[\"tdx\"],%s}",
						   td_fixed[i].member);
		struct wv_bytes none = { NULL, 0 };
		struct quote_plan plan;
		struct wv_verdict v;

		print_message("offset %zu\n", td_fixed[i].at);
		quote_plan_new(&plan, &pki, 5, 3);
		memcpy(plan.bytes + td_fixed[i].at, td_fixed[i].bytes, td_fixed[i].len);
		ut_reason(td_fixed[i].want, judge(&plan, plain, none, &v), &v.fault);
		ut_reason(td_fixed[i].allowed, judge(&plan, more, none, &v), &v.fault);
		if (td_fixed[i].want == WV_DEBUG_ALLOWED)
			assert_true(v.warnings & WV_WARN_DEBUG);
		quote_plan_free(&plan);
		wv_policy_free(plain);
		wv_policy_free(more);
	}
}

/* All three, or nobody knows what the TD runs. */
static void td_measured(void **state)
{
	static const char *const members[] = {
		"\"mrtd\":[\"%3d\"]", "\"rtmr1\":[\"%a1\"]", "\"rtmr2\":[\"%a2\"]",
	};
	struct wv_bytes none = { NULL, 0 };
	unsigned int set;

	(void)state;
	for (set = 0; set < 8; set++) {
		char text[1024] = "\"rtmr0\":[\"%a0\"],\"rtmr3\":[\"%a3\"]", all[2048];
		struct wv_policy *policy;
		struct quote_plan plan;
		struct wv_verdict v;
		int i;

		for (i = 0; i < 3; i++)
			if (set & 1u << i)
				sprintf(text + strlen(text), ",%s", members[i]);
		expand(text, 48, all);
		policy = policy_of("{\"ward-policy\":1,\"tdx\":{%s}}", all);
		assert_int_equal(!(wv_policy_warnings(policy) & WV_WARN_UNMEASURED), set == 7);
		quote_plan_new(&plan, &pki, 4, 0);
		ut_reason(set == 7 ? WV_OK : WV_GUEST_UNMEASURED, judge(&plan, policy, none, &v),
			  &v.fault);
		assert_int_equal(v.measured, set == 7);
		wv_policy_free(policy);
		quote_plan_free(&plan);
	}
}

/* Firmware that measured nothing: zeroes that are pinned pin nothing. */
static void td_nothing_started(void **state)
{
	struct wv_bytes none = { NULL, 0 };
	struct wv_policy *policy;
	struct quote_plan plan;
	struct wv_verdict v;

	(void)state;
	policy = policy_of("{\"ward-policy\":1,\"tdx\":{\"mrtd\":[\"%s\"],\"rtmr1\":[\"%s\"],"
			   "\"rtmr2\":[\"%s\"]}}", hex(0x3d, 48), hex(0, 48), hex(0, 48));
	quote_plan_new(&plan, &pki, 4, 0);
	memset(plan.bytes + TD_RTMR0, 0, 192);
	ut_reason(WV_GUEST_UNMEASURED, judge(&plan, policy, none, &v), &v.fault);
	quote_plan_free(&plan);
	wv_policy_free(policy);
}

static void accepted_kinds(void **state)
{
	struct wv_bytes none = { NULL, 0 };
	struct wv_policy *snp = policy_of("{\"ward-policy\":1,\"accept_unmeasured\":true}");
	struct wv_policy *sim = policy_of("{\"ward-policy\":1,\"accept_unmeasured\":true,"
					  "\"allow_tee\":[\"tdx\",\"simulated-snp\"]}");
	struct quote_plan plan;
	struct wv_verdict v;

	(void)state;
	quote_plan_new(&plan, &pki, 4, 0);
	ut_reason(WV_TEE_REFUSED, judge(&plan, snp, none, &v), &v.fault);
	ut_reason(WV_OK, judge(&plan, sim, none, &v), &v.fault);
	assert_int_equal(v.simulated, 0);
	assert_true(v.warnings & WV_WARN_NAMED_ROOT);
	ut_reason(WV_GUEST_UNMEASURED, judge(&plan, NULL, none, &v), &v.fault);
	quote_plan_free(&plan);
	quote_plan_new(&plan, &simulated, 4, 0);
	ut_reason(WV_SIMULATED_REFUSED, judge(&plan, NULL, none, &v), &v.fault);
	ut_reason(WV_SIMULATED_REFUSED, judge(&plan, snp, none, &v), &v.fault);
	ut_reason(WV_OK, judge(&plan, sim, none, &v), &v.fault);
	assert_int_equal(v.simulated, 1);
	assert_true(v.warnings & WV_WARN_SIMULATED);
	quote_plan_free(&plan);
	wv_policy_free(snp);
	wv_policy_free(sim);
}

static void challenges(void **state)
{
	struct wv_policy *policy = policy_of("{\"ward-policy\":1,\"accept_unmeasured\":true,"
					     "\"allow_tee\":[\"tdx\"]}");
	uint8_t data[64];
	int version;

	(void)state;
	memset(data, 0x11, sizeof(data));
	for (version = 3; version <= 5; version++) {
		struct quote_plan plan;
		struct wv_verdict v;

		quote_plan_new(&plan, &pki, version, 3);
		ut_reason(WV_OK, judge(&plan, policy, (struct wv_bytes){ data, 64 }, &v), &v.fault);
		assert_false(v.warnings & WV_WARN_NONCE_UNCHECKED);
		data[63] ^= 1;
		ut_reason(WV_REPORT_DATA_MISMATCH,
			  judge(&plan, policy, (struct wv_bytes){ data, 64 }, &v), &v.fault);
		data[63] ^= 1;
		ut_reason(WV_USAGE, judge(&plan, policy, (struct wv_bytes){ data, 32 }, &v),
			  &v.fault);
		quote_plan_free(&plan);
	}
	wv_policy_free(policy);
}

static const struct {
	const char *member;
	int want, measured;
	const char *field;
} sgx_members[] = {
	{ "\"mrenclave\":[\"%ec\"]", WV_OK, 1, NULL },
	{ "\"mrenclave\":[\"%ed\"]", WV_MEASUREMENT_MISMATCH, 1, "quote.mrenclave" },
	{ "\"mrsigner\":[\"%51\"]", WV_GUEST_UNMEASURED, 0, "quote.mrenclave" },
	{ "\"mrsigner\":[\"%51\"],\"isvprodid\":[1]", WV_GUEST_UNMEASURED, 0, NULL },
	{ "\"mrsigner\":[\"%51\"],\"isvprodid\":[1],\"min_isvsvn\":6", WV_OK, 1, NULL },
	{ "\"mrsigner\":[\"%51\"],\"isvprodid\":[1],\"min_isvsvn\":7", WV_TCB_BELOW_POLICY, 1,
	  "quote.isvsvn" },
	{ "\"mrsigner\":[\"%51\"],\"isvprodid\":[2,257],\"min_isvsvn\":1", WV_ENCLAVE_REFUSED, 1,
	  "quote.isvprodid" },
	{ "\"mrsigner\":[\"%52\"],\"isvprodid\":[1],\"min_isvsvn\":1", WV_ENCLAVE_REFUSED, 1,
	  "quote.mrsigner" },
	{ "\"mrenclave\":[\"%ec\"],\"attributes\":{\"value\":\"0x5\"}", WV_OK, 1, NULL },
	{ "\"mrenclave\":[\"%ec\"],\"attributes\":{\"mask\":\"0x10\",\"value\":\"0x10\"}",
	  WV_ENCLAVE_REFUSED, 1, "quote.attributes" },
	{ "\"mrenclave\":[\"%ec\"],\"min_qe_svn\":7", WV_TCB_BELOW_POLICY, 1, "quote.qe_report" },
	{ "\"mrenclave\":[\"%ec\"],\"min_pce_svn\":14", WV_TCB_BELOW_POLICY, 1, "PCK" },
};

static void enclaves(void **state)
{
	struct wv_bytes none = { NULL, 0 };
	struct quote_plan plan;
	struct wv_policy *policy;
	struct wv_verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sgx_members) / sizeof(sgx_members[0]); i++) {
		char member[512];

		expand(sgx_members[i].member, 32, member);
		policy = policy_of("{\"ward-policy\":1,\"sgx\":{%s}}", member);
		quote_plan_new(&plan, &pki, 3, 0);
		print_message("%s\n", sgx_members[i].member);
		ut_reason(sgx_members[i].want, judge(&plan, policy, none, &v), &v.fault);
		if (sgx_members[i].field)
			assert_string_equal(v.fault.field, sgx_members[i].field);
		assert_int_equal(v.measured, sgx_members[i].measured);
		/* Debug is refused whatever is pinned. */
		plan.bytes[SGX_ATTRIBUTES] |= 2;
		ut_reason(WV_DEBUG_ALLOWED, judge(&plan, policy, none, &v), &v.fault);
		quote_plan_free(&plan);
		wv_policy_free(policy);
	}
	policy = policy_of("{\"ward-policy\":1,\"sgx\":{\"mrenclave\":[\"%s\"]}}", hex(0xec, 32));
	quote_plan_new(&plan, &simulated, 3, 0);
	ut_reason(WV_SIMULATED_REFUSED, judge(&plan, policy, none, &v), &v.fault);
	quote_plan_free(&plan);
	wv_policy_free(policy);
}

static void bad_policies(void **state)
{
	static const char *const bad[] = {
		"\"tdx\":[]", "\"tdx\":{\"mr_td\":[\"00\"]}", "\"tdx\":{\"mrtd\":[]}",
		"\"tdx\":{\"mrtd\":[\"00\"]}", "\"tdx\":{\"attributes\":{}}",
		"\"tdx\":{\"attributes\":\"0x1\"}", "\"tdx\":{\"attributes\":{\"mask\":\"0x0\"}}",
		"\"tdx\":{\"attributes\":{\"mask\":\"0x1\",\"value\":\"0x2\"}}",
		"\"tdx\":{\"attributes\":{\"mask\":\"1\"}}", "\"tdx\":{\"xfam\":{\"value\":3}}",
		"\"tdx\":{\"xfam\":{\"value\":\"0x12345678901234567\"}}",
		"\"tdx\":{\"xfam\":{\"value\":\"0x\"}}", "\"tdx\":{\"xfam\":{\"bits\":\"0x1\"}}",
		"\"tdx\":{\"min_tee_tcb_svn\":\"00\"}", "\"tdx\":{\"min_tee_tcb_svn2\":1}", "\"tdx\":{\"min_qe_svn\":65536}",
		"\"tdx\":{\"min_pce_svn\":-1}", "\"sgx\":{\"isvprodid\":[65536]}",
		"\"sgx\":{\"isvprodid\":1}", "\"sgx\":{\"mrenclave\":[\"00\"]}",
		"\"sgx\":{\"required\":1}", "\"sgx\":{\"min_isvsvn\":65536}", "\"sgx\":7",
		"\"allow_tee\":[\"sgx\"]",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct wv_policy *policy;
		struct wv_fault fault;
		char text[256];
		int len = snprintf(text, sizeof(text), "{\"ward-policy\":1,%s}", bad[i]);

		print_message("%s\n", bad[i]);
		ut_reason(WV_POLICY_DAMAGED,
			  wv_policy_parse((struct wv_bytes){ (uint8_t *)text, (size_t)len },
					  &policy, &fault), &fault);
		assert_true(fault.line == 1 && fault.column > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(td_each),
		cmocka_unit_test(td_always),
		cmocka_unit_test(td_measured),
		cmocka_unit_test(td_nothing_started),
		cmocka_unit_test(accepted_kinds),
		cmocka_unit_test(challenges),
		cmocka_unit_test(enclaves),
		cmocka_unit_test(bad_policies),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
