/* SPDX-License-Identifier: MIT */
/* Numbers that follow from a seed (splitmix64). */
#ifndef FUZZ_ABI_RANDOM_H
#define FUZZ_ABI_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
	return random_next(state) % bound;
}

static inline bool one_in(uint64_t *state, uint64_t n)
{
	return !random_below(state, n);
}

#endif /* FUZZ_ABI_RANDOM_H */
