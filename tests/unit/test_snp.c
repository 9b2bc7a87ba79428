// SPDX-License-Identifier: MIT
/*
 * Real SNP reports of Milan, Genoa and Turin, VCEK and VLEK, and what must be
 * refused of them.
 */
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"

/* One group of the evidence folder and what its manifest says. */
struct group {
	const char *report, *vek, *chain, *table;
	int year, month, day;	/* a time at which its certificates hold */
	int want;
	uint32_t version;
	int product, kind;
	uint8_t tcb[5];		/* fmc, bootloader, tee, snp, microcode */
	uint32_t vmpl;
	int debug;
	uint8_t measurement[4];	/* its first bytes */
};

#define MILAN "snp/trust-milan-chain.pem"
#define GENOA "snp/trust-genoa-chain.pem"
#define TURIN "snp/trust-turin-chain.pem"
#define MILAN_VLEK "snp/trust-milan-vlek-chain.pem"

static const struct group groups[] = {
	{ "snp/milan-v2-report.bin", "snp/milan-v2-vcek.der", MILAN, NULL, 2026, 6, 1, WV_OK, 2,
	  WV_PRODUCT_MILAN, WV_VEK_VCEK, { 0, 3, 0, 8, 115 }, 0, 0, { 0xa1, 0xf3, 0x93, 0x04 } },
	{ "snp/milan-v2-report.bin", NULL, NULL, "snp/milan-v2-auxblob-der.bin", 2026, 6, 1,
	  WV_OK, 2, WV_PRODUCT_MILAN, WV_VEK_VCEK, { 0, 3, 0, 8, 115 }, 0, 0,
	  { 0xa1, 0xf3, 0x93, 0x04 } },
	{ "snp/milan-v2-debug-report.bin", "snp/milan-v2-debug-vcek.der", MILAN, NULL, 2026, 6, 1,
	  WV_OK, 2, WV_PRODUCT_MILAN, WV_VEK_VCEK, { 0, 2, 0, 5, 68 }, 0, 1,
	  { 0xb0, 0x7a, 0xf9, 0x62 } },
	{ "snp/milan-v3-report.bin", "snp/milan-v3-vcek.der", MILAN, NULL, 2026, 6, 1, WV_OK, 3,
	  WV_PRODUCT_MILAN, WV_VEK_VCEK, { 0, 4, 0, 24, 219 }, 0, 0, { 0x5f, 0xee, 0xe3, 0x0d } },
	{ "snp/milan-v3-report.bin", "snp/milan-v3-vcek-reissued.der", MILAN, NULL, 2026, 10, 1,
	  WV_OK, 3, WV_PRODUCT_MILAN, WV_VEK_VCEK, { 0, 4, 0, 24, 219 }, 0, 0,
	  { 0x5f, 0xee, 0xe3, 0x0d } },
	{ "snp/genoa-v3-report.bin", "snp/genoa-v3-vcek.der", GENOA, NULL, 2026, 6, 1, WV_OK, 3,
	  WV_PRODUCT_GENOA, WV_VEK_VCEK, { 0, 10, 0, 23, 84 }, 0, 0, { 0x5f, 0xee, 0xe3, 0x0d } },
	{ "snp/genoa-v3-tsm-report.bin", NULL, NULL, "snp/genoa-v3-tsm-auxblob.bin", 2026, 6, 1,
	  WV_OK, 3, WV_PRODUCT_GENOA, WV_VEK_VCEK, { 0, 10, 0, 23, 84 }, 0, 0,
	  { 0x76, 0x99, 0xe6, 0xac } },
	{ "snp/genoa-v3-tsm-report.bin", "snp/genoa-v3-tsm-vcek.der", GENOA, NULL, 2026, 6, 1,
	  WV_OK, 3, WV_PRODUCT_GENOA, WV_VEK_VCEK, { 0, 10, 0, 23, 84 }, 0, 0,
	  { 0x76, 0x99, 0xe6, 0xac } },
	{ "snp/genoa-v5-report.bin", "snp/genoa-v5-vcek.der", GENOA, NULL, 2026, 6, 1, WV_OK, 5,
	  WV_PRODUCT_GENOA, WV_VEK_VCEK, { 0, 10, 0, 27, 27 }, 0, 0, { 0xd9, 0x91, 0x2b, 0xa3 } },
	{ "snp/turin-v5-report.bin", "snp/turin-v5-vcek.der", TURIN, NULL, 2026, 6, 1, WV_OK, 5,
	  WV_PRODUCT_TURIN, WV_VEK_VCEK, { 1, 1, 1, 4, 81 }, 0, 0, { 0x6d, 0x6c, 0x35, 0x45 } },
	{ "snp/milan-v3-vlek-aws-report.bin", "snp/milan-v3-vlek-aws-vlek.der", MILAN_VLEK, NULL,
	  2025, 6, 1, WV_OK, 3, WV_PRODUCT_MILAN, WV_VEK_VLEK, { 0, 4, 0, 24, 217 }, 1, 0,
	  { 0x89, 0x22, 0xeb, 0xbd } },

	/* The report inside of a paravisor's (HCL) report. */
	{ "azure/snp-milan-hcl.bin", "azure/snp-milan-vcek.der", MILAN, NULL, 2026, 6, 1, WV_OK, 3,
	  WV_PRODUCT_MILAN, WV_VEK_VCEK, { 0, 4, 0, 24, 219 }, 0, 0, { 0x6a, 0x06, 0x3b, 0xe9 } },
	{ "azure/snp-genoa-hcl.bin", "azure/snp-genoa-vcek.der", GENOA, NULL, 2026, 6, 1, WV_OK, 3,
	  WV_PRODUCT_GENOA, WV_VEK_VCEK, { 0, 10, 0, 23, 84 }, 0, 0, { 0xf5, 0x7d, 0xc0, 0x9a } },
	{ "azure/snp-milan-v2report-hcl.bin", "azure/snp-milan-v2report-vcek.der", MILAN, NULL,
	  2026, 6, 1, WV_OK, 2, WV_PRODUCT_MILAN, WV_VEK_VCEK, { 0, 3, 0, 8, 115 }, 0, 0,
	  { 0x9a, 0xc4, 0x8f, 0xca } },

	/* Refused: by time, by key, by issuer. */
	{ .report = "snp/milan-v3-vlek-aws-report.bin", .vek = "snp/milan-v3-vlek-aws-vlek.der",
	  .chain = MILAN_VLEK, .year = 2026, .month = 6, .day = 1,
	  .want = WV_CERTIFICATE_EXPIRED },
	{ .report = "snp/milan-v3-vlek-aws-report.bin", .vek = "snp/milan-v3-vlek-aws-vlek.der",
	  .chain = MILAN, .year = 2025, .month = 6, .day = 1, .want = WV_COLLATERAL_MISSING },
	{ .report = "snp/milan-v2-report.bin", .vek = "snp/milan-v2-vcek.der", .chain = MILAN,
	  .year = 2020, .month = 1, .day = 1, .want = WV_CERTIFICATE_NOT_YET },
	{ .report = "snp/milan-v2-report.bin", .vek = "snp/milan-v2-vcek.der", .chain = MILAN,
	  .year = 2031, .month = 1, .day = 1, .want = WV_CERTIFICATE_EXPIRED },
	{ .report = "snp/milan-v2-report.bin", .vek = "snp/neg-milan-v2-vcek-invalid-legacy.der",
	  .chain = MILAN, .year = 2026, .month = 6, .day = 1, .want = WV_CHAIN_INVALID },
	{ .report = "snp/milan-v2-report.bin", .vek = "snp/neg-milan-v2-vcek-invalid-new.der",
	  .chain = MILAN, .year = 2026, .month = 6, .day = 1, .want = WV_CHAIN_INVALID },
	{ .report = "snp/milan-v2-report.bin", .vek = "snp/milan-v2-debug-vcek.der",
	  .chain = MILAN, .year = 2026, .month = 6, .day = 1, .want = WV_SIGNATURE_INVALID },
	{ .report = "snp/milan-v2-report.bin", .vek = "snp/milan-v2-vcek.der", .chain = GENOA,
	  .year = 2026, .month = 6, .day = 1, .want = WV_COLLATERAL_MISSING },
	{ .report = "snp/turin-v5-report.bin", .vek = "snp/genoa-v5-vcek.der", .chain = GENOA,
	  .year = 2026, .month = 6, .day = 1, .want = WV_SIGNATURE_INVALID },
	{ .report = "snp/milan-v2-report.bin", .chain = MILAN, .year = 2026, .month = 6, .day = 1,
	  .want = WV_COLLATERAL_MISSING },
	{ .report = "snp/milan-v2-report.bin", .vek = "snp/milan-v2-vcek.der", .year = 2026,
	  .month = 6, .day = 1, .want = WV_COLLATERAL_MISSING },
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static struct wv_bytes load(const char *name)
{
	struct wv_bytes b = { NULL, 0 };

	if (!name)
		return b;
	b = ut_vector(name);
	if (!b.data)
		fail_msg("%s is missing", name);
	return b;
}

#define HCL_REPORT 32	/* where the SNP report stands in an HCL report */

static struct wv_bytes load_report(const char *name)
{
	struct wv_bytes b = load(name);

	if (!strstr(name, "hcl"))
		return b;
	assert_true(b.len >= HCL_REPORT + WV_SNP_REPORT_SIZE);
	memmove((uint8_t *)b.data, b.data + HCL_REPORT, WV_SNP_REPORT_SIZE);
	b.len = WV_SNP_REPORT_SIZE;
	return b;
}

/* Chain and report of a group; *vek is left open when the chain holds. */
static int appraise(const struct group *g, struct wv_bytes report, struct wv_vek **vek,
		    struct wv_snp_report *out, struct wv_fault *fault)
{
	struct wv_collateral c = { .vek = load(g->vek), .intermediate = load(g->chain) };
	struct wv_bytes table = load(g->table);
	struct wv_roots *roots = wv_roots_new();
	int rc;

	assert_non_null(roots);
	rc = wv_vek_open(roots, &c, table, ut_time(g->year, g->month, g->day), vek, fault);
	if (!rc)
		rc = wv_vek_check(*vek, report, out, fault);
	wv_roots_free(roots);
	ut_free(c.vek);
	ut_free(c.intermediate);
	ut_free(table);
	return rc;
}

static void check_figures(const struct group *g, const struct wv_snp_report *r,
			  const struct wv_vek *vek)
{
	const struct wv_tcb *t = &r->reported_tcb;
	struct wv_vek_info info;

	wv_vek_info(vek, &info);
	assert_int_equal(r->version, g->version);
	assert_int_equal(r->product, g->product);
	assert_int_equal(info.kind, g->kind);
	assert_int_equal(info.simulated, 0);
	assert_int_equal(info.named_root, 0);
	assert_int_equal(t->fmc, g->tcb[0]);
	assert_int_equal(t->bootloader, g->tcb[1]);
	assert_int_equal(t->tee, g->tcb[2]);
	assert_int_equal(t->snp, g->tcb[3]);
	assert_int_equal(t->microcode, g->tcb[4]);
	assert_int_equal(r->vmpl, g->vmpl);
	assert_int_equal(!!(r->policy & WV_SNP_POLICY_DEBUG), g->debug);
	assert_memory_equal(r->measurement, g->measurement, 4);
}

static void real_groups(void **state)
{
	struct wv_snp_report parsed;
	struct wv_fault fault;
	size_t i;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	for (i = 0; i < GROUPS; i++) {
		struct wv_bytes report = load_report(groups[i].report);
		struct wv_vek *vek = NULL;
		int rc = appraise(&groups[i], report, &vek, &parsed, &fault);

		if (rc != groups[i].want)
			print_error("group %zu, %s\n", i, groups[i].report);
		ut_reason(groups[i].want, rc, &fault);
		if (!rc)
			check_figures(&groups[i], &parsed, vek);
		wv_vek_free(vek);
		ut_free(report);
	}
	print_message("%zu groups\n", GROUPS);
}

/* Every field that the manifest gives, and the TCB as the raw bytes stand there. */
static void check_row(const char *row, const struct wv_snp_report *r)
{
	uint8_t raw[8], fms[3] = { r->cpuid_family, r->cpuid_model, r->cpuid_stepping };
	int i;

	for (i = 0; i < 8; i++)
		raw[i] = (uint8_t)(r->raw_reported_tcb >> 8 * i);
	manifest_number(row, "ver", r->version);
	manifest_number(row, "guest_svn", r->guest_svn);
	manifest_number(row, "policy", r->policy);
	manifest_number(row, "debug", !!(r->policy & WV_SNP_POLICY_DEBUG));
	manifest_number(row, "vmpl", r->vmpl);
	manifest_number(row, "platform_info", r->platform_info);
	assert_string_equal(manifest_value(row, "sigkey"), r->signing_key ? "VLEK" : "VCEK");
	manifest_hex(row, "measurement", r->measurement, 48);
	manifest_hex(row, "report_data", r->report_data, 64);
	manifest_hex(row, "host_data", r->host_data, 32);
	manifest_hex(row, "chip_id", r->chip_id, 64);
	manifest_hex(row, "reported_tcb", raw, 8);
	if (r->version >= 3)
		manifest_hex(row, "cpuid_fms", fms, 3);
}

static void parse_row(const char *name, const char *kind, const char *row, void *rows)
{
	struct wv_bytes report;
	struct wv_snp_report r;
	struct wv_fault fault;

	if (strncmp(kind, "snp report", 10))
		return;
	report = load(name);
	ut_reason(WV_OK, wv_snp_parse(report, &r, &fault), &fault);
	check_row(row, &r);
	ut_free(report);
	++*(int *)rows;
}

/* The rows of reports in the folder's MANIFEST.tsv, whichever they are. */
static void manifest(void **state)
{
	int rows = 0;

	(void)state;
	manifest_need();
	manifest_each("snp/", parse_row, &rows);
	print_message("%d rows of the manifest\n", rows);
	assert_true(rows >= 8);
}

/* Every bit of a report matters: signed, signature, or padding that must be zero. */
static void every_bit(void **state)
{
	static const size_t picks[] = { 0, 9 };
	struct wv_snp_report parsed;
	struct wv_fault fault;
	size_t i, bit, refused = 0;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	for (i = 0; i < sizeof(picks) / sizeof(picks[0]); i++) {
		const struct group *g = &groups[picks[i]];
		struct wv_bytes report = load(g->report);
		uint8_t *bytes = (uint8_t *)report.data;
		struct wv_vek *vek = NULL;

		ut_reason(WV_OK, appraise(g, report, &vek, &parsed, &fault), &fault);
		for (bit = 0; bit < 8 * report.len; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (wv_vek_check(vek, report, NULL, NULL))
				refused++;
			else
				print_error("bit %zu of %s is not covered\n", bit, g->report);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		wv_vek_free(vek);
		ut_free(report);
	}
	print_message("%zu of %d flips refused\n", refused, 2 * 9472);
	assert_int_equal(refused, 2 * 9472);
}

static void every_length(void **state)
{
	struct wv_snp_report parsed;
	struct wv_bytes report;
	struct wv_fault fault;
	size_t len;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	report = load(groups[0].report);
	for (len = 0; len < report.len; len++) {
		struct wv_bytes cut = { report.data, len };

		ut_reason(WV_EVIDENCE_DAMAGED, wv_snp_parse(cut, &parsed, &fault), &fault);
	}
	ut_free(report);
}

/* Truncated tables: refused, or an entry less; never a crash, never another key. */
static void table_cut(void **state)
{
	struct wv_roots *roots;
	struct wv_bytes table;
	struct wv_fault fault;
	size_t len;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	roots = wv_roots_new();
	table = load("snp/milan-v2-auxblob-der.bin");
	for (len = 0; len < table.len; len += len < 120 ? 1 : 97) {
		struct wv_bytes cut = { table.data, len };
		struct wv_vek *vek = NULL;

		assert_int_not_equal(wv_vek_open(roots, NULL, cut, ut_time(2026, 6, 1), &vek,
						 &fault), WV_OK);
		assert_null(vek);
	}
	wv_roots_free(roots);
	ut_free(table);
}

/* AMD's root as DER, out of the file that AMD publishes. */
static struct wv_bytes ark_der(void)
{
	struct wv_bytes pem = ut_vector(MILAN);
	BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	X509 *ask = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	X509 *ark = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	uint8_t *der = NULL;
	int len = i2d_X509(ark, &der);
	struct wv_bytes out = { malloc((size_t)len), (size_t)len };

	memcpy((void *)out.data, der, (size_t)len);
	OPENSSL_free(der);
	X509_free(ask);
	X509_free(ark);
	BIO_free(bio);
	ut_free(pem);
	return out;
}

/* The key of a root that is known, in a certificate that is not: its signature counts. */
static void root_with_a_bit_changed(void **state)
{
	struct wv_bytes none = { NULL, 0 }, vek, chain, ark;
	struct wv_roots *roots = wv_roots_new();
	struct wv_collateral c;
	struct wv_vek *out;
	struct wv_fault fault;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	vek = ut_vector("snp/milan-v2-vcek.der");
	chain = ut_vector(MILAN);
	ark = ark_der();
	c = (struct wv_collateral){ .vek = vek, .ark = ark };
	/* The file's first certificate, the ASK, alone. */
	c.intermediate.data = chain.data;
	c.intermediate.len = (size_t)((uint8_t *)memmem(chain.data + 1, chain.len - 1, "-----BEGIN", 10) -
				      chain.data);
	ut_reason(WV_OK, wv_vek_open(roots, &c, none, ut_time(2026, 6, 1), &out, &fault), &fault);
	wv_vek_free(out);
	((uint8_t *)ark.data)[ark.len - 1] ^= 1;
	ut_reason(WV_CHAIN_INVALID, wv_vek_open(roots, &c, none, ut_time(2026, 6, 1), &out, &fault),
		  &fault);
	wv_roots_free(roots);
	ut_free(vek);
	ut_free(chain);
	ut_free(ark);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_groups),
		cmocka_unit_test(manifest),
		cmocka_unit_test(every_bit),
		cmocka_unit_test(every_length),
		cmocka_unit_test(table_cut),
		cmocka_unit_test(root_with_a_bit_changed),
	};

	return cmocka_run_group_tests_name("snp", tests, NULL, NULL);
}
