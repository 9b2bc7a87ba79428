// SPDX-License-Identifier: MIT
#include <openssl/bn.h>
#include <openssl/ecdsa.h>

#include "ecdsa.h"

int ecdsa_der(BIGNUM *r, BIGNUM *s, uint8_t **der)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int len = -1;

	*der = NULL;
	if (sig && r && s && ECDSA_SIG_set0(sig, r, s)) {
		len = i2d_ECDSA_SIG(sig, der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(sig);
	return len;
}

bool ecdsa_signed(EVP_PKEY *key, const EVP_MD *md, BIGNUM *r, BIGNUM *s, struct wv_bytes message)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *der;
	int len = ecdsa_der(r, s, &der);
	bool ok = ctx && len > 0 && EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
		  EVP_DigestVerify(ctx, der, (size_t)len, message.data, message.len) == 1;

	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	return ok;
}
