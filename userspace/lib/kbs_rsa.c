// SPDX-License-Identifier: MIT
/*
 * RSA keys of the client. The private half stands in the JWK as PKCS #1 ("der"), for
 * OpenSSL alone: libjose 11 can't do OAEP over OpenSSL 3.
 */
#include <stdlib.h>
#include <string.h>

#include <jose/b64.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "kbs_private.h"

#define RSA_BITS	3072
#define RSA_BYTES	(RSA_BITS / 8)
#define DER_MAX		4096
#define CEK_LEN		32

static json_t *number(const EVP_PKEY *pkey, const char *name)
{
	uint8_t raw[RSA_BYTES];
	BIGNUM *n = NULL;
	json_t *out = NULL;

	if (EVP_PKEY_get_bn_param(pkey, name, &n) && BN_num_bytes(n) <= RSA_BYTES)
		out = jose_b64_enc(raw, (size_t)BN_bn2bin(n, raw));
	BN_free(n);
	return out;
}

json_t *kbs_rsa_new(void)
{
	EVP_PKEY *pkey = EVP_RSA_gen(RSA_BITS);
	unsigned char *der = NULL;
	json_t *key = NULL;
	int len = pkey ? i2d_PrivateKey(pkey, &der) : -1;

	if (len > 0)
		key = json_pack("{s:s, s:o, s:o, s:o}", "kty", "RSA", "n",
				number(pkey, OSSL_PKEY_PARAM_RSA_N), "e",
				number(pkey, OSSL_PKEY_PARAM_RSA_E), "der",
				jose_b64_enc(der, (size_t)len));
	if (len > 0)
		OPENSSL_clear_free(der, (size_t)len);
	EVP_PKEY_free(pkey);
	return key;
}

static EVP_PKEY *private_of(const json_t *key)
{
	uint8_t der[DER_MAX];
	const unsigned char *p = der;
	size_t len = jose_b64_dec(json_object_get(key, "der"), NULL, 0);
	EVP_PKEY *pkey = NULL;

	if (len <= sizeof(der) && jose_b64_dec(json_object_get(key, "der"), der, len) == len)
		pkey = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &p, (long)len);
	OPENSSL_cleanse(der, sizeof(der));
	return pkey;
}

static int unwrap(EVP_PKEY *pkey, const uint8_t *wrapped, size_t len, uint8_t *out, size_t *n)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	int good = ctx && EVP_PKEY_decrypt_init(ctx) > 0 &&
		   EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
		   EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0 &&
		   EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) > 0 &&
		   EVP_PKEY_decrypt(ctx, out, n, wrapped, len) > 0;

	EVP_PKEY_CTX_free(ctx);
	return good;
}

json_t *kbs_rsa_unwrap(const json_t *key, const json_t *jwe)
{
	const json_t *text = json_object_get(jwe, "encrypted_key");
	uint8_t wrapped[RSA_BYTES], cek[RSA_BYTES];
	size_t n = sizeof(cek);
	EVP_PKEY *pkey = private_of(key);
	json_t *out = NULL;

	if (pkey && jose_b64_dec(text, NULL, 0) == sizeof(wrapped) &&
	    jose_b64_dec(text, wrapped, sizeof(wrapped)) == sizeof(wrapped) &&
	    unwrap(pkey, wrapped, sizeof(wrapped), cek, &n) && n == CEK_LEN)
		out = json_pack("{s:s, s:o}", "kty", "oct", "k", jose_b64_enc(cek, n));
	OPENSSL_cleanse(cek, sizeof(cek));
	EVP_PKEY_free(pkey);
	return out;
}
