/* SPDX-License-Identifier: MIT */
/* ECDSA on P-256 with SHA-256, its two numbers without an envelope (RFC 7518 section 3.4). */
#ifndef BROKER_ES256_H
#define BROKER_ES256_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#define ES256_LEN 64

/** es256_sign - 0 or -1 */
int es256_sign(EVP_PKEY *key, const void *text, size_t len, uint8_t signature[ES256_LEN]);

/** es256_verify - is it that key's? */
int es256_verify(EVP_PKEY *key, const void *text, size_t len, const uint8_t signature[ES256_LEN]);

#endif /* BROKER_ES256_H */
