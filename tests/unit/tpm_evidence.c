// SPDX-License-Identifier: MIT
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "cbor_read.h"
#include "cursor.h"
#include "tpm_evidence.h"

/* Algorithms and the like: TPM 2.0 part 2. */
enum {
	ALG_RSA = 0x0001, ALG_SHA256 = 0x000b, ALG_NULL = 0x0010, ALG_RSASSA = 0x0014,
	ALG_ECDSA = 0x0018, ALG_ECC = 0x0023, CURVE_P256 = 0x0003,
	ST_ATTEST_QUOTE = 0x8018,
};

#define GENERATED 0xff544347u

static struct item_in item_over(struct wv_bytes b, struct wv_fault *fault)
{
	return (struct item_in){ .c = cursor_over(b.data, b.len), .reason = WV_BUNDLE_DAMAGED,
				 .fault = fault };
}

static int field(struct item_in *in, const char *key, size_t max, struct wv_bytes *out)
{
	return item_key(in, key) ?: item_bytes(in, key, 0, max, out);
}

void tpm_evidence_read(struct wv_bytes data, bool hcl, struct tpm_evidence *e)
{
	struct wv_fault fault = { .reason = WV_OK };
	struct item_in in = item_over(data, &fault);
	uint64_t version;
	int rc;

	memset(e, 0, sizeof(*e));
	rc = item_map(&in, "data", hcl ? 7 : 6) ?: field(&in, "ak", 2048, &e->ak) ?:
	     (hcl ? field(&in, "hcl", 16384, &e->hcl) : 0) ?: item_key(&in, "pcrs") ?:
	     item_array(&in, "pcrs", 1, 24, &e->pcr_count);
	for (size_t i = 0; !rc && i < e->pcr_count; i++)
		rc = item_bytes(&in, "pcrs", 20, 64, &e->pcr[i]);
	rc = rc ?: field(&in, "quote", 2048, &e->quote) ?: item_key(&in, "shared") ?:
	     item_uint(&in, "shared", 0, 1, &e->shared) ?: item_key(&in, "version") ?:
	     item_uint(&in, "version", 1, 1, &version) ?:
	     field(&in, "signature", 2048, &e->signature) ?: item_end(&in);
	ut_reason(WV_OK, rc, &fault);
}

void tpm_aux_read(struct wv_bytes aux, struct tpm_aux *a)
{
	struct wv_fault fault = { .reason = WV_OK };
	struct item_in in = item_over(aux, &fault);
	int rc;

	rc = item_map(&in, "aux", 6) ?: field(&in, "ak_cert", 16384, &a->ak_cert) ?:
	     field(&in, "ek_cert", 16384, &a->ek_cert) ?:
	     field(&in, "ima_log", WARD_AUX_MAX, &a->ima_log) ?:
	     field(&in, "event_log", WARD_AUX_MAX, &a->event_log) ?:
	     item_key(&in, "ima_log_size") ?:
	     item_uint(&in, "ima_log_size", 0, UINT64_MAX, &a->ima_log_size) ?:
	     item_key(&in, "event_log_size") ?:
	     item_uint(&in, "event_log_size", 0, UINT64_MAX, &a->event_log_size) ?: item_end(&in);
	ut_reason(WV_OK, rc, &fault);
}

static struct wv_bytes sized(struct cursor *c)
{
	size_t len = cursor_be16(c);

	return (struct wv_bytes){ cursor_take(c, len), len };
}

static EVP_PKEY *key_from(const char *kind, OSSL_PARAM_BLD *b)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *rsa_key(struct cursor *c)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY *key;
	struct wv_bytes n;
	uint32_t e;
	BIGNUM *bn_n, *bn_e = BN_new();

	assert_int_equal(cursor_be16(c), ALG_RSASSA);
	assert_int_equal(cursor_be16(c), ALG_SHA256);
	assert_int_equal(cursor_be16(c), 2048);
	e = cursor_be32(c);
	n = sized(c);
	bn_n = BN_bin2bn(n.data, (int)n.len, NULL);
	BN_set_word(bn_e, e ? e : 65537);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, bn_n);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, bn_e);
	key = key_from("RSA", b);
	BN_free(bn_n);
	BN_free(bn_e);
	return key;
}

static EVP_PKEY *ecc_key(struct cursor *c)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	uint8_t point[65] = { 4 };
	struct wv_bytes x, y;

	assert_int_equal(cursor_be16(c), ALG_ECDSA);
	assert_int_equal(cursor_be16(c), ALG_SHA256);
	assert_int_equal(cursor_be16(c), CURVE_P256);
	assert_int_equal(cursor_be16(c), ALG_NULL);
	x = sized(c);
	y = sized(c);
	assert_true(x.len <= 32 && y.len <= 32);
	memcpy(point + 33 - x.len, x.data, x.len);
	memcpy(point + 65 - y.len, y.data, y.len);
	OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
	return key_from("EC", b);
}

static EVP_PKEY *public_key(struct wv_bytes ak, bool *rsa)
{
	struct cursor c = cursor_over(ak.data, ak.len);
	uint16_t type = cursor_be16(&c);
	EVP_PKEY *key;

	assert_int_equal(cursor_be16(&c), ALG_SHA256);
	cursor_skip(&c, 4);
	sized(&c);
	assert_int_equal(cursor_be16(&c), ALG_NULL);
	*rsa = type == ALG_RSA;
	assert_true(*rsa || type == ALG_ECC);
	key = *rsa ? rsa_key(&c) : ecc_key(&c);
	assert_true(cursor_done(&c));
	return key;
}

/* As OpenSSL takes it; to be freed with OPENSSL_free(). */
static uint8_t *signature_of(struct wv_bytes signature, bool rsa, size_t *len)
{
	struct cursor c = cursor_over(signature.data, signature.len);
	struct wv_bytes r, s;
	uint8_t *der = NULL;
	ECDSA_SIG *sig;
	int n;

	assert_int_equal(cursor_be16(&c), rsa ? ALG_RSASSA : ALG_ECDSA);
	assert_int_equal(cursor_be16(&c), ALG_SHA256);
	r = sized(&c);
	if (rsa) {
		*len = r.len;
		return OPENSSL_memdup(r.data, r.len);
	}
	s = sized(&c);
	assert_true(cursor_done(&c));
	sig = ECDSA_SIG_new();
	ECDSA_SIG_set0(sig, BN_bin2bn(r.data, (int)r.len, NULL), BN_bin2bn(s.data, (int)s.len, NULL));
	n = i2d_ECDSA_SIG(sig, &der);
	ECDSA_SIG_free(sig);
	assert_true(n > 0);
	*len = (size_t)n;
	return der;
}

static void check_signature(const struct tpm_evidence *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool rsa;
	EVP_PKEY *key = public_key(e->ak, &rsa);
	size_t len;
	uint8_t *signature = signature_of(e->signature, rsa, &len);

	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(ctx, signature, len, e->quote.data, e->quote.len), 1);
	OPENSSL_free(signature);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}

static void check_registers(const struct tpm_evidence *e, struct wv_bytes digest)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t got[32];

	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	for (size_t i = 0; i < e->pcr_count; i++)
		EVP_DigestUpdate(ctx, e->pcr[i].data, e->pcr[i].len);
	EVP_DigestFinal_ex(ctx, got, NULL);
	EVP_MD_CTX_free(ctx);
	assert_int_equal(digest.len, sizeof(got));
	assert_memory_equal(digest.data, got, sizeof(got));
}

void tpm_evidence_check(const struct tpm_evidence *e, const uint8_t *report_data)
{
	struct cursor c = cursor_over(e->quote.data, e->quote.len);
	struct wv_bytes extra, digest;
	uint8_t want[32];
	uint32_t mask;

	check_signature(e);
	assert_int_equal(cursor_be32(&c), GENERATED);
	assert_int_equal(cursor_be16(&c), ST_ATTEST_QUOTE);
	sized(&c);
	extra = sized(&c);
	EVP_Digest(report_data, WARD_DIGEST_LEN, want, NULL, EVP_sha256(), NULL);
	assert_int_equal(extra.len, sizeof(want));
	assert_memory_equal(extra.data, want, sizeof(want));
	cursor_skip(&c, 8 + 4 + 4 + 1 + 8);
	assert_int_equal(cursor_be32(&c), 1);
	cursor_skip(&c, 2);
	assert_int_equal(cursor_u8(&c), 3);
	mask = (uint32_t)cursor_le(&c, 3);
	assert_int_equal(__builtin_popcount(mask), e->pcr_count);
	digest = sized(&c);
	assert_true(cursor_done(&c));
	check_registers(e, digest);
}
