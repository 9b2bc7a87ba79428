// SPDX-License-Identifier: MIT
/*
 * Real quotes: each of the evidence folder's MANIFEST.tsv, its fields and its verdict.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "manifest.h"
#include "quote.h"

/* Verdicts but WV_OK, and times at which the certificates of each hold. */
static const struct {
	const char *name;
	int year, month, want;
} cases[] = {
	{ "tdx/v4-spr-50806f.bin", 2023, 7, WV_OK },
	{ "tdx/v4-gcp-00806f.bin", 2025, 7, WV_OK },
	{ "tdx/v5-90c06f.bin", 2026, 4, WV_OK },
	{ "tdx/v5-90c06f-alibaba.bin", 2026, 4, WV_OK },
	{ "tdx/v4-b0c06f.bin", 2025, 7, WV_OK },
	{ "tdx/v4-00a06d.bin", 2025, 7, WV_OK },
	{ "tdx/v4-debug-50806f.bin", 2026, 4, WV_OK },
	{ "sgx/v3-00a067.bin", 2025, 7, WV_OK },
	{ "sgx/v3-debug-00606a.bin", 2025, 7, WV_OK },
	{ "sgx/v3-certtype3-ppid.bin", 2025, 7, WV_PCK_ABSENT },
	{ "sgx/v3-chain-order-00906e.bin", 2025, 7, WV_OK },
	{ "sgx/neg-v3-corrupt-00906e.bin", 2025, 7, WV_SIGNATURE_INVALID },
	{ "azure/tdx-tdquote.bin", 2025, 7, WV_OK },
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

/* The value of "@key=" in a row's list of expected values, up to the next ';'. */
static bool value_of(const char *row, const char *key, char *out, size_t size)
{
	size_t len = strlen(key);
	const char *p;

	for (p = row; (p = strstr(p, key)); p += len)
		if (p[len] == '=' && (p == row || strchr("\t \"", p[-1])))
			break;
	if (!p)
		return false;
	p += len + 1;
	snprintf(out, size, "%.*s", (int)strcspn(p, ";\t\n"), p);
	return true;
}

static int seen;

static void same_bytes(const char *row, const char *key, const uint8_t *have, size_t len)
{
	char want[512], text[300];

	if (!value_of(row, key, want, sizeof(want)))
		return;
	hex_encode(have, len, text);
	assert_string_equal(text, want);
	seen++;
}

static void same_number(const char *row, const char *key, unsigned long long have)
{
	char want[512];

	if (!value_of(row, key, want, sizeof(want)))
		return;
	assert_int_equal(strtoull(want, NULL, 0), have);
	seen++;
}

/* Bytes of the numbers as they lie there. */
static void same_le(const char *row, const char *key, uint64_t a, uint64_t b, size_t len)
{
	uint8_t bytes[16];
	int i;

	for (i = 0; i < 8; i++) {
		bytes[i] = (uint8_t)(a >> 8 * i);
		bytes[8 + i] = (uint8_t)(b >> 8 * i);
	}
	same_bytes(row, key, bytes, len);
}

static void same_td(const char *row, const struct wv_tdx *t)
{
	same_bytes(row, "tee_tcb_svn", t->tee_tcb_svn, 16);
	same_bytes(row, "mrseam", t->mr_seam, 48);
	same_le(row, "tdattr", t->attributes, 0, 8);
	same_le(row, "xfam", t->xfam, 0, 8);
	same_bytes(row, "mrtd", t->mr_td, 48);
	same_bytes(row, "mrconfigid", t->mr_config_id, 48);
	same_bytes(row, "rtmr0", t->rtmr[0], 48);
	same_bytes(row, "rtmr1", t->rtmr[1], 48);
	same_bytes(row, "rtmr2", t->rtmr[2], 48);
	same_bytes(row, "rtmr3", t->rtmr[3], 48);
	same_bytes(row, "report_data", t->report_data, 64);
	same_bytes(row, "tee_tcb_svn2", t->tee_tcb_svn2, 16);
	same_bytes(row, "mrservicetd", t->mr_service_td, 48);
	same_number(row, "body_type", t->header.version == 5 ? (unsigned int)t->body : 0);
	same_number(row, "debug", t->attributes & 1);
}

static void same_enclave(const char *row, const struct wv_enclave *e)
{
	same_bytes(row, "cpusvn", e->cpu_svn, 16);
	same_le(row, "attributes", e->attributes, e->xfrm, 16);
	same_bytes(row, "mrenclave", e->mr_enclave, 32);
	same_bytes(row, "mrsigner", e->mr_signer, 32);
	same_number(row, "prodid", e->prod_id);
	same_number(row, "isvsvn", e->svn);
	same_bytes(row, "report_data", e->report_data, 64);
	same_number(row, "debug", !!(e->attributes & WV_SGX_DEBUG));
}

/* What may be read of a quote whether it verifies or not. */
static void same_quote(const char *row, const struct quote *q, struct wv_bytes file)
{
	bool tdx = q->header.tee_type == QUOTE_TEE_TDX;

	same_number(row, "v", q->header.version);
	same_number(row, "tee", q->header.tee_type);
	same_number(row, "filelen", file.len);
	same_number(row, "total", file.len - (tdx ? q->tdx.trailing : q->sgx.trailing));
	same_number(row, "qe_isvsvn", quote_qe(q)->svn);
	if (tdx)
		same_td(row, &q->tdx);
	else
		same_enclave(row, &q->sgx.enclave);
}

/* Validity and serial number of the PCK certificate: "2022-09-20..2029-09-20 serial bba6..." */
static void same_pck(const char *row, const struct pck *pck)
{
	char want[512], text[64], end[32];
	const ASN1_INTEGER *serial = X509_get0_serialNumber(pck->chain[0]);
	int64_t from, to;

	same_bytes(row, "fmspc", pck->info.fmspc, 6);
	if (!value_of(row, "pck", want, sizeof(want)))
		return;
	assert_true(cert_times(pck->chain[0], &from, &to));
	wv_time_text(from, text);
	wv_time_text(to, end);
	assert_memory_equal(want, text, 10);
	assert_memory_equal(want + 12, end, 10);
	hex_encode(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial), text);
	assert_non_null(strstr(want, text));
	seen += 2;
}

static void one(const char *row, size_t n)
{
	struct wv_bytes file = ut_vector(cases[n].name);
	struct wv_roots *roots = wv_roots_new();
	struct wv_fault fault;
	struct quote q;
	struct pck pck;
	int rc, before = seen;

	assert_non_null(file.data);
	assert_true(quote_is(file));
	rc = quote_verify(file, roots, ut_time(cases[n].year, cases[n].month, 1), &q, &pck, &fault);
	ut_reason(cases[n].want, rc, &fault);
	if (rc != WV_PCK_ABSENT)
		same_quote(row, &q, file);
	else
		same_enclave(row, &q.sgx.enclave);
	if (!rc) {
		same_pck(row, &pck);
		assert_int_equal(pck.info.named_root, 0);
	}
	print_message("%s: %d fields as the manifest has them\n", cases[n].name, seen - before);
	assert_true(seen - before >= 3);
	pck_close(&pck);
	wv_roots_free(roots);
	ut_free(file);
}

/* Every quote of the folder is one of the cases. */
static void manifest(void **state)
{
	struct wv_bytes table;
	char *text, *line, *save = NULL, *around = NULL;
	size_t n, rows = 0;

	(void)state;
	manifest_need();
	table = ut_vector("MANIFEST.tsv");
	assert_non_null(table.data);
	text = strndup((const char *)table.data, table.len);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *kind = strchr(line, '\t') + 1;

		if (!strncmp(line, "azure/tdx-hcl.bin", 17))
			around = line;
		if (strncmp(kind, "tdx quote", 9) && strncmp(kind, "sgx quote", 9) &&
		    strncmp(kind, "azure TD quote", 14))
			continue;
		for (n = 0; n < CASES; n++)
			if (!strncmp(line, cases[n].name, strlen(cases[n].name)))
				break;
		if (n == CASES)
			fail_msg("no case for %.60s", line);
		/* The TD quote of Azure's has its fields at the report that goes with it. */
		one(strncmp(line, "azure/", 6) ? line : around, n);
		rows++;
	}
	assert_int_equal(rows, CASES);
	free(text);
	ut_free(table);
}

/* Every certificate of each has a time before and a time after it. */
static void windows(void **state)
{
	struct wv_roots *roots = wv_roots_new();
	struct wv_fault fault;
	struct quote q;
	struct pck pck;
	size_t n;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	for (n = 0; n < CASES; n++) {
		struct wv_bytes file = ut_vector(cases[n].name);
		int64_t from, to;

		if (cases[n].want) {
			ut_free(file);
			continue;
		}
		assert_int_equal(quote_verify(file, roots, ut_time(cases[n].year, cases[n].month,
								   1), &q, &pck, &fault), WV_OK);
		from = pck.info.not_before;
		to = pck.info.not_after;
		pck_close(&pck);
		ut_reason(WV_CERTIFICATE_NOT_YET,
			  quote_verify(file, roots, from - 1, &q, &pck, &fault), &fault);
		pck_close(&pck);
		ut_reason(WV_OK, quote_verify(file, roots, from, &q, &pck, &fault), &fault);
		pck_close(&pck);
		ut_reason(WV_OK, quote_verify(file, roots, to, &q, &pck, &fault), &fault);
		pck_close(&pck);
		ut_reason(WV_CERTIFICATE_EXPIRED,
			  quote_verify(file, roots, to + 1, &q, &pck, &fault), &fault);
		pck_close(&pck);
		ut_free(file);
	}
	wv_roots_free(roots);
}

/* What follows a quote: text in one, zeroes in others. */
static void trailing(void **state)
{
	struct wv_bytes file;
	struct quote q;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	file = ut_vector("tdx/v4-spr-50806f.bin");
	assert_int_equal(quote_parse(file, &q, NULL), WV_OK);
	assert_int_equal(q.tdx.trailing, 39);
	assert_int_equal(q.tdx.trailing_zero, 0);
	ut_free(file);
	file = ut_vector("tdx/v4-gcp-00806f.bin");
	assert_int_equal(quote_parse(file, &q, NULL), WV_OK);
	assert_int_equal(q.tdx.trailing, 8000 - 4935);
	assert_int_equal(q.tdx.trailing_zero, 1);
	ut_free(file);
}

#define FILES_MAX 6

/* What a policy says that accepts any TD or enclave which is not under debug. */
static const struct {
	const char *quote;
	const char *files[FILES_MAX];
	int year, month;
	const char *policy;
	int want;
} verdicts[] = {
#define B0 { "tdx/v4-b0c06f-tcbinfo.json", "tdx/v4-b0c06f-qeidentity.json", \
	     "tdx/v4-b0c06f-pck.crl", "tdx/v4-b0c06f-root.crl", "tdx/v4-b0c06f-tcbsign-chain.pem" }
#define V5 { "tdx/v5-90c06f-tcbinfo.json", "tdx/2026-03-qeidentity.json", \
	     "tdx/2026-03-pck-platform.crl", "tdx/2026-03-root.crl", "tdx/tcbsign-chain.pem" }
#define DEBUGGED { "tdx/v4-debug-50806f-tcbinfo.json", "tdx/2026-03-qeidentity.json", \
	     "tdx/2026-03-pck-platform.crl", "tdx/2026-03-root.crl", "tdx/tcbsign-chain.pem" }
#define SPR { "tdx/v4-spr-50806f-tcbinfo.json", "tdx/v4-spr-50806f-qeidentity.json", \
	     "tdx/v4-spr-50806f-pck.crl", "tdx/v4-spr-50806f-root.crl", "tdx/tcbsign-chain-2018.pem" }
#define SGX { "sgx/v3-00a067-tcbinfo.json", "sgx/v3-00a067-qeidentity.json", \
	     "sgx/v3-00a067-pck.crl", "sgx/v3-00a067-root.crl", "sgx/v3-00a067-tcbsign-chain.pem" }
#define ANY "\"accept_unmeasured\":true"
#define CRL ANY ",\"collateral\":{\"crl\":\"required\"}"
#define OLD ANY ",\"collateral\":{\"crl\":\"required\",\"tcb_status\":[\"UpToDate\",\"OutOfDate\"]}"
#define SGX_STATUS ANY ",\"collateral\":{\"crl\":\"required\"," \
	"\"tcb_status\":[\"ConfigurationAndSWHardeningNeeded\"]}"
	{ "tdx/v4-b0c06f.bin", B0, 2025, 7, CRL, WV_OK },
	{ "tdx/v4-b0c06f.bin", { NULL }, 2025, 7, ANY, WV_OK },
	{ "tdx/v4-b0c06f.bin", { NULL }, 2025, 7, CRL, WV_CRL_MISSING },
	{ "tdx/v5-90c06f.bin", V5, 2026, 4, CRL, WV_OK },
	{ "tdx/v5-90c06f-alibaba.bin", V5, 2026, 4, CRL, WV_TCB_STATUS_REFUSED },
	{ "tdx/v5-90c06f-alibaba.bin", V5, 2026, 4, OLD, WV_OK },
	{ "tdx/v4-debug-50806f.bin", DEBUGGED, 2026, 4, CRL, WV_TCB_STATUS_REFUSED },
	{ "tdx/v4-debug-50806f.bin", DEBUGGED, 2026, 4, OLD, WV_DEBUG_ALLOWED },
	{ "tdx/v4-debug-50806f.bin", DEBUGGED, 2026, 4, OLD ",\"allow_debug\":true", WV_OK },
	{ "tdx/v4-spr-50806f.bin", SPR, 2023, 7, CRL, WV_TCB_UNSUPPORTED },
	{ "tdx/v4-spr-50806f.bin", { NULL }, 2023, 7, ANY, WV_OK },
	{ "tdx/v4-gcp-00806f.bin", { NULL }, 2025, 7, ANY, WV_OK },
	{ "tdx/v4-00a06d.bin", { NULL }, 2025, 7, ANY, WV_OK },
	{ "sgx/v3-00a067.bin", SGX, 2025, 7, CRL, WV_TCB_STATUS_REFUSED },
	{ "sgx/v3-00a067.bin", SGX, 2025, 7, SGX_STATUS, WV_OK },
	{ "sgx/v3-debug-00606a.bin", { NULL }, 2025, 7, ANY, WV_DEBUG_ALLOWED },
	{ "sgx/v3-chain-order-00906e.bin", { NULL }, 2025, 7, ANY, WV_DEBUG_ALLOWED },
	{ "sgx/v3-chain-order-00906e.bin", { NULL }, 2025, 7, ANY ",\"allow_debug\":true", WV_OK },
	{ "sgx/neg-v3-corrupt-00906e.bin", { NULL }, 2025, 7, ANY ",\"allow_debug\":true",
	  WV_SIGNATURE_INVALID },
	{ "sgx/v3-certtype3-ppid.bin", { NULL }, 2025, 7, ANY, WV_PCK_ABSENT },
	{ "azure/tdx-tdquote.bin", { NULL }, 2025, 7, ANY, WV_OK },
};

static void judge(size_t n, const struct wv_roots *roots)
{
	struct wv_bytes items[FILES_MAX] = { { NULL, 0 } };
	struct wv_collateral c = { .items = items };
	struct wv_evidence e = { .data = ut_vector(verdicts[n].quote) };
	struct wv_appraisal a = { .roots = roots, .collateral = &c,
				  .now = ut_time(verdicts[n].year, verdicts[n].month, 1) };
	char text[512];
	int len = snprintf(text, sizeof(text), "{\"ward-policy\":1,\"allow_tee\":[\"tdx\"],%s}",
			   verdicts[n].policy);
	struct wv_verdict v;

	assert_int_equal(wv_policy_parse((struct wv_bytes){ (uint8_t *)text, (size_t)len },
					 (struct wv_policy **)&a.policy, NULL), WV_OK);
	for (; c.item_count < FILES_MAX && verdicts[n].files[c.item_count]; c.item_count++) {
		items[c.item_count] = ut_vector(verdicts[n].files[c.item_count]);
		assert_non_null(items[c.item_count].data);
	}
	snprintf(e.tee, sizeof(e.tee), "%s", wv_evidence_find(e.data));
	print_message("%s\n", verdicts[n].quote);
	ut_reason(verdicts[n].want, wv_verify_evidence(&e, (struct wv_bytes){ NULL, 0 }, &a, &v),
		  &v.fault);
	while (c.item_count)
		ut_free(items[--c.item_count]);
	ut_free(e.data);
	wv_policy_free((struct wv_policy *)a.policy);
}

/* As a relying party has it: with the collateral of its days, and without. */
static void appraised(void **state)
{
	struct wv_roots *roots = wv_roots_new();
	size_t n;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	for (n = 0; n < sizeof(verdicts) / sizeof(verdicts[0]); n++)
		judge(n, roots);
	wv_roots_free(roots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manifest),
		cmocka_unit_test(windows),
		cmocka_unit_test(trailing),
		cmocka_unit_test(appraised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
