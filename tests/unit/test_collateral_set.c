// SPDX-License-Identifier: MIT
/*
 * What all files of collateral may hold together.
 */
#include <stdlib.h>
#include <string.h>

#include "intel_group.h"
#include "store.h"

static struct wv_bytes list(void)
{
	struct crl_recipe r = { .issuer = pki.ca, .key = pki.ca_key, .aki = pki.ca,
				.from = INTEL_NOW - INTEL_DAY, .to = INTEL_NOW + INTEL_DAY };

	return crl_make(&r);
}

static void too_many(void **state)
{
	struct wv_bytes items[STORE_CRLS_MAX + 1];
	struct wv_collateral c = { .items = items, .item_count = STORE_CRLS_MAX };
	struct wv_bytes one = list();
	struct wv_fault fault;
	struct store s;
	size_t i;

	(void)state;
	for (i = 0; i <= STORE_CRLS_MAX; i++)
		items[i] = one;
	ut_reason(WV_OK, store_open(&s, &c, NULL, &fault), &fault);
	store_clear(&s);
	c.item_count++;
	ut_reason(WV_COLLATERAL_DAMAGED, store_open(&s, &c, NULL, &fault), &fault);
	assert_string_equal(fault.field, "items[32]");
	assert_string_equal(fault.text, "33 revocation lists: up to 32 are read; "
			    "give what this evidence needs");
	store_clear(&s);
	ut_free(one);
}

#define PKIS 14	/* of three certificates each: two more than are taken */

static struct wv_bytes der_of(X509 *cert)
{
	struct wv_bytes b = { NULL, 0 };
	uint8_t *der = NULL;
	int len = i2d_X509(cert, &der);

	assert_true(len > 0);
	b = (struct wv_bytes){ memcpy(malloc((size_t)len), der, (size_t)len), (size_t)len };
	OPENSSL_free(der);
	return b;
}

/* 40 different ones in DER and PEM, however often each is there; then one more. */
static void too_many_certs(void **state)
{
	static struct intel_pki many[PKIS];
	struct wv_bytes items[3 * PKIS];
	struct wv_collateral c = { .items = items };
	struct wv_fault fault;
	struct store s;
	size_t i;

	(void)state;
	for (i = 0; i < PKIS; i++)
		intel_pki_make(&intel_default, &many[i]);
	for (i = 0; i < PKIS - 1; i++) {
		items[c.item_count++] = der_of(many[i].root);
		items[c.item_count++] = intel_chain(&many[i]);
	}
	items[c.item_count++] = der_of(many[i].root);
	ut_reason(WV_OK, store_open(&s, &c, NULL, &fault), &fault);
	assert_int_equal(s.cert_count, WV_COLLATERAL_CERTS_MAX);
	store_clear(&s);
	items[c.item_count++] = intel_chain(&many[i]);
	ut_reason(WV_COLLATERAL_DAMAGED, store_open(&s, &c, NULL, &fault), &fault);
	assert_string_equal(fault.text, "56 certificates, with those that repeat: up to 40 different "
			    "ones are read; give what this evidence needs");
	store_clear(&s);
	while (c.item_count)
		ut_free(items[--c.item_count]);
	for (i = 0; i < PKIS; i++)
		intel_pki_free(&many[i]);
}

/* What is recognised counts, all of it; what is not does not. */
static void too_long_together(void **state)
{
	struct wv_bytes der = list(), pem = crl_pem(der);
	size_t len = WV_COLLATERAL_BYTES_MAX / 2;
	char *half = malloc(len);
	struct wv_bytes items[] = { { (uint8_t *)half, len }, { (const uint8_t *)"{}", 2 },
				    { (uint8_t *)half, len }, der };
	struct wv_collateral c = { .items = items, .item_count = 3, .ignore_unknown = 1 };
	struct wv_fault fault;
	struct store s;

	(void)state;
	assert_non_null(half);
	memset(half, '\n', len);
	memcpy(half + len - pem.len, pem.data, pem.len);
	ut_reason(WV_OK, store_open(&s, &c, NULL, &fault), &fault);
	assert_int_equal(s.crl_count, 2);
	store_clear(&s);
	c.item_count++;
	ut_reason(WV_COLLATERAL_DAMAGED, store_open(&s, &c, NULL, &fault), &fault);
	assert_string_equal(fault.field, "items[3]");
	assert_non_null(strstr(fault.text, " bytes: up to 131072 are read; "));
	assert_int_equal(strtoul(fault.text, NULL, 10), WV_COLLATERAL_BYTES_MAX + der.len);
	store_clear(&s);
	free(half);
	ut_free(der);
	ut_free(pem);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_many),
		cmocka_unit_test(too_many_certs),
		cmocka_unit_test(too_long_together),
	};

	return cmocka_run_group_tests(tests, intel_setup, intel_teardown);
}
