// SPDX-License-Identifier: MIT
#include <openssl/bn.h>
#include <openssl/ecdsa.h>

#include "es256.h"

#define HALF	(ES256_LEN / 2)
#define DER_MAX	80

static int take_numbers(const unsigned char *der, size_t len, uint8_t signature[ES256_LEN])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	int ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, HALF) == HALF &&
		 BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + HALF, HALF) == HALF;

	ECDSA_SIG_free(sig);
	return ok ? 0 : -1;
}

int es256_sign(EVP_PKEY *key, const void *text, size_t len, uint8_t signature[ES256_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[DER_MAX];
	size_t n = sizeof(der);
	int ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		 EVP_DigestSign(ctx, der, &n, text, len) == 1;

	EVP_MD_CTX_free(ctx);
	return ok ? take_numbers(der, n, signature) : -1;
}

static int put_numbers(const uint8_t signature[ES256_LEN], unsigned char *der)
{
	BIGNUM *r = BN_bin2bn(signature, HALF, NULL), *s = BN_bin2bn(signature + HALF, HALF, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int n = -1;

	if (sig && r && s && ECDSA_SIG_set0(sig, r, s)) {
		n = i2d_ECDSA_SIG(sig, &der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(sig);
	return n;
}

int es256_verify(EVP_PKEY *key, const void *text, size_t len, const uint8_t signature[ES256_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[DER_MAX];
	int n = put_numbers(signature, der);
	int good = ctx && n > 0 &&
		   EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		   EVP_DigestVerify(ctx, der, (size_t)n, text, len) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}
