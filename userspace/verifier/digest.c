// SPDX-License-Identifier: MIT
#include <openssl/evp.h>

#include "digest.h"

static bool digest(const EVP_MD *md, uint8_t *out, const struct wv_bytes *pieces, size_t n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, md, NULL);
	size_t i;

	for (i = 0; ok && i < n; i++)
		ok = !pieces[i].len || EVP_DigestUpdate(ctx, pieces[i].data, pieces[i].len);
	ok = ok && EVP_DigestFinal_ex(ctx, out, NULL);
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool digest_sha256(uint8_t out[32], const struct wv_bytes *pieces, size_t n)
{
	return digest(EVP_sha256(), out, pieces, n);
}

bool digest_sha512(uint8_t out[64], const struct wv_bytes *pieces, size_t n)
{
	return digest(EVP_sha512(), out, pieces, n);
}
