// SPDX-License-Identifier: MIT
/*
 * Every file of the evidence folder's snp/: the verdict and the figures of its row in
 * MANIFEST.tsv. A row of a kind that is not judged here fails the test.
 */
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "roots.h"

/* What differs from: genuine, accepted by a policy that asks for nothing but no debug. */
static const struct {
	const char *name;
	int want;
	const char *policy;	/* members beside ... */
} odd[] = {
	{ "snp/milan-v2-debug-report.bin", WV_DEBUG_ALLOWED, "" },
	{ "snp/milan-v3-vlek-aws-report.bin", WV_VMPL_REFUSED, "" },
	{ "snp/milan-v3-vlek-aws-report.bin", WV_OK, ",\"vmpl_max\":1" },
	{ "snp/milan-v3-vlek-aws-report.bin", WV_FIRMWARE_PROVISIONAL,
	  ",\"vmpl_max\":1,\"snp\":{\"permit_provisional\":false}" },
	{ "snp/milan-v2-report.bin", WV_FIRMWARE_PROVISIONAL,
	  ",\"snp\":{\"permit_provisional\":false}" },
	{ "snp/turin-v5-report.bin", WV_OK,
	  ",\"snp\":{\"permit_provisional\":false,\"current_mitigations\":[0,1,2,3,4,5],"
	  "\"product\":[\"turin-1\"],\"chip_id\":[\"59790fb1c39f35c1\"],"
	  "\"platform_info\":{\"ecc\":true,\"alias_check_complete\":true},"
	  "\"min_committed_tcb\":{\"turin\":{\"fmc\":1,\"microcode\":81}}}" },
	{ "snp/turin-v5-report.bin", WV_MITIGATION_MISSING,
	  ",\"snp\":{\"launch_mitigations\":[6]}" },
	{ "snp/genoa-v5-report.bin", WV_MITIGATION_MISSING,
	  ",\"snp\":{\"launch_mitigations\":[2]}" },
	{ "snp/genoa-v5-report.bin", WV_OK,
	  ",\"snp\":{\"launch_mitigations\":[0,1,3],\"min_version\":\"1.55.49\"}" },
	{ "snp/genoa-v3-report.bin", WV_MITIGATION_MISSING,
	  ",\"snp\":{\"current_mitigations\":[0]}" },
	{ "snp/genoa-v3-report.bin", WV_OK, ",\"snp\":{\"require_id_block\":true,"
	  "\"min_guest_svn\":2,\"guest_policy\":{\"min_abi\":\"0.31\",\"smt\":true}}" },
	{ "snp/genoa-v3-tsm-report.bin", WV_ID_BLOCK_MISSING,
	  ",\"snp\":{\"require_id_block\":true}" },
};

#define ODD (sizeof(odd) / sizeof(odd[0]))

/* "snp/X-report.bin" to "snp/X-vcek.der", or whatever @tail says. */
static struct wv_bytes beside(const char *name, const char *tail)
{
	char path[160];
	const char *end = strstr(name, "-report.bin");

	assert_non_null(end);
	snprintf(path, sizeof(path), "%.*s%s", (int)(end - name), name, tail);
	return ut_vector(path);
}

static struct wv_bytes chain_of(const char *name, bool vlek)
{
	char path[64];
	int line = (int)strcspn(name + 4, "-");

	snprintf(path, sizeof(path), "snp/trust-%.*s%s-chain.pem", line, name + 4,
		 vlek ? "-vlek" : "");
	return ut_vector(path);
}

/* The day after the first one of "validity=2023-01-24..2030-01-24"; @end: its last one. */
static int64_t first_day(const char *validity, int64_t *end)
{
	int y, m, d, y2, m2, d2;

	assert_int_equal(sscanf(validity, "%d-%d-%d..%d-%d-%d", &y, &m, &d, &y2, &m2, &d2), 6);
	*end = ut_time(y2, m2, d2);
	return ut_time(y, m, d) + 86400;
}

struct expected {
	int64_t from, end;
	unsigned int bl, tee, snp, ucode, fmc;
};

static void read_tcb(const char *row, struct expected *e)
{
	const char *tcb = manifest_value(row, "tcb"), *bl;

	assert_non_null(tcb);
	e->fmc = 0;
	sscanf(tcb, "{'fmc': %u", &e->fmc);
	bl = strstr(tcb, "'bl'");
	assert_int_equal(sscanf(bl, "'bl': %u, 'tee': %u, 'snp': %u, 'ucode': %u", &e->bl, &e->tee,
				&e->snp, &e->ucode), 4);
}

static void check_tcb(const struct expected *e, const struct wv_tcb *t)
{
	assert_int_equal(t->bootloader, e->bl);
	assert_int_equal(t->tee, e->tee);
	assert_int_equal(t->snp, e->snp);
	assert_int_equal(t->microcode, e->ucode);
}

static void vek_row(const char *name, const char *row)
{
	bool vlek = strstr(name, "vlek.der");
	struct wv_collateral c = { .vek = ut_vector(name), .intermediate = chain_of(name, vlek) };
	struct wv_roots *roots = wv_roots_new();
	const char *validity = manifest_value(row, "validity");
	struct expected e = { .from = ut_time(2026, 11, 1) };
	struct wv_vek_info info;
	struct wv_fault fault;
	struct wv_vek *vek;

	if (validity)	/* the re-issued certificate's row has none */
		e.from = first_day(validity, &e.end);
	ut_reason(WV_OK, wv_vek_open(roots, &c, (struct wv_bytes){ NULL, 0 }, e.from, &vek,
				     &fault), &fault);
	wv_vek_info(vek, &info);
	assert_int_equal(info.kind, vlek ? WV_VEK_VLEK : WV_VEK_VCEK);
	assert_string_equal(wv_product_text(info.product),
			    strstr(name, "milan") ? "milan" : strstr(name, "genoa") ? "genoa" :
			    "turin");
	assert_false(info.named_root || info.simulated);
	if (validity) {
		read_tcb(row, &e);
		check_tcb(&e, &info.tcb);
		assert_true(info.not_after >= e.end && info.not_after < e.end + 86400);
		ut_reason(WV_CERTIFICATE_EXPIRED,
			  wv_vek_open(roots, &c, (struct wv_bytes){ NULL, 0 }, info.not_after + 1,
				      &(struct wv_vek *){ NULL }, &fault), &fault);
	}
	wv_vek_free(vek);
	wv_roots_free(roots);
	ut_free(c.vek);
	ut_free(c.intermediate);
}

static struct wv_policy *policy_of(const char *more)
{
	struct wv_policy *p;
	struct wv_fault fault;
	char text[1024];

	snprintf(text, sizeof(text), "{\"ward-policy\":1,\"accept_unmeasured\":true%s}", more);
	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p,
					 &fault), &fault);
	return p;
}

static void judge(const char *name, const char *row, const char *more, int want)
{
	bool vlek = strstr(manifest_value(row, "sigkey"), "VLEK");
	struct wv_collateral c = { .vek = beside(name, vlek ? "-vlek.der" : "-vcek.der"),
				   .intermediate = chain_of(name, vlek) };
	struct wv_bytes report = ut_vector(name), none = { NULL, 0 };
	struct wv_appraisal a = { .roots = wv_roots_new(), .policy = policy_of(more),
				  .collateral = &c,
				  .now = vlek ? ut_time(2025, 6, 1) : ut_time(2026, 6, 1) };
	struct expected e;
	struct wv_verdict v;
	int rc = wv_verify_snp(report, none, none, &a, &v);

	if (rc != want)
		print_error("%s: %s\n", name, more);
	ut_reason(want, rc, &v.fault);
	read_tcb(row, &e);
	check_tcb(&e, &v.report.reported_tcb);
	assert_int_equal(v.report.reported_tcb.fmc, e.fmc);
	check_tcb(&e, &v.vek.tcb);
	assert_int_equal(!!(v.warnings & WV_WARN_DEBUG), want == WV_DEBUG_ALLOWED);
	assert_int_equal(!!(v.warnings & WV_WARN_VLEK), vlek);
	assert_false(v.warnings & WV_WARN_NAMED_ROOT || v.simulated);
	wv_roots_free((struct wv_roots *)a.roots);
	wv_policy_free((struct wv_policy *)a.policy);
	ut_free(report);
	ut_free(c.vek);
	ut_free(c.intermediate);
}

static void report_row(const char *name, const char *row, int *judged)
{
	bool said = false;
	size_t i;

	for (i = 0; i < ODD; i++) {
		if (strcmp(odd[i].name, name))
			continue;
		judge(name, row, odd[i].policy, odd[i].want);
		said |= !*odd[i].policy;
		++*judged;
	}
	if (!said)
		judge(name, row, "", WV_OK);
}

/* No key of AMD's signed it, and it does not fit the report that it lies beside. */
static void negative_row(const char *name)
{
	struct wv_collateral c = { .vek = ut_vector(name), .intermediate = chain_of("snp/milan-", false) };
	struct wv_roots *roots = wv_roots_new();
	struct wv_fault fault;
	struct wv_vek *vek;

	ut_reason(WV_CHAIN_INVALID, wv_vek_open(roots, &c, (struct wv_bytes){ NULL, 0 },
						ut_time(2026, 6, 1), &vek, &fault), &fault);
	wv_roots_free(roots);
	ut_free(c.vek);
	ut_free(c.intermediate);
}

/* Intermediate first; the ARK is one of those whose keys are built in. */
static void chain_row(const char *name, const char *row)
{
	struct cert_list list = { 0 };
	struct wv_roots *roots = wv_roots_new();
	struct wv_bytes chain = ut_vector(name);
	const struct anchor *anchor;
	struct wv_fault fault;
	uint8_t digest[32];
	char cn[64], want[80];

	ut_reason(WV_OK, cert_list_add(&list, chain, name, &fault), &fault);
	assert_int_equal(list.count, 2);
	assert_true(X509_digest(list.certs[1], EVP_sha256(), digest, NULL));
	manifest_hex(row, "ark_sha256", digest, sizeof(digest));
	cert_common_name(X509_get_subject_name(list.certs[0]), cn, sizeof(cn));
	snprintf(want, sizeof(want), "CN=%s", cn);
	assert_memory_equal(manifest_value(row, "intermediate"), want, strlen(want));
	assert_true(cert_signed_by(list.certs[0], list.certs[1]));
	assert_true(cert_signed_by(list.certs[1], list.certs[1]));
	assert_true(cert_is_ca(list.certs[0]) && cert_is_ca(list.certs[1]));
	anchor = roots_find(roots, list.certs[1], VENDOR_AMD);
	assert_non_null(anchor);
	assert_non_null(strstr(name, wv_product_text(anchor->product)));
	assert_null(roots_find(roots, list.certs[0], VENDOR_AMD));
	cert_list_clear(&list);
	wv_roots_free(roots);
	ut_free(chain);
}

/* Tables: the report that goes with each is accepted with what stands in it alone. */
static void table_row(const char *name)
{
	struct wv_bytes table = ut_vector(name), none = { NULL, 0 };
	struct wv_bytes report = ut_vector(strstr(name, "genoa") ? "snp/genoa-v3-tsm-report.bin" :
							       "snp/milan-v2-report.bin");
	struct wv_appraisal a = { .roots = wv_roots_new(), .policy = policy_of(""),
				  .now = ut_time(2026, 6, 1) };
	struct wv_verdict v;

	ut_reason(WV_OK, wv_verify_snp(report, table, none, &a, &v), &v.fault);
	wv_roots_free((struct wv_roots *)a.roots);
	wv_policy_free((struct wv_policy *)a.policy);
	ut_free(report);
	ut_free(table);
}

static void any_row(const char *name, const char *kind, const char *row, void *judged)
{
	if (!strncmp(kind, "snp report", 10))
		report_row(name, row, judged);
	else if (!strncmp(kind, "snp vcek", 8) || !strncmp(kind, "snp vlek", 8))
		vek_row(name, row);
	else if (!strncmp(kind, "snp NEGATIVE vcek", 17))
		negative_row(name);
	else if (!strncmp(kind, "snp ASK/ASVK+ARK", 16))
		chain_row(name, row);
	else if (!strncmp(kind, "snp cert table", 14))
		table_row(name);
	else
		fail_msg("%s: nothing judges a row of kind '%s'", name, kind);
}

static void every_row(void **state)
{
	int judged = 0, rows;

	(void)state;
	manifest_need();
	rows = manifest_each("snp/", any_row, &judged);
	print_message("%d files, %d policies beside the plain one\n", rows, judged);
	assert_int_equal(judged, ODD);
	assert_true(rows >= 27);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_row) };

	return cmocka_run_group_tests_name("snp vectors", tests, NULL, NULL);
}
