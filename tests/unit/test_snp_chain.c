// SPDX-License-Identifier: MIT
/*
 * What must be refused of an SNP chain and of a report's signature, made under test
 * roots: what go-sev-guest's own tests refuse, and what no real evidence shows.
 */
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim.h"

static struct sim_pki first;	/* its slow RSA keys are used again */

static const struct sim_recipe milan = {
	.ark_name = "ARK-Milan", .ask_name = "SEV-Milan", .vek_name = "SEV-VCEK",
	.org = "test of ward", .product = "Milan-B0", .bootloader = 3, .snp = 8,
	.microcode = 115, .fmc = -1, .chip_id_len = 64, .salt_len = 48, .not_before = -86400,
	.not_after = 86400,
};

static int setup(void **state)
{
	(void)state;
	return sim_pki_make(&milan, NULL, &first);
}

static int teardown(void **state)
{
	(void)state;
	sim_pki_free(&first);
	return 0;
}

static struct wv_roots *roots_of(const struct sim_pki *pki)
{
	struct wv_roots *roots = wv_roots_new();
	struct wv_bytes ark = sim_pem(pki->ark);

	assert_non_null(roots);
	assert_int_equal(wv_roots_add(roots, ark, NULL), WV_OK);
	ut_free(ark);
	return roots;
}

/* A report of @g and its chain after @recipe, whose root is named. */
static int judge(const struct sim_recipe *recipe, const struct sim_guest *g,
		 struct wv_snp_report *report, struct wv_fault *fault)
{
	uint8_t bytes[WV_SNP_REPORT_SIZE], data[64] = { 1 }, *table;
	struct wv_roots *roots;
	struct wv_vek *vek = NULL;
	struct sim_pki pki;
	size_t len;
	int rc;

	assert_int_equal(sim_pki_make(recipe, &first, &pki), 0);
	roots = roots_of(&pki);
	table = sim_cert_table(&pki, &len);
	sim_report(g, &pki, data, bytes);
	rc = wv_vek_open(roots, NULL, (struct wv_bytes){ table, len }, (int64_t)time(NULL), &vek,
			 fault);
	if (!rc)
		rc = wv_vek_check(vek, (struct wv_bytes){ bytes, sizeof(bytes) }, report, fault);
	wv_vek_free(vek);
	free(table);
	wv_roots_free(roots);
	sim_pki_free(&pki);
	return rc;
}

struct form {
	const char *what;
	int want;
	const char *field;
	struct sim_recipe r;	/* what differs from @milan; zero = nothing */
};

/* What a recipe of @forms says instead of @milan's. */
static struct sim_recipe changed(const struct sim_recipe *c)
{
	struct sim_recipe r = milan;

	r.product = c->product ? c->product : r.product;
	r.ark_issuer = c->ark_issuer;
	r.csp_id = c->csp_id;
	r.vek_ca = c->vek_ca;
	r.vek_critical = c->vek_critical;
	r.vek_twice = c->vek_twice;
	r.vek_lists = c->vek_lists;
	r.vlek = c->vlek;
	r.chip_id_len = c->chip_id_len ? c->chip_id_len : r.chip_id_len;
	r.dated = c->dated;
	if (c->not_after) {
		r.not_before = c->not_before;
		r.not_after = c->not_after;
	}
	return r;
}

#define PAST .not_before = -86400, .not_after = -3600
#define FUTURE .not_before = 3600, .not_after = 86400

static const struct form forms[] = {
	{ .what = "as it should be", .want = WV_OK },
	{ .what = "the ARK was issued by another", .want = WV_CHAIN_INVALID, .field = "ARK",
	  .r = { .ark_issuer = "ARK-Genoa" } },
	{ .what = "a CA as end entity", .want = WV_CHAIN_INVALID, .field = "VEK",
	  .r = { .vek_ca = 1 } },
	{ .what = "an unknown critical extension", .want = WV_CHAIN_INVALID, .field = "VEK",
	  .r = { .vek_critical = 1 } },
	{ .what = "an extension twice", .want = WV_CHAIN_INVALID, .field = "VEK",
	  .r = { .vek_twice = 1 } },
	/* Whose list counts its signature says: where it is fetched from is not looked at. */
	{ .what = "a revocation list at another's", .want = WV_OK,
	  .r = { .vek_lists = "URI:https://crl.example/vcek/v1/Genoa/crl" } },
	{ .what = "lists at two places", .want = WV_OK,
	  .r = { .vek_lists = "URI:https://kdsintf.amd.com/vcek/v1/Milan/crl,"
			      "URI:https://crl.example/crl" } },
	{ .what = "an unknown product", .want = WV_PRODUCT_MISMATCH, .field = "VEK",
	  .r = { .product = "Badger" } },
	{ .what = "a product's name in small letters", .want = WV_PRODUCT_MISMATCH,
	  .field = "VEK", .r = { .product = "milan-B0" } },
	{ .what = "the ARK has ended", .want = WV_CERTIFICATE_EXPIRED, .field = "ARK",
	  .r = { .dated = 1, PAST } },
	{ .what = "the ASK has ended", .want = WV_CERTIFICATE_EXPIRED, .field = "ASK",
	  .r = { .dated = 2, PAST } },
	{ .what = "the VEK has ended", .want = WV_CERTIFICATE_EXPIRED, .field = "VEK",
	  .r = { .dated = 3, PAST } },
	{ .what = "the ARK begins later", .want = WV_CERTIFICATE_NOT_YET, .field = "ARK",
	  .r = { .dated = 1, FUTURE } },
	{ .what = "the ASK begins later", .want = WV_CERTIFICATE_NOT_YET, .field = "ASK",
	  .r = { .dated = 2, FUTURE } },
	{ .what = "the VEK begins later", .want = WV_CERTIFICATE_NOT_YET, .field = "VEK",
	  .r = { .dated = 3, FUTURE } },
	{ .what = "neither a chip nor an operator", .want = WV_CERTIFICATE_DAMAGED,
	  .field = "VEK", .r = { .vlek = 1 } },
	{ .what = "a chip and an operator", .want = WV_CERTIFICATE_DAMAGED, .field = "VEK",
	  .r = { .csp_id = "an operator" } },
	{ .what = "Milan with Turin's chip id", .want = WV_CERTIFICATE_DAMAGED, .field = "VEK",
	  .r = { .chip_id_len = 8 } },
	{ .what = "a VLEK where the report names a VCEK", .want = WV_KEY_KIND_MISMATCH,
	  .field = "report.key_info", .r = { .vlek = 1, .csp_id = "an operator" } },
};

static void chains(void **state)
{
	struct wv_snp_report parsed;
	struct wv_fault fault;
	struct sim_guest g;
	size_t i;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct sim_recipe r = changed(&forms[i].r);
		int rc = judge(&r, &g, &parsed, &fault);

		if (rc != forms[i].want)
			print_error("%s\n", forms[i].what);
		ut_reason(forms[i].want, rc, &fault);
		if (rc)
			assert_string_equal(fault.field, forms[i].field);
	}
}

/* A VLEK names no chip, and its report none either, or a chip that nothing vouches for. */
static void vlek(void **state)
{
	struct wv_snp_report parsed;
	struct wv_fault fault;
	struct sim_recipe r = milan;
	struct sim_guest g;
	size_t at;

	(void)state;
	r.vlek = 1;
	r.csp_id = "an operator";
	r.product = "Milan";
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	sim_set(&g, 0x48, 4, WV_VEK_VLEK << 2);
	ut_reason(WV_OK, judge(&r, &g, &parsed, &fault), &fault);
	for (at = 0x1a0; at < 0x1e0; at += 8)
		sim_set(&g, at, 8, 0);
	ut_reason(WV_OK, judge(&r, &g, &parsed, &fault), &fault);
}

/* Turin's, of which nobody has published a real one: no chip of 8 bytes, an FMC as its VCEK. */
static void vlek_of_turin(void **state)
{
	struct wv_snp_report parsed;
	struct wv_fault fault;
	struct sim_recipe r = milan;
	struct sim_guest g;

	(void)state;
	r.ark_name = "ARK-Turin";
	r.ask_name = "SEV-VLEK-Turin";
	r.product = "Turin";
	r.vlek = 1;
	r.csp_id = "an operator";
	r.fmc = 3;
	r.bootloader = r.tee = r.snp = 0;	/* as Turin reads 0x7308000000000003 */
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	g.version = 5;
	memcpy(g.cpuid, "\x1a\x02\x01", 3);
	sim_set(&g, 0x48, 4, WV_VEK_VLEK << 2);
	ut_reason(WV_OK, judge(&r, &g, &parsed, &fault), &fault);
	assert_int_equal(parsed.product, WV_PRODUCT_TURIN);
	assert_int_equal(parsed.reported_tcb.fmc, 3);
	r.fmc = 4;
	ut_reason(WV_TCB_MISMATCH, judge(&r, &g, &parsed, &fault), &fault);
	r.fmc = -1;
	ut_reason(WV_CERTIFICATE_DAMAGED, judge(&r, &g, &parsed, &fault), &fault);
	r.fmc = 3;
	r.product = "Genoa";
	ut_reason(WV_PRODUCT_MISMATCH, judge(&r, &g, &parsed, &fault), &fault);
}

/* Turin: FMC in the TCB, and a chip id of 8 bytes. */
static void turin(void **state)
{
	struct sim_recipe r = milan;
	struct wv_snp_report parsed;
	struct wv_fault fault;
	struct sim_guest g;

	(void)state;
	r.ark_name = "ARK-Turin";
	r.product = "Turin";
	r.fmc = 3;
	r.bootloader = r.tee = r.snp = 0;	/* as Turin reads 0x7308000000000003 */
	r.chip_id_len = 8;
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	g.version = 5;
	memcpy(g.cpuid, "\x1a\x02\x01", 3);
	ut_reason(WV_OK, judge(&r, &g, &parsed, &fault), &fault);
	assert_int_equal(parsed.reported_tcb.fmc, 3);
	assert_int_equal(parsed.reported_tcb.bootloader, 0);
	/* Version 2 does not say what it is of: the certificate does, and the TCB is read so. */
	g.version = 2;
	ut_reason(WV_OK, judge(&r, &g, &parsed, &fault), &fault);
	assert_int_equal(parsed.product, WV_PRODUCT_TURIN);
	assert_int_equal(parsed.reported_tcb.fmc, 3);
	g.version = 5;
	sim_set(&g, 0x1a8, 1, 1);	/* behind the 8 bytes */
	ut_reason(WV_CHIP_MISMATCH, judge(&r, &g, &parsed, &fault), &fault);
	g.field_count = 0;
	r.fmc = 4;
	ut_reason(WV_TCB_MISMATCH, judge(&r, &g, &parsed, &fault), &fault);
	r.fmc = -1;
	ut_reason(WV_CERTIFICATE_DAMAGED, judge(&r, &g, &parsed, &fault), &fault);
	r.fmc = 3;
	r.chip_id_len = 64;
	ut_reason(WV_CERTIFICATE_DAMAGED, judge(&r, &g, &parsed, &fault), &fault);
}

struct bits {
	size_t at, len;
	uint64_t value;
	uint32_t from, to;	/* versions in which it is refused */
	const char *field;
};

/* Reserved bits and bytes: signed, and refused all the same. */
static void reserved(void **state)
{
	static const struct bits bits[] = {
		{ 0x08, 8, 0x10000, 2, 5, "report.policy" },	/* bit 17 is not set */
		{ 0x08, 8, 0x4030000, 2, 5, "report.policy" },	/* bit 26 */
		{ 0x08, 8, 0x8000000000030000, 2, 5, "report.policy" },
		{ 0x08, 8, 0x3f30000 & ~0x80000ull, 6, 6, NULL },	/* all that are known */
		{ 0x40, 8, 0xff, 6, 6, NULL },
		{ 0x48, 4, 0x20, 2, 5, "report.key_info" },
		{ 0x48, 4, 0x80000000, 2, 5, "report.key_info" },
		{ 0x48, 4, 0x03, 6, 6, NULL },	/* author key, masked chip key */
		{ 0x4c, 1, 1, 2, 5, "report.reserved" },
		{ 0x18b, 1, 1, 2, 5, "report.reserved" },
		{ 0x19f, 1, 1, 2, 5, "report.reserved" },
		{ 0x1eb, 1, 1, 2, 5, "report.reserved" },
		{ 0x1ef, 1, 1, 2, 5, "report.reserved" },
		{ 0x1f8, 8, 0x3f, 2, 4, "report.reserved" },
		{ 0x200, 8, 0x3f, 2, 4, "report.reserved" },
		{ 0x208, 1, 1, 2, 5, "report.reserved" },
		{ 0x29f, 1, 1, 2, 5, "report.reserved" },
	};
	uint8_t bytes[WV_SNP_REPORT_SIZE], data[64] = { 0 };
	struct wv_snp_report r;
	struct wv_fault fault;
	struct sim_guest g;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		sim_guest_new(&g, WARD_PURPOSE_REPORT);
		sim_set(&g, bits[i].at, bits[i].len, bits[i].value);
		for (g.version = 2; g.version <= 5; g.version++) {
			bool bad = g.version >= bits[i].from && g.version <= bits[i].to;

			sim_report(&g, &first, data, bytes);
			ut_reason(bad ? WV_EVIDENCE_DAMAGED : WV_OK,
				  wv_snp_parse((struct wv_bytes){ bytes, sizeof(bytes) }, &r,
					       &fault), &fault);
			if (bad)
				assert_string_equal(fault.field, bits[i].field);
		}
	}
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	g.version = 2;
	sim_set(&g, 0x188, 3, 1);	/* what is the CPUID from version 3 on */
	sim_report(&g, &first, data, bytes);
	ut_reason(WV_EVIDENCE_DAMAGED, wv_snp_parse((struct wv_bytes){ bytes, sizeof(bytes) }, &r,
						     &fault), &fault);
}

/* The order of P-384's group, little endian. */
static const uint8_t order[48] = {
	0x73, 0x29, 0xc5, 0xcc, 0x6a, 0x19, 0xec, 0xec, 0x7a, 0xa7, 0xb0, 0x48,
	0xb2, 0x0d, 0x1a, 0x58, 0xdf, 0x2d, 0x37, 0xf4, 0x81, 0x4d, 0x63, 0xc7,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

static int check(const struct wv_vek *vek, const uint8_t *report, struct wv_fault *fault)
{
	return wv_vek_check(vek, (struct wv_bytes){ report, WV_SNP_REPORT_SIZE }, NULL, fault);
}

/* r and s from the group's order on, among them r + n, which is r to a careless reader. */
static void out_of_range(const struct wv_vek *vek, const uint8_t *good)
{
	static const size_t parts[] = { 0x2a0, 0x2e8 };
	uint8_t report[WV_SNP_REPORT_SIZE], ones[48];
	struct wv_fault fault;
	unsigned int carry;
	size_t i, k;

	memset(ones, 0xff, sizeof(ones));
	for (i = 0; i < 2; i++) {
		uint8_t *part = report + parts[i];

		memcpy(report, good, sizeof(report));
		memset(part, 0, 72);
		ut_reason(WV_SIGNATURE_INVALID, check(vek, report, &fault), &fault);
		memcpy(part, order, 48);
		ut_reason(WV_SIGNATURE_INVALID, check(vek, report, &fault), &fault);
		memcpy(part, ones, 48);
		ut_reason(WV_SIGNATURE_INVALID, check(vek, report, &fault), &fault);
		memcpy(report, good, sizeof(report));
		for (k = carry = 0; k < 48; k++, carry >>= 8) {
			carry += part[k] + order[k];
			part[k] = (uint8_t)carry;
		}
		part[48] = (uint8_t)carry;
		assert_int_not_equal(check(vek, report, &fault), WV_OK);
	}
	memcpy(report, good, sizeof(report));
	memset(report + 0x2a0, 0, 144);
	ut_reason(WV_SIGNATURE_INVALID, check(vek, report, &fault), &fault);
}

/* The same signature in the form of X.509: not what 56860 says. */
static void in_der(const struct wv_vek *vek, const uint8_t *good)
{
	uint8_t report[WV_SNP_REPORT_SIZE], *p = report + 0x2a0;
	BIGNUM *r = BN_lebin2bn(good + 0x2a0, 72, NULL), *s = BN_lebin2bn(good + 0x2e8, 72, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	struct wv_fault fault;

	memcpy(report, good, sizeof(report));
	memset(p, 0, 144);
	assert_true(ECDSA_SIG_set0(sig, r, s) && i2d_ECDSA_SIG(sig, &p) > 96);
	assert_int_not_equal(check(vek, report, &fault), WV_OK);
	assert_true(fault.reason == WV_EVIDENCE_DAMAGED || fault.reason == WV_SIGNATURE_INVALID);
	ECDSA_SIG_free(sig);
}

/* Big endian, as TDX has them. */
static void swapped(const struct wv_vek *vek, const uint8_t *good)
{
	uint8_t report[WV_SNP_REPORT_SIZE];
	struct wv_fault fault;
	size_t i;

	memcpy(report, good, sizeof(report));
	for (i = 0; i < 48; i++) {
		report[0x2a0 + i] = good[0x2a0 + 47 - i];
		report[0x2e8 + i] = good[0x2e8 + 47 - i];
	}
	ut_reason(WV_SIGNATURE_INVALID, check(vek, report, &fault), &fault);
}

static void signatures(void **state)
{
	uint8_t report[WV_SNP_REPORT_SIZE], data[64] = { 2 }, *table;
	struct wv_roots *roots = roots_of(&first);
	struct wv_fault fault;
	struct wv_vek *vek;
	struct sim_guest g;
	size_t len;

	(void)state;
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	sim_report(&g, &first, data, report);
	table = sim_cert_table(&first, &len);
	ut_reason(WV_OK, wv_vek_open(roots, NULL, (struct wv_bytes){ table, len },
				     (int64_t)time(NULL), &vek, &fault), &fault);
	ut_reason(WV_OK, check(vek, report, &fault), &fault);
	out_of_range(vek, report);
	in_der(vek, report);
	swapped(vek, report);
	wv_vek_free(vek);
	free(table);
	wv_roots_free(roots);
}

static struct wv_bytes joined(struct wv_bytes a, struct wv_bytes b)
{
	uint8_t *all = malloc(a.len + b.len);

	memcpy(all, a.data, a.len);
	memcpy(all + a.len, b.data, b.len);
	return (struct wv_bytes){ all, a.len + b.len };
}

/* ASK and ARK in one file of any name, as AMD's cert_chain is: among the further files. */
static void chain_among_items(void **state)
{
	struct wv_bytes vek = sim_pem(first.vek), ask = sim_pem(first.ask),
			ark = sim_pem(first.ark), chain = joined(ask, ark);
	struct wv_collateral c = { .vek = vek, .items = &chain, .item_count = 1 };
	struct wv_roots *roots = roots_of(&first), *amd = wv_roots_new();
	struct wv_bytes none = { NULL, 0 };
	int64_t now = (int64_t)time(NULL);
	struct wv_fault fault;
	struct wv_vek *opened;

	(void)state;
	ut_reason(WV_OK, wv_vek_open(roots, &c, none, now, &opened, &fault), &fault);
	wv_vek_free(opened);
	/* Where a certificate comes from gives it no trust. */
	ut_reason(WV_CHAIN_UNTRUSTED, wv_vek_open(amd, &c, none, now, &opened, &fault), &fault);
	c.item_count = 0;
	ut_reason(WV_COLLATERAL_MISSING, wv_vek_open(roots, &c, none, now, &opened, &fault),
		  &fault);
	wv_roots_free(roots);
	wv_roots_free(amd);
	ut_free(vek);
	ut_free(ask);
	ut_free(ark);
	ut_free(chain);
}

/* What is not needed is not read: the table's ARK is junk, the caller has it. */
static void read_as_needed(void **state)
{
	struct wv_bytes ask = sim_pem(first.ask), ark = sim_pem(first.ark);
	struct wv_collateral c = { .intermediate = ask, .ark = ark };
	struct wv_roots *roots = roots_of(&first), *amd = wv_roots_new();
	int64_t now = (int64_t)time(NULL);
	struct wv_bytes table;
	struct wv_fault fault;
	struct wv_vek *opened;

	(void)state;
	table.data = sim_cert_table(&first, &table.len);
	((uint8_t *)table.data)[96] = 'x';	/* the first byte of the ARK */
	ut_reason(WV_OK, wv_vek_open(roots, &c, table, now, &opened, &fault), &fault);
	wv_vek_free(opened);
	ut_reason(WV_CERTIFICATE_DAMAGED, wv_vek_open(amd, NULL, table, now, &opened, &fault),
		  &fault);
	assert_string_equal(fault.field, "aux.ARK");
	wv_roots_free(roots);
	wv_roots_free(amd);
	ut_free(ask);
	ut_free(ark);
	ut_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains),   cmocka_unit_test(vlek),	  cmocka_unit_test(turin),
		cmocka_unit_test(vlek_of_turin),
		cmocka_unit_test(reserved), cmocka_unit_test(signatures),
		cmocka_unit_test(chain_among_items), cmocka_unit_test(read_as_needed),
	};

	return cmocka_run_group_tests_name("snp chain", tests, setup, teardown);
}
