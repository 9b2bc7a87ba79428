/* SPDX-License-Identifier: MIT */
/* ECDSA signatures that are two numbers without any envelope. */
#ifndef WARD_ECDSA_H
#define WARD_ECDSA_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "wardverify.h"

/**
 * ecdsa_der - the DER that OpenSSL wants; OPENSSL_free() *@der
 * @r, @s: taken over, whatever comes of it; NULL is what no memory gave
 * Returns the length, or -1. Numbers that are zero, or not below the order of the group,
 * verify under no key.
 */
int ecdsa_der(BIGNUM *r, BIGNUM *s, uint8_t **der);

/** ecdsa_signed - those two, by @key over @md of @message; @r and @s as of ecdsa_der() */
bool ecdsa_signed(EVP_PKEY *key, const EVP_MD *md, BIGNUM *r, BIGNUM *s,
		  struct wv_bytes message);

#endif /* WARD_ECDSA_H */
