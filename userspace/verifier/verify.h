/* SPDX-License-Identifier: MIT */
#ifndef WARD_VERIFY_H
#define WARD_VERIFY_H

#include "chain.h"
#include "policy.h"

/**
 * verify_bundle - wv_verify_bundle() for receipts too
 * @receipt: the policy's purpose is that of releases: don't look at it
 * @chain: what the event list amounts to
 */
int verify_bundle(struct wv_bytes bytes, const struct wv_appraisal *a, int receipt,
		  struct chain_result *chain, struct wv_verdict *v);

#endif /* WARD_VERIFY_H */
