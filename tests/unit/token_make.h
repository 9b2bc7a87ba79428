/* SPDX-License-Identifier: MIT */
/* Tokens as attestation services make them, and their keys: by libjose. */
#ifndef TEST_TOKEN_MAKE_H
#define TEST_TOKEN_MAKE_H

#include <jansson.h>

#include "support.h"

/** token_key_make - a private JWK for @alg; token_key_public - its public half */
json_t *token_key_make(const char *alg, const char *kid);
json_t *token_key_public(const json_t *key);

/** token_jwks - a set of the keys in @list, which is taken over; free() it */
char *token_jwks(json_t *list);

/**
 * token_make_by - @payload signed; free() it
 * @header: taken over; its alg is the key's unless it says another
 */
char *token_make_by(const json_t *key, json_t *header, const char *payload);
/** token_make - the same with the key's kid, as a JWT */
char *token_make(const json_t *key, const char *payload);

/** token_cert - a certificate of the key by itself, as x5c has it; seconds since the epoch */
json_t *token_cert(const json_t *key, int64_t from, int64_t to);

#endif /* TEST_TOKEN_MAKE_H */
