/* SPDX-License-Identifier: MIT */
/*
 * What the control program is given: everything that a plain program with the
 * same data would hold, masked, so that what is found in its memory afterwards
 * was put there by it and not by the channel.
 *
 *   "WARDHOLD", u64 blocks; per block: u64 length, masked bytes
 */
#ifndef WARD_E2E_HOLDING_H
#define WARD_E2E_HOLDING_H

#include <stddef.h>
#include <stdint.h>

#define HOLDING_MAGIC	"WARDHOLD"
#define HOLDING_BLOCKS	4096u
#define HOLDING_MAX	(64u << 20)

/**
 * holding_mask() - mask a block, or unmask it
 * @bytes: changed in place
 * @len: how many
 * @block: its number
 */
static inline void holding_mask(uint8_t *bytes, size_t len, uint64_t block)
{
	uint64_t state = 0x9e3779b97f4a7c15ull * (block + 1), x = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (i % 8 == 0) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			x = state;
		}
		bytes[i] ^= (uint8_t)(x >> (i % 8 * 8));
	}
}

#endif /* WARD_E2E_HOLDING_H */
