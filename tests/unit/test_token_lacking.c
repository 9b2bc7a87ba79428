// SPDX-License-Identifier: MIT
/* Tokens of attestation services, each of jansson's allocations failing once. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "token_make.h"
#include "wardverify_token.h"

#define DIGEST(d) d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d

static unsigned long made, failing;

/* jansson 2.14 does not survive that its text cannot grow: 16 bytes, 32, and so on. */
static void *lacking_json(size_t size)
{
	bool text = size >= 16 && !(size & (size - 1));

	return !text && ++made == failing ? NULL : malloc(size);
}

/*
 * A want of memory refuses, and says something: jansson itself has no words for it at times,
 * and blames the text at others.
 */
static void token_of_a_service(void **state)
{
	static const char text[] =
		"{\"exp\":1800000300,\"iat\":1800000000,\"iss\":\"https://portal.trustauthority.intel.com\","
		"\"attester_type\":\"TDX\",\"attester_tcb_status\":\"UpToDate\",\"dbgstat\":\"disabled\","
		"\"tdx_td_attributes_debug\":false,\"tdx_is_debuggable\":false,\"policy_ids_unmatched\":[],"
		"\"tdx_mrtd\":\"" DIGEST("a0") "\",\"tdx_rtmr0\":\"" DIGEST("b0") "\","
		"\"tdx_rtmr1\":\"" DIGEST("b1") "\",\"tdx_rtmr2\":\"" DIGEST("b2") "\","
		"\"tdx_rtmr3\":\"" DIGEST("b3") "\"}";
	json_t *key = token_key_make("ES256", "ES256");
	char *jwks = token_jwks(json_pack("[o]", token_key_public(key)));
	char *token = token_make(key, text);
	uint8_t launch[48];
	struct wv_token_appraisal a = {
		.measurement = { launch, sizeof(launch) },
		.jwks = { (const uint8_t *)jwks, strlen(jwks) },
		.now = 1800000000, .leeway = WV_TOKEN_LEEWAY,
	};
	struct wv_bytes in = { (const uint8_t *)token, strlen(token) };
	unsigned long n, all, named = 0;
	struct wv_token t;
	int rc;

	(void)state;
	memset(launch, 0xa0, sizeof(launch));
	json_set_alloc_funcs(lacking_json, free);
	made = failing = 0;
	ut_reason(WV_OK, wv_verify_token(in, &a, &t), &t.fault);
	for (n = 1, all = made; n <= all; n++) {
		made = 0;
		failing = n;
		rc = wv_verify_token(in, &a, &t);
		assert_int_not_equal(rc, WV_OK);
		assert_true(*t.fault.text);
		named += rc == WV_NO_MEMORY;
	}
	failing = 0;
	json_set_alloc_funcs(malloc, free);
	assert_true(all > 30 && named > 5);
	free(token);
	free(jwks);
	json_decref(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_of_a_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
