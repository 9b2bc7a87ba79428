// SPDX-License-Identifier: MIT
/* Key derivation and AES-256-GCM framing of data sets: doc/formats.md, section 6. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "dataset_private.h"

#define FILE_KEY_LEN	32

static const char kdf_info[] = "WARD-DATASET-V1";

/* Salt = data-set id || salt: they stand next to each other in the header. */
static int derive(const uint8_t *key, const uint8_t *header, uint8_t out[FILE_KEY_LEN])
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key,
						  WARD_DATASET_KEY_LEN),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
						  (void *)(header + DATASET_OFF_ID),
						  WARD_DATASET_ID_LEN + WARD_DATASET_SALT_LEN),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)kdf_info,
						  sizeof(kdf_info) - 1),
		OSSL_PARAM_construct_end(),
	};
	int ok = ctx && EVP_KDF_derive(ctx, out, FILE_KEY_LEN, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok ? 0 : -EIO;
}

EVP_CIPHER_CTX *dataset_cipher(const uint8_t *key, const uint8_t *header, int encrypt)
{
	uint8_t file_key[FILE_KEY_LEN];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (!ctx || derive(key, header, file_key) ||
	    EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, file_key, NULL, encrypt) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		ctx = NULL;
	}
	OPENSSL_cleanse(file_key, sizeof(file_key));
	return ctx;
}

int dataset_begin(EVP_CIPHER_CTX *ctx, uint32_t kind, uint64_t index, const void *aad,
		  size_t aad_len)
{
	uint8_t iv[DATASET_IV_LEN];
	int n;

	/* kind is written as in the format's text: 01000000 = 01 first */
	dataset_put32(iv, kind);
	dataset_put64(iv + 4, index);
	if (EVP_CipherInit_ex(ctx, NULL, NULL, NULL, iv, -1) != 1 ||
	    EVP_CipherUpdate(ctx, NULL, &n, aad, (int)aad_len) != 1)
		return -EIO;
	return 0;
}

int dataset_hash(const uint8_t *header, size_t len, uint8_t out[DATASET_HASH_LEN])
{
	return EVP_Digest(header, len, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}

int dataset_fail(struct ward_dataset_error *err, int rc, uint64_t chunk, uint64_t offset,
		 const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return rc;
	err->chunk = chunk;
	err->offset = offset;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return rc;
}
