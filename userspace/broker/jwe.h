/* SPDX-License-Identifier: MIT */
/* A secret for the holder of a key on P-384: a flattened JWE (RFC 7516 section 7.2.2). */
#ifndef BROKER_JWE_H
#define BROKER_JWE_H

#include <stddef.h>

#include <openssl/evp.h>

#define JWE_PLAIN_MAX	512	/* bytes of a secret */

/**
 * jwe_seal - ECDH-ES+A256KW with an ephemeral key, A256GCM
 * @to: on P-384, a valid point: whoever made the key saw to that
 * Returns JSON text to be freed with free(), or NULL.
 */
char *jwe_seal(EVP_PKEY *to, const void *plain, size_t len);

#endif /* BROKER_JWE_H */
