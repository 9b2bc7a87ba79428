// SPDX-License-Identifier: GPL-2.0-only
/*
 * HKDF-SHA256 (RFC 5869), for outputs of one block. What it puts on the stack it
 * overwrites.
 */
#include <linux/array_size.h>
#include <linux/string.h>

#include "key.h"

enum { BLOCK = 64 };	/* of SHA-256 */

static void pad(u8 *block, const struct ward_span *key, u8 with)
{
	size_t i;

	/* A key that is longer than a block would have to be hashed first: none is. */
	memset(block, 0, BLOCK);
	memcpy(block, key->data, min_t(size_t, key->len, BLOCK));
	for (i = 0; i < BLOCK; i++)
		block[i] ^= with;
}

/* @spans has room for one more, at its start. */
static void hmac(const struct ward_span *key, struct ward_span *spans, unsigned int n,
		 u8 *out)
{
	u8 block[BLOCK], inner[WARD_HEAD_LEN];
	const struct ward_span outer[] = {
		{ block, sizeof(block) }, { inner, sizeof(inner) },
	};

	pad(block, key, 0x36);
	spans[0] = (struct ward_span) { block, sizeof(block) };
	ward_sha256(spans, n + 1, inner);
	pad(block, key, 0x5c);
	ward_sha256(outer, ARRAY_SIZE(outer), out);
	memzero_explicit(block, sizeof(block));
	memzero_explicit(inner, sizeof(inner));
}

void ward_hkdf_extract(const struct ward_span *salt, const struct ward_span *spans,
		       unsigned int n, u8 *prk)
{
	struct ward_span in[1 + WARD_HKDF_SPANS];

	n = min_t(unsigned int, n, WARD_HKDF_SPANS);
	memcpy(in + 1, spans, n * sizeof(*spans));
	hmac(salt, in, n, prk);
}

void ward_hkdf_expand(const u8 *prk, const struct ward_span *info, unsigned int n, u8 *out)
{
	static const u8 first = 1;
	const struct ward_span key = { prk, WARD_HEAD_LEN };
	struct ward_span in[2 + WARD_HKDF_SPANS];

	n = min_t(unsigned int, n, WARD_HKDF_SPANS);
	memcpy(in + 1, info, n * sizeof(*info));
	in[1 + n] = (struct ward_span) { &first, 1 };
	hmac(&key, in, n + 1, out);
}
