/* SPDX-License-Identifier: MIT */
#ifndef WARD_VERIFY_H
#define WARD_VERIFY_H

#include "chain.h"
#include "rule.h"

/**
 * verify_bundle - wv_verify_bundle() for receipts too
 * @receipt: the policy's purpose is that of releases: don't look at it
 * @chain: what the event list amounts to
 */
int verify_bundle(struct wv_bytes bytes, const struct wv_appraisal *a, int receipt,
		  struct chain_result *chain, struct wv_verdict *v);

/** expect_purpose - the claims were made for @want (0 = any) */
int expect_purpose(struct rules *rules, const char *name, uint32_t want, uint32_t found);

/** expect_claims - they answer what the relying party asked; 0 or a reason */
int expect_claims(struct rules *rules, const struct wv_expect *e, const struct wv_claims *k);

#endif /* WARD_VERIFY_H */
