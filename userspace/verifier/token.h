/* SPDX-License-Identifier: MIT */
/* What tokens of attestation services claim, and whether a policy takes it. */
#ifndef WARD_TOKEN_H
#define WARD_TOKEN_H

#include <jansson.h>

#include "policy.h"
#include "wardverify_token.h"

/**
 * struct token_claims - an authentic token's claims, brought into one form
 * @root: all of them; owned by the caller
 * @tee: the object that speaks of the TEE: @root, or a member of it
 * @bit: POLICY_TEE_*
 * @tcb_status: attester_tcb_status, or NULL
 */
struct token_claims {
	const json_t *root;
	const json_t *tee;
	unsigned int bit;
	const char *tcb_status;
};

/**
 * token_claims_read - service, TEE, compliance, debug and measurement into @t and @out
 * Returns 0 or WV_JWT_UNSUPPORTED, WV_JWT_NOT_COMPLIANT, WV_JWT_CLAIM_MISSING,
 * WV_JWT_DAMAGED.
 */
int token_claims_read(const json_t *root, struct wv_token *t, struct token_claims *out);

/**
 * token_policy - the members of a policy that speak of the TEE, as they judge evidence of
 *	its kind; one that the token has no answer to refuses
 * @tells: the policy pins what tells the image
 * Returns 0 or the reason of the refusal.
 */
int token_policy(const struct wv_policy *p, const struct token_claims *c, struct wv_token *t,
		 bool *tells);

/** token_judge - policy, measurement, nonce; 0 or the reason of the refusal */
int token_judge(const struct wv_token_appraisal *a, const struct token_claims *c,
		struct wv_token *t);

/** token_hex - member @name of @o as @len bytes; absent = WV_JWT_CLAIM_MISSING */
int token_hex(const json_t *o, const char *name, uint8_t *out, size_t len,
	      struct wv_fault *fault);

#endif /* WARD_TOKEN_H */
