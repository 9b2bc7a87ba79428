// SPDX-License-Identifier: MIT
/*
 * Platforms of real quotes against the collateral of their days.
 */
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "quote.h"
#include "tcb.h"

#define FILES_MAX 8

/**
 * struct row - a quote, its collateral, a day
 * @files: further files, NULL at the end
 * @rc: what tcb_evaluate() says
 * @platform, @level: of the firmware alone, and of everything
 * @said: in the row of @files[0], what stands before the level, advisories and date that are
 *	expected of the firmware alone
 */
static const struct row {
	const char *name;
	const char *quote;
	const char *files[FILES_MAX];
	int year, month, day;
	int rc;
	int platform, level;
	const char *said;
} rows[] = {
	{ "v4-b0c06f", "tdx/v4-b0c06f.bin",
	  { "tdx/v4-b0c06f-tcbinfo.json", "tdx/v4-b0c06f-qeidentity.json", "tdx/v4-b0c06f-pck.crl",
	    "tdx/v4-b0c06f-root.crl", "tdx/v4-b0c06f-tcbsign-chain.pem" },
	  2025, 7, 1, WV_OK, WV_TCB_UP_TO_DATE, WV_TCB_UP_TO_DATE, "v4-b0c06f quote=" },
	{ "v5-90c06f", "tdx/v5-90c06f.bin",
	  { "tdx/v5-90c06f-tcbinfo.json", "tdx/2026-03-qeidentity.json",
	    "tdx/2026-03-pck-platform.crl", "tdx/2026-03-root.crl", "tdx/tcbsign-chain.pem" },
	  2026, 4, 1, WV_OK, WV_TCB_UP_TO_DATE, WV_TCB_UP_TO_DATE, "v5-90c06f=" },
	{ "v5-90c06f-alibaba", "tdx/v5-90c06f-alibaba.bin",
	  { "tdx/v5-90c06f-tcbinfo.json", "tdx/2026-03-qeidentity.json",
	    "tdx/2026-03-pck-platform.crl", "tdx/2026-03-root.crl", "tdx/tcbsign-chain.pem" },
	  2026, 4, 1, WV_OK, WV_TCB_OUT_OF_DATE, WV_TCB_OUT_OF_DATE, "of alibaba=" },
	{ "v4-debug-50806f", "tdx/v4-debug-50806f.bin",
	  { "tdx/v4-debug-50806f-tcbinfo.json", "tdx/2026-03-qeidentity.json",
	    "tdx/2026-03-pck-platform.crl", "tdx/2026-03-root.crl", "tdx/tcbsign-chain.pem" },
	  2026, 4, 1, WV_OK, WV_TCB_OUT_OF_DATE, WV_TCB_OUT_OF_DATE, "EXPECTED status=" },
	{ "v4-spr-50806f", "tdx/v4-spr-50806f.bin",
	  { "tdx/v4-spr-50806f-tcbinfo.json", "tdx/v4-spr-50806f-qeidentity.json",
	    "tdx/v4-spr-50806f-pck.crl", "tdx/v4-spr-50806f-root.crl",
	    "tdx/tcbsign-chain-2018.pem" },
	  2023, 7, 1, WV_TCB_UNSUPPORTED, 0, 0, "EXPECTED: no TCB level matches" },
	{ "v3-00a067", "sgx/v3-00a067.bin",
	  { "sgx/v3-00a067-tcbinfo.json", "sgx/v3-00a067-qeidentity.json", "sgx/v3-00a067-pck.crl",
	    "sgx/v3-00a067-root.crl", "sgx/v3-00a067-tcbsign-chain.pem" },
	  2025, 7, 1, WV_OK, WV_TCB_CONFIGURATION_AND_SW_HARDENING,
	  WV_TCB_CONFIGURATION_AND_SW_HARDENING, "v3-00a067 quote=" },
	{ "another's TCB info", "tdx/v4-b0c06f.bin",
	  { "tdx/v5-90c06f-tcbinfo.json", "tdx/2026-03-qeidentity.json", "tdx/tcbsign-chain.pem" },
	  2026, 4, 1, WV_COLLATERAL_FOREIGN, 0, 0, NULL },
	{ "a month later", "tdx/v4-b0c06f.bin",
	  { "tdx/v4-b0c06f-tcbinfo.json", "tdx/v4-b0c06f-qeidentity.json",
	    "tdx/v4-b0c06f-tcbsign-chain.pem" },
	  2025, 8, 1, WV_COLLATERAL_EXPIRED, 0, 0, NULL },
	{ "a year earlier", "tdx/v4-b0c06f.bin",
	  { "tdx/v4-b0c06f-tcbinfo.json", "tdx/v4-b0c06f-qeidentity.json",
	    "tdx/v4-b0c06f-tcbsign-chain.pem" },
	  2025, 5, 20, WV_CLOCK_SUSPECT, 0, 0, NULL },
	/* The same key, certified anew since: its older certificate is over. */
	{ "an older signer", "tdx/v4-b0c06f.bin",
	  { "tdx/v4-b0c06f-tcbinfo.json", "tdx/v4-b0c06f-qeidentity.json",
	    "tdx/tcbsign-chain-2018.pem" },
	  2025, 7, 1, WV_CERTIFICATE_EXPIRED, 0, 0, NULL },
};

struct files {
	struct wv_bytes items[FILES_MAX];
	struct wv_collateral c;
};

static void load(const struct row *r, struct files *f)
{
	memset(f, 0, sizeof(*f));
	f->c.items = f->items;
	while (r->files[f->c.item_count]) {
		f->items[f->c.item_count] = ut_vector(r->files[f->c.item_count]);
		assert_non_null(f->items[f->c.item_count].data);
		f->c.item_count++;
	}
}

static void unload(struct files *f)
{
	while (f->c.item_count)
		ut_free(f->items[--f->c.item_count]);
}

static int evaluate(const struct row *r, struct wv_tcb_status *st, struct wv_fault *fault)
{
	int64_t now = ut_time(r->year, r->month, r->day);
	struct wv_bytes bytes = ut_vector(r->quote);
	struct wv_roots *roots = wv_roots_new();
	struct store store;
	struct quote q;
	struct pck pck;
	struct files f;
	int rc;

	load(r, &f);
	rc = quote_verify(bytes, roots, now, &q, &pck, fault);
	ut_reason(WV_OK, rc, fault);
	rc = store_open(&store, &f.c, NULL, fault);
	ut_reason(WV_OK, rc, fault);
	rc = tcb_evaluate(&(struct tcb_platform){ .tdx = q.header.tee_type ? &q.tdx : NULL,
						  .qe = quote_qe(&q), .pck = &pck.info,
						  .chain = pck.chain },
			  &store, now, false, st, fault);
	store_clear(&store);
	pck_close(&pck);
	unload(&f);
	ut_free(bytes);
	wv_roots_free(roots);
	return rc;
}

static bool has_advisory(const struct wv_tcb_status *st, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < st->advisory_count; i++)
		if (strlen(st->advisories[i]) == len && !memcmp(st->advisories[i], name, len))
			return true;
	return false;
}

/* "('OutOfDate', ['INTEL-SA-00837', 'INTEL-SA-00960'], '2023-02-15T00:00:00Z')" */
static void as_the_manifest_says(const struct row *r, int rc, const struct wv_tcb_status *st)
{
	const char *said, *name;
	size_t len, count = 0;
	char date[32];

	if (!r->said || !manifest_there())
		return;
	said = strstr(manifest_row(r->files[0]), r->said);
	if (!said)
		fail_msg("%s: the manifest does not say '%s'", r->name, r->said);
	if (rc)
		return;
	said += strlen(r->said) + strlen("('");
	len = strcspn(said, "'");
	assert_int_equal(len, strlen(wv_tcb_level_text(st->platform)));
	assert_memory_equal(said, wv_tcb_level_text(st->platform), len);
	for (name = strchr(said, '[') + 1; *name == '\''; name += strspn(name, ", "), count++) {
		len = strcspn(++name, "'");
		if (!has_advisory(st, name, len))
			fail_msg("%s: %.*s is missing", r->name, (int)len, name);
		name += len + 1;
	}
	assert_int_equal(st->advisory_count, count);	/* enclave and module add none here */
	wv_time_text(st->tcb_date, date);
	assert_memory_equal(name, "], '", 4);
	assert_memory_equal(name + 4, date, strlen(date));
}

static void real_platforms(void **state)
{
	struct wv_tcb_status st;
	struct wv_fault fault;
	size_t i;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		int rc = evaluate(r, &st, &fault);

		if (rc != r->rc || (!rc && (st.platform != r->platform || st.level != r->level)))
			print_error("%s: %s, platform %s, qe %s, module %s, in all %s, %zu advisories\n",
				    r->name, wv_reason_text(rc), wv_tcb_level_text(st.platform),
				    wv_tcb_level_text(st.qe), wv_tcb_level_text(st.module),
				    wv_tcb_level_text(st.level), st.advisory_count);
		ut_reason(r->rc, rc, &fault);
		as_the_manifest_says(r, rc, &st);
		if (rc)
			continue;
		assert_int_equal(st.platform, r->platform);
		assert_int_equal(st.level, r->level);
		assert_int_equal(st.unchecked, 0);
	}
}

/* How far behind: what MANIFEST.tsv says of the SVNs, against the newest level. */
static void how_far_behind(void **state)
{
	struct wv_tcb_status st;
	struct wv_fault fault;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	ut_reason(WV_OK, evaluate(&rows[2], &st, &fault), &fault);
	assert_int_equal(st.behind_tdx[2], 1);
	assert_int_equal(st.behind_module, 1);
	assert_int_equal(st.module, WV_TCB_OUT_OF_DATE);
	assert_int_equal(st.tcb_date, ut_time(2024, 3, 13));
	assert_int_equal(st.newest_date, ut_time(2024, 11, 13));
	assert_int_equal(st.outdated_since, ut_time(2024, 11, 13));
	assert_int_equal(st.evaluation, 18);
	ut_reason(WV_OK, evaluate(&rows[1], &st, &fault), &fault);
	assert_int_equal(st.outdated_since, 0);
	assert_int_equal(st.behind_tdx[2] | st.behind_module | st.behind_pcesvn, 0);
}

/* A revocation list of 2023 and one of 2026 name serial numbers of real platforms. */
static void described(void **state)
{
	static const struct {
		const char *file;
		int kind;
		size_t count;
	} files[] = {
		{ "tdx/2026-03-pck-platform.crl", WV_ITEM_CRL, 57 },
		{ "tdx/2026-03-root.crl", WV_ITEM_CRL, 0 },
		{ "tdx/v5-90c06f-tcbinfo.json", WV_ITEM_TCB_INFO_TDX, 3 },
		{ "sgx/v3-00a067-tcbinfo.json", WV_ITEM_TCB_INFO_SGX, 0 },
		{ "tdx/2026-03-qeidentity.json", WV_ITEM_TD_QE_IDENTITY, 1 },
		{ "sgx/v3-00a067-qeidentity.json", WV_ITEM_QE_IDENTITY, 6 },
		{ "tdx/tcbsign-chain.pem", WV_ITEM_CERTIFICATES, 2 },
		{ "snp/milan-v3-vcek.der", WV_ITEM_CERTIFICATES, 1 },
		{ "snp/milan-v3-report.bin", WV_ITEM_UNKNOWN, 0 },
	};
	struct wv_fault fault;
	struct wv_item item;
	size_t i;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct wv_bytes b = ut_vector(files[i].file);

		ut_reason(WV_OK, wv_collateral_describe(b, &item, &fault), &fault);
		assert_int_equal(item.kind, files[i].kind);
		if (files[i].count)
			assert_int_equal(item.count, files[i].count);
		ut_free(b);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_platforms),
		cmocka_unit_test(how_far_behind),
		cmocka_unit_test(described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
