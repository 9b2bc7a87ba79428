// SPDX-License-Identifier: MIT
/* Key derivation and AES-256-GCM framing of data sets: doc/formats.md, section 6. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "dataset_private.h"

#define FILE_KEY_LEN	32

static const char *const kdf_info[] = {
	[DATASET_USE_CONTENT] = "WARD-DATASET-V2",
	[DATASET_USE_WRAP] = "WARD-WRAP-V2",
};

static int derive(const uint8_t *secret, const uint8_t *id_salt, const char *info,
		  uint8_t out[FILE_KEY_LEN])
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret,
						  WARD_DATASET_KEY_LEN),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
						  (void *)id_salt,
						  WARD_DATASET_ID_LEN + WARD_DATASET_SALT_LEN),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info,
						  strlen(info)),
		OSSL_PARAM_construct_end(),
	};
	int ok = ctx && EVP_KDF_derive(ctx, out, FILE_KEY_LEN, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok ? 0 : -EIO;
}

EVP_CIPHER_CTX *dataset_cipher(const uint8_t *secret, const uint8_t *id_salt,
			       enum dataset_use use, int encrypt)
{
	uint8_t file_key[FILE_KEY_LEN];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (!ctx || derive(secret, id_salt, kdf_info[use], file_key) ||
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
	    (aad_len && EVP_CipherUpdate(ctx, NULL, &n, aad, (int)aad_len) != 1))
		return -EIO;
	return 0;
}

int dataset_header_begin(EVP_CIPHER_CTX *ctx, const uint8_t *header, size_t len)
{
	uint8_t hash[32];

	if (EVP_Digest(header, len, hash, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	return dataset_begin(ctx, DATASET_IV_HEADER, 0, hash, sizeof(hash));
}

int dataset_tag(EVP_CIPHER_CTX *ctx, uint8_t tag[WARD_DATASET_TAG_LEN])
{
	uint8_t none[16];
	int n;

	if (EVP_CipherFinal_ex(ctx, none, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, WARD_DATASET_TAG_LEN, tag) != 1)
		return -EIO;
	return 0;
}

int dataset_pread(int fd, void *buf, size_t len, uint64_t off)
{
	uint8_t *p = buf;

	while (len) {
		ssize_t n = pread(fd, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -ENODATA;
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int dataset_pwrite(int fd, const void *buf, size_t len, uint64_t off)
{
	const uint8_t *p = buf;

	while (len) {
		ssize_t n = pwrite(fd, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
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
