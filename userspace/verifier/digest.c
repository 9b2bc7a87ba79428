// SPDX-License-Identifier: MIT
#include <openssl/evp.h>

#include "digest.h"

/* Without an @md it is the one that @ctx began with. */
static bool run(EVP_MD_CTX *ctx, const EVP_MD *md, uint8_t *out, const struct wv_bytes *pieces,
		size_t n)
{
	bool ok = ctx && EVP_DigestInit_ex(ctx, md, NULL);
	size_t i;

	for (i = 0; ok && i < n; i++)
		ok = !pieces[i].len || EVP_DigestUpdate(ctx, pieces[i].data, pieces[i].len);
	return ok && EVP_DigestFinal_ex(ctx, out, NULL);
}

static bool digest(const EVP_MD *md, uint8_t *out, const struct wv_bytes *pieces, size_t n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = run(ctx, md, out, pieces, n);

	EVP_MD_CTX_free(ctx);
	return ok;
}

bool digest_sha256_again(EVP_MD_CTX *ctx, uint8_t out[32], const struct wv_bytes *pieces, size_t n)
{
	return run(ctx, ctx && EVP_MD_CTX_get0_md(ctx) ? NULL : EVP_sha256(), out, pieces, n);
}

bool digest_sha256(uint8_t out[32], const struct wv_bytes *pieces, size_t n)
{
	return digest(EVP_sha256(), out, pieces, n);
}

bool digest_sha512(uint8_t out[64], const struct wv_bytes *pieces, size_t n)
{
	return digest(EVP_sha512(), out, pieces, n);
}
