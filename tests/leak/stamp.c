// SPDX-License-Identifier: MIT
/*
 * Stamps: lines of 64 bytes whose second word is a function of the first, and
 * whose third is one of the second and of a tag. Whoever looks for them needs
 * the tag alone, so the search leaves no stamp of its own in memory.
 */
#define _GNU_SOURCE
#include <time.h>
#include <unistd.h>

#include "leak.h"

enum { LINE_WORDS = 8 };

static uint64_t mix(uint64_t x)
{
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	return x * 0x2545f4914f6cdd1dull;
}

uint64_t stamp_tag(void)
{
	static uint64_t base, last;
	struct timespec now;

	if (!base) {
		clock_gettime(CLOCK_REALTIME, &now);
		base = mix((uint64_t)now.tv_nsec << 32 ^ now.tv_sec ^ getpid()) | 1;
	}
	return mix(base + ++last * 2);
}

/* Two words of a line in registers at a time: no stamp is built anywhere else. */
void stamp_fill(void *p, size_t n, uint64_t tag)
{
	volatile uint64_t *w = p;
	uint64_t seed = mix(tag + 1), word;
	size_t i;

	for (i = 0; i < n / sizeof(*w); i += LINE_WORDS) {
		seed = mix(seed + 1);
		word = mix(seed);
		w[i] = seed;
		w[i + 1] = word;
		w[i + 2] = mix(word) ^ tag;
	}
}

void stamp_count_all(const void *p, size_t n, const uint64_t *tags, unsigned int nr,
		     size_t *hits)
{
	const uint64_t *w = p;
	unsigned int k;
	uint64_t tag;
	size_t i;

	for (i = 0; i + LINE_WORDS <= n / sizeof(*w); i += LINE_WORDS) {
		if (!w[i] || w[i + 1] != mix(w[i]))
			continue;
		tag = w[i + 2] ^ mix(w[i + 1]);
		for (k = 0; k < nr; k++)
			hits[k] += tags[k] == tag;
	}
}

size_t stamp_count(const void *p, size_t n, uint64_t tag)
{
	size_t hits = 0;

	stamp_count_all(p, n, &tag, 1, &hits);
	return hits;
}

void stamp_count_file(int fd, const uint64_t *tags, unsigned int nr, size_t *hits)
{
	static uint64_t window[1 << 17] __attribute__((aligned(4096)));
	ssize_t n;

	while ((n = read(fd, window, sizeof(window))) > 0)
		stamp_count_all(window, n, tags, nr, hits);
}
