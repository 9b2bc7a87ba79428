/* SPDX-License-Identifier: MIT */
#ifndef WARD_DIGEST_H
#define WARD_DIGEST_H

#include <openssl/types.h>
#include <stdbool.h>

#include "wardverify.h"

/** digest_sha256, digest_sha512 - over @n pieces one after the other; false = no memory */
bool digest_sha256(uint8_t out[32], const struct wv_bytes *pieces, size_t n);
bool digest_sha512(uint8_t out[64], const struct wv_bytes *pieces, size_t n);

/**
 * digest_sha256_again - the same for many short ones: finding the digest in OpenSSL would
 * cost more than they do
 * @ctx: empty at first, for nothing else
 */
bool digest_sha256_again(EVP_MD_CTX *ctx, uint8_t out[32], const struct wv_bytes *pieces, size_t n);

#define PIECE(p, n) ((struct wv_bytes){ (const uint8_t *)(p), (n) })

#endif /* WARD_DIGEST_H */
