// SPDX-License-Identifier: MIT
/*
 * The member "snp" of a policy: what it accepts and refuses of an SNP report, the
 * negative cases of go-sev-guest's validation among them, and how it is read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim.h"

static struct sim_pki pki;
static struct wv_roots *roots;
static uint8_t *table;
static size_t table_len;

static int setup(void **state)
{
	struct wv_bytes ark;

	(void)state;
	if (sim_pki_make(&sim_default_recipe, NULL, &pki))
		return -1;
	roots = wv_roots_new();
	ark = sim_pem(pki.ark);
	table = sim_cert_table(&pki, &table_len);
	return wv_roots_add(roots, ark, NULL) || (ut_free(ark), !table);
}

static int teardown(void **state)
{
	(void)state;
	free(table);
	wv_roots_free(roots);
	sim_pki_free(&pki);
	return 0;
}

#define X16(d) d d d d d d d d d d d d d d d d
#define X48(d) X16(d) X16(d) X16(d)
#define KEY_A "\"" X48("aa") "\""
#define KEY_B "\"" X48("bb") "\""

/* @value in every byte from @at on; @len 0 ends a list of them. */
struct fill {
	size_t at, len;
	uint64_t value;
};

struct row {
	const char *snp;	/* members of "snp" */
	int want;
	const char *field;
	struct fill fields[4];
};

#define ID_KEY		{ 0x0e0, 48, 0xaa }
#define AUTHOR_KEY	{ 0x110, 48, 0xbb }
#define AUTHOR_ENABLED	{ 0x048, 1, 0x01 }
#define GUEST_POLICY(v)	{ 0x00a, 1, (v) }	/* bits 16 to 23 */

static const struct row rows[] = {
	{ "", WV_OK, NULL, { { 0 } } },
	/* ID block, ID key, author key */
	{ "\"require_id_block\":true", WV_ID_BLOCK_MISSING, "report.id_key_digest", { { 0 } } },
	{ "\"require_id_block\":true", WV_OK, NULL, { ID_KEY } },
	{ "\"require_id_block\":false", WV_OK, NULL, { { 0 } } },
	{ "\"id_key\":[" KEY_A "]", WV_OK, NULL, { ID_KEY } },
	{ "\"id_key\":[" KEY_B "," KEY_A "]", WV_OK, NULL, { ID_KEY } },
	{ "\"id_key\":[" KEY_B "]", WV_ID_KEY_REFUSED, "report.id_key_digest", { ID_KEY } },
	{ "\"id_key\":[\"" X48("00") "\"]", WV_ID_BLOCK_MISSING, "report.id_key_digest",
	  { { 0 } } },
	{ "\"require_author_key\":true", WV_AUTHOR_KEY_MISSING, "report.key_info", { ID_KEY } },
	{ "\"require_author_key\":true", WV_OK, NULL, { ID_KEY, AUTHOR_KEY, AUTHOR_ENABLED } },
	{ "\"require_author_key\":true", WV_ID_BLOCK_MISSING, "report.id_key_digest",
	  { AUTHOR_KEY, AUTHOR_ENABLED } },
	{ "\"author_key\":[" KEY_B "]", WV_OK, NULL, { ID_KEY, AUTHOR_KEY, AUTHOR_ENABLED } },
	{ "\"author_key\":[" KEY_A "]", WV_AUTHOR_KEY_REFUSED, "report.author_key_digest",
	  { ID_KEY, AUTHOR_KEY, AUTHOR_ENABLED } },
	/* the digest is there, and the report does not say that it counts */
	{ "\"author_key\":[" KEY_B "]", WV_AUTHOR_KEY_REFUSED, NULL, { ID_KEY, AUTHOR_KEY } },
	{ "\"id_key\":[" KEY_B "],\"author_key\":[" KEY_B "]", WV_OK, NULL,
	  { ID_KEY, AUTHOR_KEY, AUTHOR_ENABLED } },
	{ "\"id_key\":[" KEY_A "],\"author_key\":[" KEY_A "]", WV_OK, NULL,
	  { ID_KEY, AUTHOR_KEY, AUTHOR_ENABLED } },
	{ "\"id_key\":[" KEY_B "],\"author_key\":[" KEY_A "]", WV_ID_KEY_REFUSED, NULL,
	  { ID_KEY, AUTHOR_KEY, AUTHOR_ENABLED } },
	{ "\"id_key\":[" KEY_A "],\"author_key\":[" KEY_A "],\"require_author_key\":true",
	  WV_AUTHOR_KEY_REFUSED, NULL, { ID_KEY, AUTHOR_KEY, AUTHOR_ENABLED } },
	/* names */
	{ "\"family_id\":[\"" X16("01") "\"]", WV_OK, NULL, { { 0x10, 16, 1 } } },
	{ "\"family_id\":[\"" X16("02") "\"]", WV_IMAGE_ID_REFUSED, "report.family_id",
	  { { 0x10, 16, 1 } } },
	{ "\"image_id\":[\"" X16("03") "\"]", WV_OK, NULL, { { 0x20, 16, 3 } } },
	{ "\"image_id\":[\"" X16("02") "\"]", WV_IMAGE_ID_REFUSED, "report.image_id",
	  { { 0x20, 16, 3 } } },
	{ "\"chip_id\":[\"" X16("01010101") "\"]", WV_CHIP_REFUSED, "report.chip_id", { { 0 } } },
	{ "\"chip_id\":[\"" X16("01010101") "\",\"0102030405060708\"]", WV_CHIP_REFUSED,
	  "report.chip_id", { { 0x1a0, 64, 0 } } },
	{ "\"report_id\":[\"" X16("0505") "\"]", WV_OK, NULL, { { 0x140, 32, 5 } } },
	{ "\"report_id\":[\"" X16("0505") "\"]", WV_REPORT_ID_REFUSED, "report.report_id",
	  { { 0x140, 32, 6 } } },
	{ "\"report_id_ma\":[\"" X16("0707") "\"]", WV_OK, NULL, { { 0x160, 32, 7 } } },
	{ "\"report_id_ma\":[\"" X16("0707") "\"]", WV_REPORT_ID_REFUSED, "report.report_id_ma",
	  { { 0x160, 32, 6 } } },
	{ "\"min_guest_svn\":4", WV_OK, NULL, { { 4, 1, 4 } } },
	{ "\"min_guest_svn\":4", WV_GUEST_SVN_BELOW_POLICY, "report.guest_svn", { { 4, 1, 3 } } },
	/* product and stepping */
	{ "\"product\":[\"genoa\",\"milan\"]", WV_OK, NULL, { { 0 } } },
	{ "\"product\":[\"milan-1\"]", WV_OK, NULL, { { 0 } } },
	{ "\"product\":[\"milan-0\",\"turin\"]", WV_PRODUCT_REFUSED, "report.cpuid", { { 0 } } },
	{ "\"product\":[\"genoa\"]", WV_PRODUCT_REFUSED, "report.cpuid", { { 0 } } },
	{ "\"product\":[\"milan\"]", WV_OK, NULL, { { 0, 1, 2 }, { 0x188, 3, 0 } } },
	{ "\"product\":[\"milan-1\"]", WV_PRODUCT_REFUSED, "report.cpuid",
	  { { 0, 1, 2 }, { 0x188, 3, 0 } } },
	/* firmware: TCBs, version, build, committed or not */
	{ "\"min_launch_tcb\":{\"milan\":{\"microcode\":115,\"snp\":8}}", WV_OK, NULL, { { 0 } } },
	{ "\"min_launch_tcb\":{\"milan\":{\"microcode\":115,\"snp\":8}}", WV_TCB_BELOW_POLICY,
	  "report.launch_tcb", { { 0x1f7, 1, 114 } } },
	{ "\"min_launch_tcb\":{\"genoa\":{\"snp\":1}}", WV_TCB_BELOW_POLICY, "report.launch_tcb",
	  { { 0 } } },
	{ "\"min_committed_tcb\":{\"milan\":{\"bootloader\":3}}", WV_OK, NULL, { { 0 } } },
	{ "\"min_committed_tcb\":{\"milan\":{\"bootloader\":4}}", WV_TCB_BELOW_POLICY,
	  "report.committed_tcb", { { 0 } } },
	{ "\"min_version\":\"1.55\"", WV_OK, NULL, { { 0x1e9, 1, 55 }, { 0x1ea, 1, 1 } } },
	{ "\"min_version\":\"1.56\"", WV_FIRMWARE_BELOW_POLICY, "report.current_version",
	  { { 0x1e9, 1, 55 }, { 0x1ea, 1, 1 } } },
	{ "\"min_version\":\"1.56\"", WV_OK, NULL, { { 0x1ea, 1, 2 } } },
	{ "\"min_version\":\"1.55.30\"", WV_FIRMWARE_BELOW_POLICY, "report.current_version",
	  { { 0x1e8, 1, 29 }, { 0x1e9, 1, 55 }, { 0x1ea, 1, 1 } } },
	{ "\"min_version\":\"1.55.29\"", WV_OK, NULL,
	  { { 0x1e8, 1, 29 }, { 0x1e9, 1, 55 }, { 0x1ea, 1, 1 } } },
	{ "\"min_build\":21", WV_OK, NULL, { { 0x1e8, 1, 21 } } },
	{ "\"min_build\":22", WV_FIRMWARE_BELOW_POLICY, "report.current_version",
	  { { 0x1e8, 1, 21 } } },
	{ "\"permit_provisional\":false", WV_OK, NULL, { { 0 } } },
	{ "\"permit_provisional\":false", WV_FIRMWARE_PROVISIONAL, "report.committed_tcb",
	  { { 0x3f, 1, 116 } } },
	{ "\"permit_provisional\":false", WV_FIRMWARE_PROVISIONAL, "report.committed_version",
	  { { 0x1e8, 1, 1 } } },
	{ "\"permit_provisional\":true", WV_OK, NULL, { { 0x3f, 1, 116 }, { 0x1e8, 1, 1 } } },
	{ "\"min_build\":1", WV_OK, NULL, { { 0x3f, 1, 116 }, { 0x1e8, 1, 1 } } },
	/* the guest's policy */
	{ "\"guest_policy\":{\"smt\":false}", WV_GUEST_POLICY_REFUSED, "report.policy", { { 0 } } },
	{ "\"guest_policy\":{\"smt\":false}", WV_OK, NULL, { GUEST_POLICY(0x02) } },
	{ "\"guest_policy\":{\"smt\":true}", WV_OK, NULL, { { 0 } } },
	{ "\"guest_policy\":{\"migrate_ma\":false}", WV_OK, NULL, { { 0 } } },
	{ "\"guest_policy\":{\"migrate_ma\":false}", WV_GUEST_POLICY_REFUSED, NULL,
	  { GUEST_POLICY(0x06) } },
	{ "\"guest_policy\":{\"single_socket\":true}", WV_GUEST_POLICY_REFUSED, NULL, { { 0 } } },
	{ "\"guest_policy\":{\"single_socket\":true}", WV_OK, NULL, { GUEST_POLICY(0x12) } },
	{ "\"guest_policy\":{\"cxl_allow\":false}", WV_GUEST_POLICY_REFUSED, NULL,
	  { GUEST_POLICY(0x22) } },
	{ "\"guest_policy\":{\"mem_aes_256_xts\":true}", WV_GUEST_POLICY_REFUSED, NULL, { { 0 } } },
	{ "\"guest_policy\":{\"mem_aes_256_xts\":true}", WV_OK, NULL, { GUEST_POLICY(0x42) } },
	{ "\"guest_policy\":{\"rapl_dis\":true}", WV_GUEST_POLICY_REFUSED, NULL, { { 0 } } },
	{ "\"guest_policy\":{\"rapl_dis\":true}", WV_OK, NULL, { GUEST_POLICY(0x82) } },
	{ "\"guest_policy\":{\"ciphertext_hiding_dram\":true}", WV_GUEST_POLICY_REFUSED, NULL,
	  { { 0 } } },
	{ "\"guest_policy\":{\"ciphertext_hiding_dram\":true}", WV_OK, NULL, { { 0x0b, 1, 1 } } },
	{ "\"guest_policy\":{\"page_swap_disable\":true}", WV_GUEST_POLICY_REFUSED, NULL,
	  { { 0x0b, 1, 1 } } },
	{ "\"guest_policy\":{\"page_swap_disable\":true}", WV_OK, NULL, { { 0x0b, 1, 2 } } },
	{ "\"guest_policy\":{\"min_abi\":\"1.51\"}", WV_GUEST_POLICY_REFUSED, "report.policy",
	  { { 8, 1, 50 }, { 9, 1, 1 } } },
	{ "\"guest_policy\":{\"min_abi\":\"1.51\"}", WV_OK, NULL, { { 8, 1, 51 }, { 9, 1, 1 } } },
	{ "\"guest_policy\":{\"min_abi\":\"1.51\"}", WV_OK, NULL, { { 9, 1, 2 } } },
	/* the platform */
	{ "\"platform_info\":{\"smt\":false}", WV_OK, NULL, { { 0 } } },
	{ "\"platform_info\":{\"smt\":false}", WV_PLATFORM_INFO_REFUSED, "report.platform_info",
	  { { 0x40, 1, 0x01 } } },
	{ "\"platform_info\":{\"tsme\":false,\"ecc\":true,\"rapl_dis\":true}", WV_OK, NULL,
	  { { 0x40, 1, 0x0c } } },
	{ "\"platform_info\":{\"tsme\":false,\"ecc\":true,\"rapl_dis\":true}",
	  WV_PLATFORM_INFO_REFUSED, NULL, { { 0x40, 1, 0x04 } } },
	{ "\"platform_info\":{\"ciphertext_hiding_dram\":true}", WV_PLATFORM_INFO_REFUSED, NULL,
	  { { 0x40, 1, 0x2f } } },
	{ "\"platform_info\":{\"alias_check_complete\":true}", WV_OK, NULL, { { 0x40, 1, 0x20 } } },
	{ "\"platform_info\":{\"alias_check_complete\":true}", WV_PLATFORM_INFO_REFUSED, NULL,
	  { { 0x40, 1, 0x1f } } },
	{ "\"platform_info\":{\"iommu_write_safe\":true,\"tio\":false}", WV_OK, NULL,
	  { { 0x40, 1, 0x40 } } },
	/* mitigations: version 5 tells of them */
	{ "\"current_mitigations\":[0,3]", WV_MITIGATION_MISSING, "report.mit_vector", { { 0 } } },
	{ "\"current_mitigations\":[0,3]", WV_OK, NULL, { { 0, 1, 5 }, { 0x200, 1, 0x0b } } },
	{ "\"current_mitigations\":[0,2]", WV_MITIGATION_MISSING, NULL,
	  { { 0, 1, 5 }, { 0x200, 1, 0x0b }, { 0x1f8, 1, 0xff } } },
	{ "\"launch_mitigations\":[63]", WV_OK, NULL, { { 0, 1, 5 }, { 0x1ff, 1, 0x80 } } },
	{ "\"launch_mitigations\":[63]", WV_MITIGATION_MISSING, NULL,
	  { { 0, 1, 5 }, { 0x207, 1, 0x80 } } },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct wv_policy *policy_of(const char *format, const char *snp, struct wv_fault *fault)
{
	struct wv_policy *policy;
	char text[4096];
	int len = snprintf(text, sizeof(text), format, snp);

	assert_true(len > 0 && len < (int)sizeof(text));
	wv_policy_parse((struct wv_bytes){ (uint8_t *)text, (size_t)len }, &policy, fault);
	return policy;
}

static const char format[] = "{\"ward-policy\":1,\"accept_unmeasured\":true,"
			     "\"allow_tee\":[\"simulated-snp\"],\"snp\":{%s}}";

struct heard {
	int rules, refused;
	const char *problem;
};

static void hear(void *context, const struct wv_rule *rule)
{
	struct heard *h = context;

	h->rules++;
	h->refused += !rule->held;
	if (!rule->name || !rule->expected || !rule->found || !rule->field)
		h->problem = rule->name;
}

static void fill_in(struct sim_guest *g, uint8_t *report, const struct row *row)
{
	uint8_t data[64] = { 9 };
	size_t i, k;

	sim_guest_new(g, WARD_PURPOSE_REPORT);
	for (i = 0; i < 4 && row->fields[i].len; i++) {
		const struct fill *f = &row->fields[i];

		for (k = 0; k < f->len; k += f->len - k < 8 ? f->len - k : 8)
			sim_set(g, f->at + k, f->len - k < 8 ? f->len - k : 8,
				f->value * 0x0101010101010101);
	}
	sim_report(g, &pki, data, report);
}

static void judged(void **state)
{
	uint8_t report[WV_SNP_REPORT_SIZE];
	struct wv_fault fault;
	struct wv_verdict v;
	struct sim_guest g;
	size_t i;

	(void)state;
	for (i = 0; i < ROWS; i++) {
		struct wv_policy *policy = policy_of(format, rows[i].snp, &fault);
		struct heard heard = { 0 };
		struct wv_appraisal a = { .roots = roots, .policy = policy,
					  .now = (int64_t)time(NULL) };
		struct wv_bytes r = { report, sizeof(report) }, t = { table, table_len };
		const struct wv_bytes none = { NULL, 0 };
		int rc;

		ut_reason(WV_OK, fault.reason, &fault);
		fill_in(&g, report, &rows[i]);
		rc = wv_verify_snp(r, t, none, &a, &v);
		if (rc != rows[i].want)
			print_error("row %zu: %s\n", i, rows[i].snp);
		ut_reason(rows[i].want, rc, &v.fault);
		if (rows[i].field)
			assert_string_equal(v.fault.field, rows[i].field);
		/* Who looks on sees more, and the same verdict. */
		a.rule = hear;
		a.rule_context = &heard;
		assert_int_equal(wv_verify_snp(r, t, none, &a, &v), rc);
		assert_int_equal(heard.refused > 0, rc != WV_OK);
		assert_null(heard.problem);
		wv_policy_free(policy);
	}
	print_message("%zu rows\n", ROWS);
}

/* Who signed the measurement is known: the guest counts as measured. */
static void measured(void **state)
{
	static const char unpinned[] = "{\"ward-policy\":1,\"allow_tee\":[\"simulated-snp\"],"
				       "\"snp\":{%s}}";
	static const struct row with = { .fields = { ID_KEY, AUTHOR_KEY, AUTHOR_ENABLED } };
	static const struct {
		const char *snp;
		int want;
	} cases[] = {
		{ "\"id_key\":[" KEY_A "]", WV_OK },
		{ "\"author_key\":[" KEY_B "]", WV_OK },
		{ "\"require_id_block\":true,\"require_author_key\":true", WV_GUEST_UNMEASURED },
		{ "\"min_guest_svn\":0", WV_GUEST_UNMEASURED },
	};
	uint8_t report[WV_SNP_REPORT_SIZE];
	struct sim_guest g;
	size_t i;

	(void)state;
	fill_in(&g, report, &with);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wv_fault fault;
		struct wv_policy *policy = policy_of(unpinned, cases[i].snp, &fault);
		struct wv_appraisal a = { .roots = roots, .policy = policy,
					  .now = (int64_t)time(NULL) };
		struct wv_verdict v;

		ut_reason(WV_OK, fault.reason, &fault);
		wv_verify_snp((struct wv_bytes){ report, sizeof(report) },
			      (struct wv_bytes){ table, table_len },
			      (struct wv_bytes){ NULL, 0 }, &a, &v);
		ut_reason(cases[i].want, v.fault.reason, &v.fault);
		assert_int_equal(v.measured, cases[i].want == WV_OK);
		assert_int_equal(!!(wv_policy_warnings(policy) & WV_WARN_UNMEASURED),
				 cases[i].want != WV_OK);
		wv_policy_free(policy);
	}
}

/* The chip of the report, in whole. */
static void own_chip(void **state)
{
	static const struct row plain = { .snp = "" };
	uint8_t report[WV_SNP_REPORT_SIZE];
	struct wv_appraisal a = { .roots = roots, .now = (int64_t)time(NULL) };
	char snp[200] = "\"chip_id\":[\"", *p = snp + strlen(snp);
	struct wv_fault fault;
	struct wv_policy *policy;
	struct wv_verdict v;
	struct sim_guest g;
	size_t i;

	(void)state;
	fill_in(&g, report, &plain);
	for (i = 0; i < 64; i++)
		p += sprintf(p, "%02x", pki.chip_id[i]);
	strcpy(p, "\"]");
	policy = policy_of(format, snp, &fault);
	assert_non_null(policy);
	a.policy = policy;
	wv_verify_snp((struct wv_bytes){ report, sizeof(report) },
		      (struct wv_bytes){ table, table_len }, (struct wv_bytes){ NULL, 0 }, &a, &v);
	ut_reason(WV_OK, v.fault.reason, &v.fault);
	wv_policy_free(policy);
}

static void misread(void **state)
{
	static const struct {
		const char *snp, *field;
	} bad[] = {
		{ "\"idkey\":[]", "idkey" },
		{ "\"id_key\":[]", "id_key" },
		{ "\"id_key\":[\"aa\"]", "id_key" },
		{ "\"id_key\":" KEY_A, "id_key" },
		{ "\"chip_id\":[\"aabb\"]", "chip_id" },
		{ "\"product\":[\"Milan\"]", "product" },
		{ "\"product\":[\"milan-16\"]", "product" },
		{ "\"product\":[\"milan-01\"]", "product" },
		{ "\"product\":[\"unknown\"]", "product" },
		{ "\"min_version\":\"1\"", "min_version" },
		{ "\"min_version\":\"1.256\"", "min_version" },
		{ "\"min_version\":\"01.55\"", "min_version" },
		{ "\"min_version\":\"1.55.1.1\"", "min_version" },
		{ "\"min_version\":\"99999999999.1\"", "min_version" },
		{ "\"min_version\":1.55", "min_version" },
		{ "\"min_build\":256", "min_build" },
		{ "\"min_guest_svn\":4294967296", "min_guest_svn" },
		{ "\"permit_provisional\":1", "permit_provisional" },
		{ "\"guest_policy\":{}", "guest_policy" },
		{ "\"guest_policy\":3", "guest_policy" },
		{ "\"guest_policy\":{\"debug\":false}", "debug" },
		{ "\"guest_policy\":{\"smt\":1}", "smt" },
		{ "\"guest_policy\":{\"min_abi\":\"1.51.1\"}", "min_abi" },
		{ "\"platform_info\":{\"min_abi\":\"1.51\"}", "min_abi" },
		{ "\"platform_info\":{\"single_socket\":true}", "single_socket" },
		{ "\"launch_mitigations\":[64]", "launch_mitigations" },
		{ "\"launch_mitigations\":[-1]", "launch_mitigations" },
		{ "\"current_mitigations\":[]", "current_mitigations" },
		{ "\"min_launch_tcb\":{}", "min_launch_tcb" },
		{ "\"min_launch_tcb\":{\"rome\":{\"snp\":1}}", "rome" },
		{ "\"min_committed_tcb\":{\"milan\":{\"fmc\":1}}", "fmc" },
		{ "\"min_committed_tcb\":{\"milan\":{\"snp\":256}}", "snp" },
	};
	struct wv_fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(policy_of(format, bad[i].snp, &fault));
		if (fault.reason != WV_POLICY_DAMAGED || strcmp(fault.field, bad[i].field))
			print_error("%s: %s\n", bad[i].snp, fault.field);
		ut_reason(WV_POLICY_DAMAGED, fault.reason, &fault);
		assert_string_equal(fault.field, bad[i].field);
		assert_true(fault.line > 0);
	}
	assert_null(policy_of("{\"ward-policy\":1,\"snp\":%s}", "[]", &fault));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judged),   cmocka_unit_test(measured),
		cmocka_unit_test(own_chip), cmocka_unit_test(misread),
	};

	return cmocka_run_group_tests_name("policy snp", tests, setup, teardown);
}
