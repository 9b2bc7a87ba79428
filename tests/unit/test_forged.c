// SPDX-License-Identifier: MIT
/*
 * Forged chains: AMD's names, well-formed certificates, a report that verifies
 * under them. Trust must come from the pinned keys alone.
 */
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static struct sim_pki first;	/* its slow RSA keys are used again */

static const struct sim_recipe amd = {
	.ark_name = "ARK-Milan", .ask_name = "SEV-Milan", .vek_name = "SEV-VCEK",
	.org = "Advanced Micro Devices", .product = "Milan-B0", .bootloader = 3, .snp = 8,
	.microcode = 115, .fmc = -1, .chip_id_len = 64, .salt_len = 48, .not_before = -86400,
	.not_after = 86400,
};

static int setup(void **state)
{
	(void)state;
	return sim_pki_make(&amd, NULL, &first);
}

static int teardown(void **state)
{
	(void)state;
	sim_pki_free(&first);
	return 0;
}

/* The chain that @recipe makes, sent along with its report; @named: its root is trusted. */
static int try(const struct sim_recipe *recipe, const struct sim_guest *g, int named,
	       struct wv_verdict *v)
{
	static const char text[] = "{\"ward-policy\":1,\"accept_unmeasured\":true,"
				   "\"allow_tee\":[\"snp\",\"simulated-snp\"]}";
	struct wv_appraisal a = { .roots = wv_roots_new(), .now = (int64_t)time(NULL) };
	uint8_t report[WV_SNP_REPORT_SIZE], data[64] = { 1 }, *table;
	struct wv_policy *policy;
	struct sim_pki pki;
	struct wv_bytes ark;
	size_t len;
	int rc;

	assert_int_equal(sim_pki_make(recipe, &first, &pki), 0);
	assert_int_equal(wv_policy_parse((struct wv_bytes){ (uint8_t *)text, sizeof(text) - 1 },
					 &policy, NULL), WV_OK);
	ark = sim_pem(pki.ark);
	if (named)
		assert_int_equal(wv_roots_add((struct wv_roots *)a.roots, ark, NULL), WV_OK);
	a.policy = policy;
	sim_report(g, &pki, data, report);
	table = sim_cert_table(&pki, &len);
	rc = wv_verify_snp((struct wv_bytes){ report, sizeof(report) },
			   (struct wv_bytes){ table, len }, (struct wv_bytes){ data, 64 }, &a, v);
	ut_free((struct wv_bytes){ table, len });
	ut_free(ark);
	wv_roots_free((struct wv_roots *)a.roots);
	wv_policy_free(policy);
	sim_pki_free(&pki);
	return rc;
}

static void amd_names(void **state)
{
	static const char *const lines[3][3] = {
		{ "ARK-Milan", "SEV-Milan", "Milan-B0" },
		{ "ARK-Genoa", "SEV-Genoa", "Genoa" },
		{ "ARK-Turin", "SEV-Turin", "Turin" },
	};
	static const uint8_t cpuid[3][2] = { { 0x19, 0x01 }, { 0x19, 0x11 }, { 0x1a, 0x02 } };
	struct wv_verdict v;
	struct sim_guest g;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct sim_recipe r = amd;

		r.ark_name = lines[i][0];
		r.ask_name = lines[i][1];
		r.product = lines[i][2];
		if (i == 2) {	/* Turin reads 0x7308000000000003 so */
			r.fmc = 3;
			r.bootloader = r.tee = r.snp = 0;
			r.chip_id_len = 8;
		}
		sim_guest_new(&g, WARD_PURPOSE_REPORT);
		memcpy(g.cpuid, cpuid[i], 2);
		ut_reason(WV_CHAIN_UNTRUSTED, try(&r, &g, 0, &v), &v.fault);
		/* The same chain is fine in every other respect. */
		ut_reason(WV_OK, try(&r, &g, 1, &v), &v.fault);
		assert_int_equal(v.simulated, 0);
		assert_true(v.warnings & WV_WARN_NAMED_ROOT);
		assert_int_equal(v.report.product, i + 1);
	}
}

/* AMD's real ARK certificate in the table does not help a forged ASK. */
static void real_root(void **state)
{
	struct wv_collateral c = { 0 };
	struct wv_bytes chain;
	struct sim_guest g;
	struct wv_roots *roots;
	struct wv_fault fault;
	struct wv_vek *vek;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	chain = ut_vector("snp/trust-milan-chain.pem");
	assert_non_null(chain.data);
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	c.vek = sim_pem(first.vek);
	c.intermediate = chain;		/* the real ASK and ARK */
	roots = wv_roots_new();
	/* The forged VCEK names its own issuer; AMD's has more parts in its name. */
	assert_int_not_equal(wv_vek_open(roots, &c, (struct wv_bytes){ NULL, 0 },
					 (int64_t)time(NULL), &vek, &fault), WV_OK);
	assert_null(vek);
	wv_roots_free(roots);
	ut_free(c.vek);
	ut_free(chain);
}

struct change {
	int salt_len, vlek, microcode;
	long not_before, not_after;
	const char *product;
	int want;
};

static void wrong_forms(void **state)
{
	static const struct change changes[] = {
		{ 48, 0, 115, -86400, 86400, "Milan-B0", WV_OK },
		{ 32, 0, 115, -86400, 86400, "Milan-B0", WV_CHAIN_INVALID },
		{ 64, 0, 115, -86400, 86400, "Milan-B0", WV_CHAIN_INVALID },
		{ 48, 0, 116, -86400, 86400, "Milan-B0", WV_TCB_MISMATCH },
		{ 48, 0, 243, -86400, 86400, "Milan-B0", WV_TCB_MISMATCH },
		{ 48, 0, 115, -86400, -3600, "Milan-B0", WV_CERTIFICATE_EXPIRED },
		{ 48, 0, 115, 3600, 86400, "Milan-B0", WV_CERTIFICATE_NOT_YET },
		{ 48, 0, 115, -86400, 86400, "Genoa", WV_PRODUCT_MISMATCH },
		{ 48, 0, 115, -86400, 86400, "Milano", WV_PRODUCT_MISMATCH },
		{ 48, 0, 115, -86400, 86400, "Rome", WV_PRODUCT_MISMATCH },
		/* the table has a VLEK, the report names a VCEK */
		{ 48, 1, 115, -86400, 86400, "Milan", WV_COLLATERAL_MISSING },
	};
	struct wv_verdict v;
	struct sim_guest g;
	size_t i;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct sim_recipe r = amd;

		r.salt_len = changes[i].salt_len;
		r.vlek = changes[i].vlek;
		r.microcode = changes[i].microcode;
		r.not_before = changes[i].not_before;
		r.not_after = changes[i].not_after;
		r.product = changes[i].product;
		if (try(&r, &g, 1, &v) != changes[i].want)
			print_error("change %zu\n", i);
		ut_reason(changes[i].want, v.fault.reason, &v.fault);
	}
}

/* A root that says SIMULATED marks every verdict, also for evidence called "snp". */
static void simulated_root(void **state)
{
	struct sim_recipe r = amd;
	struct wv_verdict v;
	struct sim_guest g;

	(void)state;
	r.ark_name = "somebody's SIMULATED ARK";
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	ut_reason(WV_OK, try(&r, &g, 1, &v), &v.fault);
	assert_int_equal(v.simulated, 1);
	assert_true(v.warnings & WV_WARN_SIMULATED);
}

/* Names in certificates are the forger's: they must not reach a terminal or break JSON. */
static void odd_names(void **state)
{
	struct sim_recipe r = amd;
	struct wv_verdict v;
	struct sim_guest g;
	char *json;
	const char *p;

	(void)state;
	r.ark_name = "ARK \x1b[2J \xc3\xa9 \r\n";
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	ut_reason(WV_CHAIN_UNTRUSTED, try(&r, &g, 0, &v), &v.fault);
	assert_non_null(strstr(v.fault.text, "ARK ?[2J ?? ??"));
	for (p = v.fault.text; *p; p++)
		assert_true(*p >= 0x20 && *p <= 0x7e);
	json = wv_verdict_json(&v);
	assert_non_null(json);
	free(json);
	ut_reason(WV_OK, try(&r, &g, 1, &v), &v.fault);
	assert_string_equal(v.vek.subject[2], "ARK ?[2J ?? ??");
	json = wv_verdict_json(&v);
	assert_non_null(json);
	free(json);
}

/* What the library does inside OpenSSL must not show in its caller's error queue. */
static void no_errors_left(void **state)
{
	struct wv_roots *roots = wv_roots_new();
	struct wv_vek *vek;
	uint8_t junk[600];

	(void)state;
	ERR_clear_error();
	memset(junk, 0x30, sizeof(junk));
	assert_int_equal(wv_roots_add(roots, (struct wv_bytes){ junk, sizeof(junk) }, NULL),
			 WV_CERTIFICATE_DAMAGED);
	memcpy(junk, "-----BEGIN CERTIFICATE-----\n", 28);
	assert_int_equal(wv_roots_add(roots, (struct wv_bytes){ junk, sizeof(junk) }, NULL),
			 WV_CERTIFICATE_DAMAGED);
	assert_int_equal(wv_vek_open(roots,
				     &(struct wv_collateral){ .vek = { junk, sizeof(junk) } },
				     (struct wv_bytes){ NULL, 0 }, 0, &vek, NULL),
			 WV_CERTIFICATE_DAMAGED);
	assert_int_equal(ERR_peek_error(), 0);
	wv_roots_free(roots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(amd_names),	  cmocka_unit_test(real_root),
		cmocka_unit_test(wrong_forms),	  cmocka_unit_test(simulated_root),
		cmocka_unit_test(odd_names),	  cmocka_unit_test(no_errors_left),
	};

	return cmocka_run_group_tests_name("forged", tests, setup, teardown);
}
