/* SPDX-License-Identifier: MIT */
/*
 * A small generator whose sequence a plan can fix by a seed: for splits and
 * shuffles, never for secrets.
 */
#ifndef WARD_WORKER_RANDOM_H
#define WARD_WORKER_RANDOM_H

#include <stdint.h>

/**
 * random_mix() - the finalizer of splitmix64 (S. Vigna, public domain)
 * @x: any number
 *
 * Return: a number that depends on all bits of @x.
 */
static inline uint64_t random_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

/**
 * random_next() - the next number of splitmix64
 * @state: any seed; advanced
 *
 * Return: 64 random bits.
 */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t x = random_mix(*state);

	*state += 0x9e3779b97f4a7c15ull;
	return x;
}

/**
 * random_below() - a number from 0 to @bound - 1
 * @state: as for random_next()
 * @bound: not 0
 *
 * Multiply and shift (D. Lemire, 2019) without its rejection step: for bounds
 * below 2^32 the bias is below 2^-32.
 *
 * Return: the number.
 */
static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
	return (uint64_t)(((unsigned __int128)random_next(state) * bound) >> 64);
}

#endif /* WARD_WORKER_RANDOM_H */
