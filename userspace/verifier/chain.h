/* SPDX-License-Identifier: MIT */
/*
 * A session's event chain: doc/formats.md section 3.
 */
#ifndef WARD_CHAIN_H
#define WARD_CHAIN_H

#include "wardverify.h"

/**
 * struct chain_result - what a bundle's event list amounts to
 * @count: entries in the list
 * @complete: from the first record to the attested head, recomputed
 * @gap: some are missing, so that nothing in the list is proved
 * @withheld: entries that are digests only
 * @wiped_buffers, @wiped_bytes: sums over the BUF_WIPE records
 */
struct chain_result {
	uint64_t count;
	int complete;
	int gap;
	uint64_t withheld;
	uint64_t wiped_buffers;
	uint64_t wiped_bytes;
};

/** chain_check - 0, WV_CHAIN_BROKEN, WV_EVENT_DAMAGED or WV_NO_MEMORY */
int chain_check(const struct wv_bundle *bundle, const struct wv_claims *claims,
		struct chain_result *out, struct wv_fault *fault);

#endif /* WARD_CHAIN_H */
