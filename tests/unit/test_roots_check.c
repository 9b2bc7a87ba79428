// SPDX-License-Identifier: MIT
/* wv_roots_check(): whether a root certificate that came along is one of the trusted. */
#include <string.h>

#include <openssl/pem.h>

#include "cert.h"
#include "roots.h"
#include "sim.h"

static struct sim_pki pki;

static int make(void **state)
{
	(void)state;
	return sim_pki_make(&sim_default_recipe, NULL, &pki);
}

static int drop(void **state)
{
	(void)state;
	sim_pki_free(&pki);
	return 0;
}

static int check(const struct wv_roots *roots, X509 *cert, int vendor, int product)
{
	struct wv_bytes pem = sim_pem(cert);
	struct wv_fault fault;
	int rc = wv_roots_check(roots, &pem, vendor, product, &fault);

	assert_int_equal(rc, fault.reason);
	ut_free(pem);
	return rc;
}

static void test_stranger(void **state)
{
	struct wv_roots *roots = wv_roots_new();
	int vendor;

	(void)state;
	for (vendor = WV_VENDOR_AMD; vendor <= WV_VENDOR_NVIDIA; vendor++)
		assert_int_equal(check(roots, pki.ark, vendor, 0), WV_CHAIN_UNTRUSTED);
	wv_roots_free(roots);
}

static void test_named(void **state)
{
	struct wv_roots *roots = wv_roots_new();
	struct wv_bytes pem = sim_pem(pki.ark);

	(void)state;
	assert_int_equal(wv_roots_add(roots, pem, NULL), WV_OK);
	ut_free(pem);
	assert_int_equal(check(roots, pki.ark, WV_VENDOR_AMD, WV_PRODUCT_MILAN), WV_OK);
	assert_int_equal(check(roots, pki.ark, WV_VENDOR_INTEL, 0), WV_OK);
	assert_int_equal(check(roots, pki.ask, WV_VENDOR_AMD, 0), WV_CHAIN_UNTRUSTED);
	wv_roots_free(roots);
}

/* A vendor's root counts for its own evidence, and for others' when somebody names it. */
static void test_real(void **state)
{
	struct wv_roots *roots;
	const struct anchor *a;
	struct wv_bytes pem;
	X509 *intel;
	BIO *bio;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	pem = ut_vector("sgx/intel-sgx-root-ca.pem");
	assert_non_null(pem.data);
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	intel = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	assert_non_null(intel);
	roots = wv_roots_new();
	assert_null(roots_named(roots, intel));
	assert_int_equal(check(roots, intel, WV_VENDOR_INTEL, 0), WV_OK);
	assert_int_equal(check(roots, intel, WV_VENDOR_NVIDIA, 0), WV_CHAIN_UNTRUSTED);
	assert_int_equal(wv_roots_add(roots, pem, NULL), WV_OK);
	assert_int_equal(wv_roots_add(roots, pem, NULL), WV_OK);
	a = roots_named(roots, intel);
	assert_non_null(a);
	assert_int_equal(a->named, 1);
	assert_int_equal(check(roots, intel, WV_VENDOR_NVIDIA, 0), WV_OK);
	/* As Intel's it is the one that is built in. */
	a = roots_find(roots, intel, VENDOR_INTEL);
	assert_non_null(a);
	assert_int_equal(a->named, 0);
	X509_free(intel);
	ut_free(pem);
	wv_roots_free(roots);
}

static void test_form(void **state)
{
	struct wv_roots *roots = wv_roots_new();
	struct wv_bytes one = sim_pem(pki.ark), none = { (const uint8_t *)"x", 1 };
	uint8_t *two = malloc(2 * one.len);
	struct wv_bytes both = { two, 2 * one.len };

	(void)state;
	memcpy(two, one.data, one.len);
	memcpy(two + one.len, one.data, one.len);
	assert_int_equal(wv_roots_check(roots, &both, WV_VENDOR_AMD, 0, NULL),
			 WV_CERTIFICATE_DAMAGED);
	assert_int_equal(wv_roots_check(roots, &none, WV_VENDOR_AMD, 0, NULL),
			 WV_CERTIFICATE_DAMAGED);
	free(two);
	ut_free(one);
	wv_roots_free(roots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_form),
	};

	return cmocka_run_group_tests_name("roots_check", tests, make, drop);
}
