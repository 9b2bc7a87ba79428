// SPDX-License-Identifier: MIT
/*
 * The certificates of a quote: in what order they may come, and what must be refused
 * of them, forged ones under Intel's names above all.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "quote.h"
#include "intel_group.h"
#include "quote_make.h"

/* A quote with @certs of @p in place of its chain, @root named as a root, or none. */
static int try_at(const struct intel_pki *p, struct wv_bytes certs, X509 *root, int64_t now,
		  struct wv_fault *fault)
{
	struct wv_roots *roots = wv_roots_new();
	struct quote_plan plan;
	struct wv_bytes in;
	struct quote q;
	struct pck pck;
	int rc;

	if (root) {
		struct wv_bytes pem = intel_pem(&root, 1);

		assert_int_equal(wv_roots_add(roots, pem, NULL), WV_OK);
		ut_free(pem);
	}
	quote_plan_new(&plan, p, 4, 0);
	plan.certs = certs;
	in = quote_make(&plan);
	ERR_clear_error();
	rc = quote_verify(in, roots, now, &q, &pck, fault);
	assert_int_equal(ERR_peek_error(), 0);
	pck_close(&pck);
	ut_free(in);
	quote_plan_free(&plan);
	wv_roots_free(roots);
	return rc;
}

static int try(const struct intel_pki *p, X509 *const *list, size_t count, X509 *root,
	       struct wv_fault *fault)
{
	struct wv_bytes certs = intel_pem(list, count);
	int rc = try_at(p, certs, root, INTEL_NOW, fault);

	ut_free(certs);
	return rc;
}

static void orders(void **state)
{
	X509 *l = pki.pck, *c = pki.ca, *r = pki.root, *t = pki.tcb;
	X509 *const lists[][5] = {
		{ l, c, r }, { l, r, c }, { c, l, r }, { r, c, l }, { l, c, r, r, c }, { l, c, r, t },
		{ l, c },	/* the named root fills in */
	};
	static const size_t counts[] = { 3, 3, 3, 3, 5, 4, 2 };
	struct wv_fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		ut_reason(WV_OK, try(&pki, lists[i], counts[i], r, &fault), &fault);
}

static void incomplete(void **state)
{
	X509 *l = pki.pck, *c = pki.ca, *r = pki.root;
	struct wv_fault fault;

	(void)state;
	ut_reason(WV_COLLATERAL_MISSING, try(&pki, (X509 *[]){ l }, 1, r, &fault), &fault);
	assert_string_equal(fault.field, "PCK");
	ut_reason(WV_COLLATERAL_MISSING, try(&pki, (X509 *[]){ l, r }, 2, r, &fault), &fault);
	ut_reason(WV_COLLATERAL_MISSING, try(&pki, (X509 *[]){ l, c }, 2, NULL, &fault), &fault);
	assert_string_equal(fault.field, "PCK-CA");
	ut_reason(WV_CHAIN_INVALID, try(&pki, (X509 *[]){ c, r }, 2, r, &fault), &fault);
	ut_reason(WV_CHAIN_INVALID, try(&pki, (X509 *[]){ r }, 1, r, &fault), &fault);
}

static void text(void **state)
{
	static const char *const bad[] = {
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no PEM", "0", " ",
	};
	struct wv_fault fault;
	struct wv_bytes chain = intel_chain(&pki), more;
	uint8_t *copy = calloc(1, chain.len + 8);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct wv_bytes b = { (const uint8_t *)bad[i], strlen(bad[i]) };

		ut_reason(WV_CERTIFICATE_DAMAGED, try_at(&pki, b, pki.root, INTEL_NOW, &fault),
			  &fault);
	}
	/* Zero bytes behind are how a string ends. */
	memcpy(copy, chain.data, chain.len);
	more = (struct wv_bytes){ copy, chain.len + 8 };
	ut_reason(WV_OK, try_at(&pki, more, pki.root, INTEL_NOW, &fault), &fault);
	ut_free(chain);
	free(copy);
}

/* Intel's names and everything else in order, but another key: nobody named its root. */
static void forged(void **state)
{
	struct wv_fault fault;
	struct wv_bytes real;
	X509 *intel;
	BIO *bio;

	(void)state;
	ut_reason(WV_CHAIN_UNTRUSTED, try(&pki, (X509 *[]){ pki.pck, pki.ca, pki.root }, 3, NULL,
					  &fault), &fault);
	assert_non_null(strstr(fault.text, "Intel SGX Root CA"));
	ut_reason(WV_OK, try(&pki, (X509 *[]){ pki.pck, pki.ca, pki.root }, 3, pki.root, &fault),
		  &fault);
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	/* Intel's own root beside it helps nothing, nor in its place. */
	real = ut_vector("sgx/intel-sgx-root-ca.pem");
	assert_non_null(real.data);
	bio = BIO_new_mem_buf(real.data, (int)real.len);
	intel = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	ut_reason(WV_CHAIN_UNTRUSTED, try(&pki, (X509 *[]){ pki.pck, pki.ca, intel, pki.root }, 4,
					  NULL, &fault), &fault);
	assert_true(X509_set_subject_name(pki.root, X509_get_subject_name(intel)));
	assert_true(X509_set_issuer_name(pki.ca, X509_get_subject_name(intel)));
	assert_true(X509_sign(pki.ca, pki.root_key, EVP_sha256()) > 0);
	ut_reason(WV_CHAIN_INVALID, try(&pki, (X509 *[]){ pki.pck, pki.ca, intel }, 3, NULL,
					&fault), &fault);
	X509_free(intel);
	ut_free(real);
}

/* A root whose key is trusted, but whose certificate somebody else wrote. */
static void self_signature(void **state)
{
	struct intel_pki p;
	struct wv_fault fault;
	X509 *root;

	(void)state;
	intel_pki_make(&intel_default, &p);
	root = X509_dup(p.root);
	assert_true(X509_sign(root, p.tcb_key, EVP_sha256()) > 0);
	ut_reason(WV_CHAIN_INVALID, try(&p, (X509 *[]){ p.pck, p.ca, root }, 3, p.root, &fault),
		  &fault);
	assert_string_equal(fault.field, "root");
	X509_free(root);
	intel_pki_free(&p);
}

static void set_window(X509 *x, EVP_PKEY *key, int64_t from, int64_t to)
{
	ASN1_TIME *a = ASN1_TIME_set(NULL, (time_t)from), *b = ASN1_TIME_set(NULL, (time_t)to);

	assert_true(X509_set1_notBefore(x, a) && X509_set1_notAfter(x, b) &&
		    X509_sign(x, key, EVP_sha256()) > 0);
	ASN1_TIME_free(a);
	ASN1_TIME_free(b);
}

static void windows(void **state)
{
	static const char *const fields[] = { "PCK", "PCK-CA", "root" };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct intel_pki p;
		struct wv_bytes certs;
		struct wv_fault fault;
		X509 *x;
		EVP_PKEY *key;

		intel_pki_make(&intel_default, &p);
		x = (X509 *[]){ p.pck, p.ca, p.root }[i];
		key = (EVP_PKEY *[]){ p.ca_key, p.root_key, p.root_key }[i];
		set_window(x, key, INTEL_NOW - 10, INTEL_NOW + 10);
		certs = intel_chain(&p);
		ut_reason(WV_OK, try_at(&p, certs, p.root, INTEL_NOW - 10, &fault), &fault);
		ut_reason(WV_OK, try_at(&p, certs, p.root, INTEL_NOW + 10, &fault), &fault);
		ut_reason(WV_CERTIFICATE_NOT_YET, try_at(&p, certs, p.root, INTEL_NOW - 11, &fault),
			  &fault);
		assert_string_equal(fault.field, fields[i]);
		ut_reason(WV_CERTIFICATE_EXPIRED, try_at(&p, certs, p.root, INTEL_NOW + 11, &fault),
			  &fault);
		assert_string_equal(fault.field, fields[i]);
		ut_free(certs);
		intel_pki_free(&p);
	}
}

static void drop_extension(X509 *x, int nid)
{
	int at = X509_get_ext_by_NID(x, nid, -1);

	assert_true(at >= 0);
	X509_EXTENSION_free(X509_delete_ext(x, at));
}

static void add_extension(X509 *x, const char *oid, int critical)
{
	static const uint8_t null[] = { 0x05, 0x00 };
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	X509_EXTENSION *e;

	assert_true(ASN1_OCTET_STRING_set(value, null, sizeof(null)));
	e = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	assert_true(e && X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
	ASN1_OBJECT_free(object);
	ASN1_OCTET_STRING_free(value);
}

#define SGX "1.2.840.113741.1.13.1"

static void add_sgx_again(struct intel_pki *p)
{
	add_extension(p->pck, SGX, 0);
}

static void replace_sgx(struct intel_pki *p)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(SGX, 1);

	X509_EXTENSION_free(X509_delete_ext(p->pck, X509_get_ext_by_OBJ(p->pck, oid, -1)));
	ASN1_OBJECT_free(oid);
	add_extension(p->pck, SGX, 0);
}

static void drop_sgx(struct intel_pki *p)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(SGX, 1);

	X509_EXTENSION_free(X509_delete_ext(p->pck, X509_get_ext_by_OBJ(p->pck, oid, -1)));
	ASN1_OBJECT_free(oid);
}

static void critical_pck(struct intel_pki *p)
{
	add_extension(p->pck, "1.3.6.1.4.1.99999.1", 1);
}

static void critical_ca(struct intel_pki *p)
{
	add_extension(p->ca, "1.3.6.1.4.1.99999.1", 1);
}

static void ca_is_none(struct intel_pki *p)
{
	drop_extension(p->ca, NID_basic_constraints);
	drop_extension(p->ca, NID_key_usage);
}

static void pck_is_ca(struct intel_pki *p)
{
	drop_extension(p->pck, NID_basic_constraints);
	drop_extension(p->pck, NID_key_usage);
	assert_true(X509_add1_ext_i2d(p->pck, NID_basic_constraints,
				      &(BASIC_CONSTRAINTS){ .ca = 1 }, 1, 0) == 1);
}

static void pck_on_p384(struct intel_pki *p)
{
	EVP_PKEY *key = EVP_EC_gen("P-384");

	assert_true(X509_set_pubkey(p->pck, key));
	EVP_PKEY_free(key);
}

/* Everything under the same root, changed and signed again. */
static const struct {
	void (*change)(struct intel_pki *p);
	const EVP_MD *(*md)(void);
	int want;
	const char *field;
} forms[] = {
	{ NULL, EVP_sha256, WV_OK, NULL },
	{ NULL, EVP_sha384, WV_CHAIN_INVALID, "PCK" },
	{ drop_sgx, EVP_sha256, WV_CERTIFICATE_DAMAGED, "PCK" },
	{ add_sgx_again, EVP_sha256, WV_CHAIN_INVALID, "PCK" },
	{ replace_sgx, EVP_sha256, WV_CERTIFICATE_DAMAGED, "PCK" },
	{ critical_pck, EVP_sha256, WV_CHAIN_INVALID, "PCK" },
	{ critical_ca, EVP_sha256, WV_CHAIN_INVALID, "PCK-CA" },
	{ ca_is_none, EVP_sha256, WV_CHAIN_INVALID, NULL },
	{ pck_is_ca, EVP_sha256, WV_CHAIN_INVALID, "PCK" },
	{ pck_on_p384, EVP_sha256, WV_CHAIN_INVALID, "PCK" },
};

static void wrong_forms(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct intel_pki p;
		struct wv_fault fault;

		intel_pki_make(&intel_default, &p);
		if (forms[i].change)
			forms[i].change(&p);
		assert_true(X509_sign(p.ca, p.root_key, EVP_sha256()) > 0);
		assert_true(X509_sign(p.pck, p.ca_key, forms[i].md()) > 0);
		print_message("form %zu\n", i);
		ut_reason(forms[i].want, try(&p, (X509 *[]){ p.pck, p.ca, p.root }, 3, p.root,
					     &fault), &fault);
		if (forms[i].field)
			assert_string_equal(fault.field, forms[i].field);
		intel_pki_free(&p);
	}
}

/* A certificate that its issuer's name is on, and not its signature. */
static void other_signers(void **state)
{
	struct intel_pki p, q;
	struct wv_fault fault;

	(void)state;
	intel_pki_make(&intel_default, &p);
	intel_pki_make(&intel_default, &q);
	ut_reason(WV_CHAIN_INVALID, try(&p, (X509 *[]){ p.pck, q.ca, q.root }, 3, q.root, &fault),
		  &fault);
	assert_string_equal(fault.field, "PCK");
	ut_reason(WV_CHAIN_INVALID, try(&p, (X509 *[]){ p.pck, p.ca, q.root }, 3, q.root, &fault),
		  &fault);
	assert_string_equal(fault.field, "PCK-CA");
	/* Both at hand: the one that signed is found. */
	ut_reason(WV_OK, try(&p, (X509 *[]){ p.pck, q.ca, p.ca, q.root, p.root }, 5, p.root, &fault),
		  &fault);
	/* One that is no platform's, below the root by itself: TCB signing. */
	ut_reason(WV_CHAIN_INVALID, try(&p, (X509 *[]){ p.tcb, p.ca, p.root }, 3, p.root, &fault),
		  &fault);
	intel_pki_free(&p);
	intel_pki_free(&q);
}

static struct wv_bytes pem_of_der(const struct wv_bytes *ders, size_t count)
{
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t *copy, *text;
	size_t i;
	long len;

	for (i = 0; i < count; i++)
		assert_true(PEM_write_bio(bio, "CERTIFICATE", "", ders[i].data, (long)ders[i].len) > 0);
	len = BIO_get_mem_data(bio, &text);
	copy = malloc((size_t)len);
	memcpy(copy, text, (size_t)len);
	BIO_free(bio);
	return (struct wv_bytes){ copy, (size_t)len };
}

/* A bit of each byte of the certificates that the root vouches for; no two files are the same. */
static void every_byte(void **state)
{
	struct wv_bytes ders[2];
	struct wv_fault fault;
	size_t i, at;

	(void)state;
	for (i = 0; i < 2; i++) {
		uint8_t *der = NULL;

		ders[i].len = (size_t)i2d_X509(i ? pki.ca : pki.pck, &der);
		ders[i].data = der;
	}
	for (i = 0; i < 2; i++) {
		for (at = 0; at < ders[i].len; at++) {
			uint8_t *byte = (uint8_t *)ders[i].data + at;
			struct wv_bytes certs;

			*byte ^= (uint8_t)(1u << at % 8);
			certs = pem_of_der(ders, 2);
			*byte ^= (uint8_t)(1u << at % 8);
			if (try_at(&pki, certs, pki.root, INTEL_NOW, &fault) == WV_OK)
				fail_msg("certificate %zu: byte %zu may be changed", i, at);
			ut_free(certs);
		}
	}
	for (i = 0; i < 2; i++)
		OPENSSL_free((uint8_t *)ders[i].data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders),
		cmocka_unit_test(incomplete),
		cmocka_unit_test(text),
		cmocka_unit_test(self_signature),
		cmocka_unit_test(windows),
		cmocka_unit_test(wrong_forms),
		cmocka_unit_test(other_signers),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(forged),
	};

	return cmocka_run_group_tests(tests, intel_setup, intel_teardown);
}
