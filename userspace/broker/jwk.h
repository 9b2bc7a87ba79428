/* SPDX-License-Identifier: MIT */
/*
 * The public key that a worker shows: an ephemeral one of its own on P-384, and what is
 * wrapped to it; or its session's X25519 key, whose private half the kernel has.
 */
#ifndef BROKER_JWK_H
#define BROKER_JWK_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "attested.h"

#define JWK_THUMBPRINT_LEN 32

/**
 * jwk_take - check a tee-pubkey and bring it into its canonical form
 * @jwk: {"kty":"EC","crv":"P-384","x":...,"y":...} or {"kty":"OKP","crv":"X25519","x":...};
 *	other public members are left out
 * @out: the canonical form (RFC 7638 section 3)
 * @thumbprint: its SHA-256 (RFC 7638)
 * Returns 0, or -1: neither of these, or a private key.
 */
int jwk_take(const json_t *jwk, char out[ATTESTED_JWK_MAX], uint8_t thumbprint[JWK_THUMBPRINT_LEN]);

#define JWK_X25519_LEN 32

/** jwk_x25519 - the X25519 key of a canonical form; 0, or -1: it is of the other kind */
int jwk_x25519(const char *jwk, uint8_t key[JWK_X25519_LEN]);

/**
 * jwk_wrap - encrypt to a key on P-384: flattened JWE, ECDH-ES+A256KW, A256GCM
 * @jwk: canonical form, as jwk_take() gave it
 * Returns JSON text to be freed with free(), or NULL.
 */
char *jwk_wrap(const char *jwk, const void *plain, size_t len);

#endif /* BROKER_JWK_H */
