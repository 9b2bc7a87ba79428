// SPDX-License-Identifier: MIT
/*
 * What Intel published for real platforms, and the roots of all vendors: each file's row in the
 * evidence folder's MANIFEST.tsv. A row of a kind that is not judged here fails the test; quotes
 * are test_quote_vectors.c's, and levels that come of these files test_tcb_vectors.c's.
 */
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crl.h"
#include "manifest.h"
#include "roots.h"

static int judged;

/* The time at @key as the manifest writes it: in RFC 3339, or with a blank and without the Z. */
static void same_time(const char *row, const char *key, int64_t have)
{
	const char *want = manifest_value(row, key);
	char text[32];

	wv_time_text(have, text);
	if (want && strchr(want, ' ')) {
		*strchr(text, 'T') = ' ';
		*strchr(text, 'Z') = '\0';
	}
	manifest_text(row, key, text);
}

static struct wv_item described(struct wv_bytes file)
{
	struct wv_fault fault;
	struct wv_item item;

	ut_reason(WV_OK, wv_collateral_describe(file, &item, &fault), &fault);
	return item;
}

/* ---- TCB info and identities of enclaves ------------------------------------------- */

static void document(const char *name, const char *row)
{
	static const struct { const char *id; int kind; } ids[] = {
		{ "SGX", WV_ITEM_TCB_INFO_SGX }, { "TDX", WV_ITEM_TCB_INFO_TDX },
		{ "QE", WV_ITEM_QE_IDENTITY }, { "TD_QE", WV_ITEM_TD_QE_IDENTITY },
	};
	struct wv_bytes file = ut_vector(name);
	struct wv_item item = described(file);
	size_t i;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i].kind == item.kind)
			manifest_text(row, "id", ids[i].id);
	assert_true(item.kind >= WV_ITEM_TCB_INFO_SGX && item.kind <= WV_ITEM_TD_QE_IDENTITY);
	same_time(row, "issueDate", item.issued);
	same_time(row, "nextUpdate", item.next_update);
	manifest_number(row, "tcbEvaluationDataNumber", item.evaluation);
	assert_int_equal(item.has_fmspc, manifest_value(row, "fmspc") != NULL);
	if (item.has_fmspc) {
		char fmspc[13];

		snprintf(fmspc, sizeof(fmspc), "%02x%02x%02x%02x%02x%02x", item.fmspc[0],
			 item.fmspc[1], item.fmspc[2], item.fmspc[3], item.fmspc[4], item.fmspc[5]);
		assert_int_equal(strcasecmp(fmspc, manifest_value(row, "fmspc")), 0);
		manifest_hex(row, "pceId", item.pce_id, 2);
	}
	assert_string_equal(manifest_value(row, "version"), item.has_fmspc ? "3" : "2");
	assert_true(item.count > 0);
	ut_free(file);
}

/* ---- chains ------------------------------------------------------------------------ */

static struct cert_list certs_of(const char *name)
{
	struct cert_list list = { 0 };
	struct wv_bytes file = ut_vector(name);

	assert_int_equal(cert_list_add(&list, file, name, NULL), WV_OK);
	ut_free(file);
	return list;
}

/* Whoever signs, and Intel's root, whose key is built in. */
static void chain(const char *name, bool of_ca)
{
	struct cert_list list = certs_of(name);
	struct wv_roots *roots = wv_roots_new();
	char cn[64];

	assert_int_equal(list.count, 2);
	cert_common_name(X509_get_subject_name(list.certs[0]), cn, sizeof(cn));
	if (of_ca)
		assert_true(!strcmp(cn, "Intel SGX PCK Processor CA") ||
			    !strcmp(cn, "Intel SGX PCK Platform CA"));
	else
		assert_string_equal(cn, "Intel SGX TCB Signing");
	assert_int_equal(cert_is_ca(list.certs[0]), of_ca);
	assert_int_equal(cert_is_leaf(list.certs[0]), !of_ca);
	assert_int_equal(cert_signs_lists(list.certs[0]), of_ca);
	assert_true(cert_signed_as(CERT_INTEL, list.certs[0], list.certs[1]));
	assert_true(cert_signed_as(CERT_INTEL, list.certs[1], list.certs[1]));
	assert_non_null(roots_find(roots, list.certs[1], VENDOR_INTEL));
	assert_null(roots_find(roots, list.certs[0], VENDOR_INTEL));
	wv_roots_free(roots);
	cert_list_clear(&list);
}

/* ---- revocation lists -------------------------------------------------------------- */

#define CAS 3

/* Who signs Intel's lists: the CAs of both kinds of platform, and the root. */
static X509 *issuer_of(const char *name, struct cert_list lists[2])
{
	X509 *const cas[CAS] = { lists[0].certs[0], lists[1].certs[0], lists[0].certs[1] };
	char cn[64];
	size_t i;

	for (i = 0; i < CAS; i++) {
		cert_common_name(X509_get_subject_name(cas[i]), cn, sizeof(cn));
		if (!strcmp(cn, name))
			return cas[i];
	}
	fail_msg("nobody is called %s", name);
	return NULL;
}

static int look_up(struct wv_bytes file, X509 *issuer, X509 *cert, int64_t now)
{
	struct wv_collateral c = { .items = &file, .item_count = 1 };
	struct crl_query q = { .cert = cert, .issuer = issuer, .form = CERT_INTEL, .now = now,
			       .required = true, .field = "cert" };
	bool checked = false;
	struct store s;
	int rc = store_open(&s, &c, NULL, NULL);

	if (!rc)
		rc = crl_check(&s, &q, &checked, NULL);
	store_clear(&s);
	assert_int_equal(checked, rc == WV_OK);
	return rc;
}

/* Each serial number of the list, on a certificate of the same issuer's. */
static void each_revoked(struct wv_bytes file, X509 *issuer, size_t count, int64_t now)
{
	const uint8_t *p = file.data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)file.len);
	STACK_OF(X509_REVOKED) *all = crl ? X509_CRL_get_REVOKED(crl) : NULL;
	X509 *cert = X509_dup(issuer);
	size_t i;

	assert_true(crl && cert);
	assert_int_equal(all ? sk_X509_REVOKED_num(all) : 0, count);
	for (i = 0; i < count; i++) {
		const X509_REVOKED *r = sk_X509_REVOKED_value(all, (int)i);

		assert_true(X509_set_serialNumber(cert, (ASN1_INTEGER *)
						  X509_REVOKED_get0_serialNumber(r)));
		assert_int_equal(look_up(file, issuer, cert, now), WV_CERTIFICATE_REVOKED);
	}
	X509_free(cert);
	X509_CRL_free(crl);
}

static void list(const char *name, const char *row)
{
	struct cert_list lists[2] = { certs_of("sgx/v3-00a067-pckca-chain.pem"),
				      certs_of("tdx/v4-b0c06f-pckca-chain.pem") };
	struct wv_bytes file = ut_vector(name);
	struct wv_item item = described(file);
	const char *said = manifest_value(row, "issuer");
	X509 *issuer, *other;

	assert_int_equal(item.kind, WV_ITEM_CRL);
	assert_non_null(said);	/* the end of a name: "N=Intel SGX PCK Processor CA" */
	assert_string_equal(item.issuer, strrchr(said, '=') + 1);
	same_time(row, "this", item.issued);
	same_time(row, "next", item.next_update);
	manifest_number(row, "revoked", item.count);
	issuer = issuer_of(item.issuer, lists);
	other = issuer == lists[0].certs[1] ? lists[0].certs[0] : lists[0].certs[1];
	assert_int_equal(look_up(file, issuer, issuer, item.issued), WV_OK);
	assert_int_equal(look_up(file, issuer, issuer, item.next_update), WV_OK);
	assert_int_equal(look_up(file, issuer, issuer, item.issued - 1), WV_CLOCK_SUSPECT);
	assert_int_equal(look_up(file, issuer, issuer, item.next_update + 1),
			 WV_COLLATERAL_EXPIRED);
	assert_int_equal(look_up(file, other, other, item.issued), WV_CRL_MISSING);
	each_revoked(file, issuer, item.count, item.issued);
	((uint8_t *)file.data)[file.len - 1] ^= 1;
	assert_int_equal(look_up(file, issuer, issuer, item.issued), WV_CRL_INVALID);
	ut_free(file);
	cert_list_clear(&lists[0]);
	cert_list_clear(&lists[1]);
}

/* ---- roots ------------------------------------------------------------------------- */

static void root(const char *name, const char *row, const char *digest_key, enum vendor vendor)
{
	static const enum cert_form forms[] = { CERT_AMD, CERT_INTEL, CERT_NVIDIA, CERT_NVIDIA };
	struct cert_list list = certs_of(name);
	struct wv_roots *roots = wv_roots_new();
	const struct anchor *anchor = roots_find(roots, list.certs[0], vendor);
	const char *want = manifest_value(row, digest_key);
	uint8_t digest[32];
	int64_t from, to;
	char text[65];
	size_t i;

	assert_int_equal(list.count, 1);
	assert_true(X509_digest(list.certs[0], EVP_sha256(), digest, NULL));
	for (i = 0; i < sizeof(digest); i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	assert_true(want && strlen(want) >= 64);
	assert_memory_equal(want, text, 64);	/* of Nitro's, a remark follows */
	assert_non_null(anchor);
	assert_int_equal(anchor->named, 0);
	assert_null(roots_find(roots, list.certs[0], vendor == VENDOR_AMD ? VENDOR_AWS : VENDOR_AMD));
	assert_true(cert_signed_as(forms[vendor], list.certs[0], list.certs[0]));
	assert_true(cert_is_ca(list.certs[0]) && cert_times(list.certs[0], &from, &to));
	if (vendor == VENDOR_INTEL)
		same_time(row, "notafter", to);
	wv_roots_free(roots);
	cert_list_clear(&list);
}

static bool is(const char *kind, const char *begin)
{
	return !strncmp(kind, begin, strlen(begin));
}

static void any_row(const char *name, const char *kind, const char *row, void *arg)
{
	(void)arg;
	if (is(kind, "tdx quote") || is(kind, "sgx quote"))
		return;
	print_message("%s\n", name);
	if (is(kind, "collateral TCB info") || is(kind, "collateral QE identity"))
		document(name, row);
	else if (is(kind, "collateral TCB signing chain"))
		chain(name, false);
	else if (is(kind, "collateral PCK CA"))
		chain(name, true);
	else if (is(kind, "CRL DER"))
		list(name, row);
	else if (is(kind, "Intel SGX Root CA"))
		root(name, row, "sha256(DER)", VENDOR_INTEL);
	else if (is(kind, "AWS Nitro Enclaves root"))
		root(name, row, "sha256(DER)", VENDOR_AWS);
	else if (is(kind, "NVIDIA device identity root"))
		root(name, row, "sha256", VENDOR_NVIDIA);
	else
		fail_msg("%s: nothing judges a row of kind '%s'", name, kind);
	judged++;
}

static void every_row(void **state)
{
	(void)state;
	manifest_need();
	manifest_each("tdx/", any_row, NULL);
	manifest_each("sgx/", any_row, NULL);
	manifest_each("nitro/aws-root", any_row, NULL);
	manifest_each("gpu/nvidia-device-root", any_row, NULL);
	print_message("%d files\n", judged);
	assert_true(judged >= 27);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_row) };

	return cmocka_run_group_tests_name("collateral vectors", tests, NULL, NULL);
}
