// SPDX-License-Identifier: MIT
/*
 * ECDSA's r and s where they stand as bare numbers: 0 and what is not below the order of the
 * group are refused in a TPM's quotes, in Intel's documents and in tokens of services. Reports
 * of SNP, quotes of TDX and SGX, COSE and GPUs have the same in tests of their own.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <stdlib.h>
#include <string.h>

#include <jose/b64.h>

#include "hex.h"
#include "tcb_world.h"
#include "token_make.h"
#include "tpm.h"
#include "wardverify_token.h"

#define WIDTH_MAX	66	/* of a number on P-521 */
#define FORMS		7

/* One number, or both: 0, the order of the key's group, as many ones as there is room for. */
static void spoil(int form, const uint8_t order[], uint8_t *r, uint8_t *s, size_t width)
{
	uint8_t *one = form % 2 ? r : s;

	if (form == FORMS - 1) {
		memset(r, 0, width);
		memset(s, 0, width);
	} else if (form < 2) {
		memset(one, 0, width);
	} else if (form < 4) {
		memcpy(one, order, width);
	} else {
		memset(one, 0xff, width);
	}
}

static size_t order_of(const char *group, uint8_t order[WIDTH_MAX])
{
	EVP_PKEY *key = EVP_EC_gen(group);
	size_t width = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
	BIGNUM *n = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_ORDER, &n), 1);
	assert_int_equal(BN_bn2binpad(n, order, (int)width), width);
	BN_free(n);
	EVP_PKEY_free(key);
	return width;
}

/* ---- a TPM's quotes ---------------------------------------------------------------- */

static const uint8_t message[] = "what a TPM quoted";

/* TPMT_SIGNATURE: scheme, hash, then r and s, each behind its length. */
static size_t signature_of(const struct tpm_key *key, size_t width, uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[160];
	const uint8_t *at = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig;

	assert_true(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key->key) == 1 &&
		    EVP_DigestSign(ctx, der, &len, message, sizeof(message)) == 1);
	sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
	assert_non_null(sig);
	memcpy(out, (uint8_t[]){ 0, TPM_ECDSA, 0, WV_ALG_SHA256, 0, (uint8_t)width }, 6);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out + 6, (int)width), width);
	memcpy(out + 6 + width, (uint8_t[]){ 0, (uint8_t)width }, 2);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 8 + width, (int)width), width);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	return 8 + 2 * width;
}

static void of_a_tpm(void **state)
{
	static const char *const groups[] = { "P-256", "P-384", "P-521" };
	const struct wv_bytes quote = { message, sizeof(message) };
	uint8_t good[8 + 2 * WIDTH_MAX], bad[sizeof(good)], order[WIDTH_MAX];
	struct wv_fault fault;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		size_t width = order_of(groups[i], order), len;
		struct tpm_key key = { .key = EVP_EC_gen(groups[i]), .type = TPM_ECC,
				       .scheme = TPM_ECDSA, .hash = WV_ALG_SHA256 };

		key.bits = (unsigned int)EVP_PKEY_get_bits(key.key);
		len = signature_of(&key, width, good);
		ut_reason(WV_OK, tpm_key_signed(&key, (struct wv_bytes){ good, len }, quote, &fault),
			  NULL);
		for (int form = 0; form < FORMS; form++) {
			memcpy(bad, good, len);
			spoil(form, order, bad + 6, bad + 8 + width, width);
			ut_reason(WV_SIGNATURE_INVALID,
				  tpm_key_signed(&key, (struct wv_bytes){ bad, len }, quote, &fault),
				  &fault);
		}
		tpm_key_close(&key);
	}
}

/* ---- Intel's documents ------------------------------------------------------------- */

/* TCB info, or an identity, whose signature is another. */
static struct wv_bytes spoilt(bool identity, int form, const uint8_t order[])
{
	struct wv_bytes doc = identity ? intel_identity(&world_pki, &intel_doc_default) :
					 intel_tcb_info(&world_pki, &intel_doc_default);
	static const char before[] = "\"signature\":\"";
	char *at = memmem(doc.data, doc.len, before, strlen(before)), text[129];
	uint8_t rs[64];

	assert_non_null(at);
	at += strlen(before);
	snprintf(text, sizeof(text), "%.128s", at);
	assert_true(hex_decode(text, rs, sizeof(rs)));
	if (form < FORMS)
		spoil(form, order, rs, rs + 32, 32);
	hex_encode(rs, sizeof(rs), text);
	memcpy(at, text, 128);
	return doc;
}

static void of_intels(void **state)
{
	uint8_t order[WIDTH_MAX];

	(void)state;
	assert_int_equal(order_of("P-256", order), 32);
	for (int identity = 0; identity < 2; identity++) {
		for (int form = 0; form <= FORMS; form++) {	/* the last: as it was */
			struct world w;

			world_new(&w);
			world_give(&w, spoilt(identity, form, order));
			world_give(&w, spoilt(!identity, FORMS, order));
			world_give_signers(&w);
			world_expect(&w, form < FORMS ? WV_COLLATERAL_FORGED : WV_OK);
			if (form < FORMS)
				assert_string_equal(w.fault.field, identity ? "qe_identity" : "tcb_info");
		}
	}
}

/* ---- tokens ------------------------------------------------------------------------ */

static void token(const char *alg, const char *group)
{
	json_t *key = token_key_make(alg, alg);
	char *jwks = token_jwks(json_pack("[o]", token_key_public(key)));
	char *text = token_make(key, "{\"iss\":\"https://portal.trustauthority.intel.com\"}");
	char *tag = strrchr(text, '.') + 1;
	uint8_t order[WIDTH_MAX], good[2 * WIDTH_MAX], bad[2 * WIDTH_MAX];
	size_t width = order_of(group, order);
	struct wv_token_appraisal a = { .jwks = { (uint8_t *)jwks, strlen(jwks) }, .now = 1800000000 };
	struct wv_token t;

	assert_int_equal(jose_b64_dec_buf(tag, strlen(tag), good, sizeof(good)), 2 * width);
	for (int form = 0; form <= FORMS; form++) {
		memcpy(bad, good, sizeof(bad));
		if (form < FORMS)
			spoil(form, order, bad, bad + width, width);
		assert_int_equal(jose_b64_enc_buf(bad, 2 * width, tag, strlen(tag)), strlen(tag));
		wv_verify_token((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &a, &t);
		assert_int_equal(t.authentic, form == FORMS);
		if (form < FORMS)
			ut_reason(WV_JWT_SIGNATURE_INVALID, t.fault.reason, &t.fault);
	}
	json_decref(key);
	free(jwks);
	free(text);
}

static void of_tokens(void **state)
{
	(void)state;
	token("ES256", "P-256");
	token("ES384", "P-384");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_tpm),
		cmocka_unit_test(of_intels),
		cmocka_unit_test(of_tokens),
	};

	return cmocka_run_group_tests_name("ecdsa range", tests, world_setup, world_teardown);
}
