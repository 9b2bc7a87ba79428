/* SPDX-License-Identifier: MIT */
/*
 * Attestation result tokens: JWT, ES256, claims in the form of an EAT attestation
 * result (EAR). The signing key is made when the broker starts and never leaves it;
 * its public half stands in each token's header for whoever trusts the channel that
 * the token came through.
 */
#ifndef BROKER_TOKEN_H
#define BROKER_TOKEN_H

#include <stdint.h>

#include "attested.h"

#define TOKEN_MAX 8192

struct token_key;

/** token_key_new - a fresh P-256 key; NULL = no memory or no random numbers */
struct token_key *token_key_new(void);
void token_key_free(struct token_key *key);

/**
 * token_issue - a token that says what the evidence said
 * @now: seconds since the epoch
 * Returns text to be freed with free(), or NULL.
 */
char *token_issue(const struct token_key *key, const struct attested *who, int64_t now,
		  uint32_t lifetime);

enum token_result { TOKEN_OK = 0, TOKEN_INVALID, TOKEN_EXPIRED };

/** token_check - was it issued with this key, and does it still hold? fills *who */
enum token_result token_check(const struct token_key *key, const char *token, int64_t now,
			      struct attested *who);

#endif /* BROKER_TOKEN_H */
