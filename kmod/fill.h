/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The loop that zeroes memory: plain 64-bit stores, eight cache lines a turn.
 * A module has no vector registers at hand, and string instructions called
 * page by page are slower than this on some machines and nowhere faster by
 * much. tests/bench compiles the same lines for user space and measures their
 * bandwidth there, of which a count of instructions knows nothing.
 *
 * The stores are volatile: they happen though nobody reads them, and the
 * compiler doesn't take the loop for a memset().
 */
#ifndef WARD_FILL_H
#define WARD_FILL_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
typedef uint64_t u64;
#endif

enum { WARD_FILL_LINE = 64, WARD_FILL_TURN = 512 };	/* bytes */

static inline void ward_fill_line(volatile u64 *w)
{
	w[0] = 0;
	w[1] = 0;
	w[2] = 0;
	w[3] = 0;
	w[4] = 0;
	w[5] = 0;
	w[6] = 0;
	w[7] = 0;
}

/* @p aligned to 8, @bytes a multiple of WARD_FILL_TURN, as whole pages are. */
static inline void ward_fill_zero(void *p, unsigned long bytes)
{
	volatile u64 *w = p, *end = w + bytes / sizeof(*w);

	for (; w < end; w += WARD_FILL_TURN / sizeof(*w)) {
		ward_fill_line(w);
		ward_fill_line(w + 8);
		ward_fill_line(w + 16);
		ward_fill_line(w + 24);
		ward_fill_line(w + 32);
		ward_fill_line(w + 40);
		ward_fill_line(w + 48);
		ward_fill_line(w + 56);
	}
}

#endif /* WARD_FILL_H */
