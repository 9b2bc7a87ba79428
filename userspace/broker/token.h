/* SPDX-License-Identifier: MIT */
/*
 * Attestation result tokens: JWT, ES256, claims in the form of an EAT attestation
 * result (EAR), made by libwardverify. The brokers of a database share the signing key: what
 * one of them issued is good at the others. Its public half stands in each token's header
 * for whoever trusts the channel that the token came through.
 */
#ifndef BROKER_TOKEN_H
#define BROKER_TOKEN_H

#include <stdint.h>

#include "attested.h"
#include "db.h"
#include "wardverify.h"

#define TOKEN_MAX 8192

struct token_key;

/** token_key_new - a fresh P-256 key; NULL = no memory or no random numbers */
struct token_key *token_key_new(void);
/** token_key_open - the one that the brokers of the database share; 0 or -errno */
int token_key_open(struct db *db, struct token_key **out, struct db_fault *fault);
void token_key_free(struct token_key *key);

/**
 * struct token_facts - what a token says
 * @verdict: that accepted the evidence; claims and all
 * @policy: it was judged by
 * @who: what it said; the key that it is bound to, and which policies accept it
 * @now: seconds since the epoch; @lifetime: seconds
 */
struct token_facts {
	const struct wv_verdict *verdict;
	const struct wv_policy *policy;
	const struct attested *who;
	int64_t now;
	uint32_t lifetime;
};

/** token_issue - a token that says it; text to be freed with free(), or NULL */
char *token_issue(const struct token_key *key, const struct token_facts *facts);

enum token_result { TOKEN_OK = 0, TOKEN_INVALID, TOKEN_EXPIRED };

/** token_check - was it issued with this key, and does it still hold? fills *who */
enum token_result token_check(const struct token_key *key, const char *token, int64_t now,
			      struct attested *who);

#endif /* BROKER_TOKEN_H */
