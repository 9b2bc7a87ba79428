/* SPDX-License-Identifier: MIT */
/*
 * Markers: 32 bytes that tell, to who has the seed, which buffer they were
 * written into, and that stand in no other memory. Each word follows from the
 * one before, so that no set of saved registers is one.
 */
#ifndef WARD_E2E_MARKER_H
#define WARD_E2E_MARKER_H

#include <stddef.h>
#include <stdint.h>

#define MARKER_WORDS	4u
#define MARKER_STRIDE	256u	/* bytes from one to the next in a buffer */
#define MARKER_WAYS	64u

/** struct marker - what one tells: @way of ending, @buffer, @place in it */
struct marker {
	uint32_t way;
	uint32_t buffer;
	uint32_t place;
};

/* A bijection whose every bit depends on every bit; marker_unmix() undoes it. */
static inline uint64_t marker_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ull;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static inline uint64_t marker_unmix(uint64_t x)
{
	x ^= x >> 31 ^ x >> 62;
	x *= 0x319642b2d24d8ec3ull;
	x ^= x >> 27 ^ x >> 54;
	x *= 0x96de1b173f119089ull;
	return x ^ x >> 30 ^ x >> 60;
}

static inline uint64_t marker_next(uint64_t seed, uint64_t word)
{
	return marker_mix(word ^ ~seed);
}

/* Writes one word after the other: never is a whole marker in registers. */
static inline void marker_write(volatile uint64_t *at, uint64_t seed, struct marker m)
{
	uint64_t told = (uint64_t)m.way << 56 | (uint64_t)m.buffer << 32 | m.place;
	uint64_t word = marker_mix(told ^ seed);
	unsigned int i;

	for (i = 0; i < MARKER_WORDS; i++) {
		at[i] = word;
		word = marker_next(seed, word);
	}
}

static inline struct marker marker_read(uint64_t seed, uint64_t first)
{
	uint64_t told = marker_unmix(first) ^ seed;

	return (struct marker){
		.way = (uint32_t)(told >> 56),
		.buffer = (uint32_t)(told >> 32 & 0xffffff),
		.place = (uint32_t)told,
	};
}

#endif /* WARD_E2E_MARKER_H */
