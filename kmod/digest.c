// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-256 and SHA-512. The transforms are allocated once, so that digesting
 * neither allocates nor sleeps and works under a spinlock.
 */
#include <crypto/hash.h>

#include "ward.h"

static struct crypto_shash *sha256_tfm;
static struct crypto_shash *sha512_tfm;

static void digest(struct crypto_shash *tfm, const struct ward_span *spans,
		   unsigned int n, u8 *out)
{
	SHASH_DESC_ON_STACK(desc, tfm);
	unsigned int i;
	int rc;

	desc->tfm = tfm;
	rc = crypto_shash_init(desc);
	for (i = 0; i < n && !rc; i++)
		rc = crypto_shash_update(desc, spans[i].data, spans[i].len);
	if (!rc)
		rc = crypto_shash_final(desc, out);
	/* A software hash over memory cannot fail; never let it pass as one. */
	if (WARN_ON_ONCE(rc))
		memset(out, 0, crypto_shash_digestsize(tfm));
	shash_desc_zero(desc);
}

void ward_sha256(const struct ward_span *spans, unsigned int n, u8 *out)
{
	digest(sha256_tfm, spans, n, out);
}

void ward_sha512(const struct ward_span *spans, unsigned int n, u8 *out)
{
	digest(sha512_tfm, spans, n, out);
}

int ward_digest_init(void)
{
	sha256_tfm = crypto_alloc_shash("sha256", 0, 0);
	if (IS_ERR(sha256_tfm))
		return PTR_ERR(sha256_tfm);
	sha512_tfm = crypto_alloc_shash("sha512", 0, 0);
	if (IS_ERR(sha512_tfm)) {
		crypto_free_shash(sha256_tfm);
		return PTR_ERR(sha512_tfm);
	}
	return 0;
}

void ward_digest_exit(void)
{
	crypto_free_shash(sha512_tfm);
	crypto_free_shash(sha256_tfm);
}
