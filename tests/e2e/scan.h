/* SPDX-License-Identifier: MIT */
/* Looking for patterns at every byte of a memory image. */
#ifndef WARD_E2E_SCAN_H
#define WARD_E2E_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "patterns.h"

#define SCAN_SHOWN	8	/* hits per kind that are kept with their place */

struct scan_hit {
	uint64_t offset;
	uint32_t pattern;
};

/**
 * struct scan_kind - what was found of one kind
 * @hits: places
 * @kernel_hits: of them those in objects of the kernel's, where these pages are known
 * @distinct: patterns that were found at least once
 * @shown: the first of the hits
 */
struct scan_kind {
	uint64_t hits;
	uint64_t kernel_hits;
	uint64_t distinct;
	struct scan_hit shown[SCAN_SHOWN];
};

/**
 * struct scan - result
 * @bytes: searched
 * @zero_pages: pages of 4096 bytes that were all zero
 * @hits: of all kinds
 */
struct scan {
	uint64_t bytes;
	uint64_t zero_pages;
	uint64_t hits;
	struct scan_kind kind[PATTERN_KINDS];
};

/**
 * scan_memory() - search
 * @set: what for
 * @image: where
 * @len: bytes of it
 * @kernel: a bit for each page of it: objects of the kernel's; or NULL
 * @progress: called now and then with the bytes done; or NULL
 * @out: filled in
 *
 * Return: 0 or -ENOMEM.
 */
int scan_memory(const struct patterns *set, const uint8_t *image, size_t len,
		const uint8_t *kernel, void (*progress)(size_t done, size_t all), struct scan *out);

#endif /* WARD_E2E_SCAN_H */
