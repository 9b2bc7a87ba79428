// SPDX-License-Identifier: MIT
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "keyring_source.h"

#define NONCE 12
#define TAG 16

static int seal(EVP_CIPHER_CTX *ctx, const uint8_t *key, const void *aad, size_t aad_len,
		const void *data, size_t len, uint8_t *out)
{
	int n;

	return RAND_bytes(out, NONCE) == 1 &&
	       EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), key, out, NULL) == 1 &&
	       EVP_EncryptUpdate(ctx, NULL, &n, aad, (int)aad_len) == 1 &&
	       EVP_EncryptUpdate(ctx, out + NONCE, &n, data, (int)len) == 1 &&
	       EVP_EncryptFinal_ex(ctx, out + NONCE + len, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, out + NONCE + len) == 1 ?
		       0 : -1;
}

int keyring_seal(const uint8_t key[KEYRING_KEY], const void *aad, size_t aad_len, const void *data,
		 size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int rc = ctx ? seal(ctx, key, aad, aad_len, data, len, out) : -1;

	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

static int unseal(EVP_CIPHER_CTX *ctx, const uint8_t *key, const void *aad, size_t aad_len,
		  const uint8_t *in, size_t len, uint8_t *out)
{
	int n;

	return EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), key, in, NULL) == 1 &&
	       EVP_DecryptUpdate(ctx, NULL, &n, aad, (int)aad_len) == 1 &&
	       EVP_DecryptUpdate(ctx, out, &n, in + NONCE, (int)len) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG,
				   (void *)(in + NONCE + len)) == 1 &&
	       EVP_DecryptFinal_ex(ctx, out + len, &n) == 1 ? 0 : -1;
}

int keyring_unseal(const uint8_t key[KEYRING_KEY], const void *aad, size_t aad_len,
		   const uint8_t *in, size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx;
	int rc = -1;

	if (len < NONCE + TAG)
		return -1;
	len -= NONCE + TAG;
	ctx = EVP_CIPHER_CTX_new();
	if (ctx)
		rc = unseal(ctx, key, aad, aad_len, in, len, out);
	EVP_CIPHER_CTX_free(ctx);
	if (rc)
		OPENSSL_cleanse(out, len);
	return rc;
}
