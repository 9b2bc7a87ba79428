/* SPDX-License-Identifier: MIT */
/* Parts of seeds_token(). */
#ifndef TEST_FUZZ_SEEDS_TOKEN_H
#define TEST_FUZZ_SEEDS_TOKEN_H

#include <jansson.h>

/** token_seed - of the target "token"; its digest joins those that may be accepted. Frees @token */
void token_seed(const char *name, char *token);

/** token_claims_seeds - signed by @key: each claim absent, of another kind, of another value */
void token_claims_seeds(const json_t *key, long long now);
/** token_header_seeds - the same of headers */
void token_header_seeds(const json_t *key, long long now);
/** token_keys_seeds - keys in each form for the tokens of @rsa and @ec */
void token_keys_seeds(const json_t *rsa, const json_t *ec, long long now);

/** token_text - claims that are accepted: TEXT_*. free() it */
char *token_text(int which, long long now);

enum { TEXT_MAA, TEXT_MAA_SNP, TEXT_MAA_TDX, TEXT_ITA, TEXT_ITA_NESTED, TEXTS };

#endif /* TEST_FUZZ_SEEDS_TOKEN_H */
