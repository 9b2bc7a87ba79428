/* SPDX-License-Identifier: MIT */
/*
 * Bounds proofs by CBMC: a proof is one file proof_NAME.c with a function proof() that
 * calls a parser with every input up to a bound. An input's bytes are an object of exactly
 * its length, so that the byte behind it is out of bounds.
 */
#ifndef TEST_PROOF_H
#define TEST_PROOF_H

#include <stdbool.h>
#include <stdlib.h>

#include "wardverify.h"

size_t nondet_size_t(void);
uint64_t nondet_uint64(void);
uint32_t nondet_uint32(void);
int nondet_int(void);
bool nondet_bool(void);

/* More than any object has: 16 bits of an address say which object it is (tests/proof/run). */
#define LENGTH_ANY	0x7fffffffffffull

/* What a proof with -DPROOF_REACHED must fail at: that it gets here, so that it proves something. */
#ifdef PROOF_REACHED
#define reached()	__CPROVER_assert(false, "reached")
#else
#define reached()	((void)0)
#endif

/** any_bytes - every content of every length up to @max; absent bytes among them */
static inline struct wv_bytes any_bytes(size_t max)
{
	struct wv_bytes b = { NULL, nondet_size_t() };

	__CPROVER_assume(b.len <= max);
	b.data = malloc(b.len);
	__CPROVER_assume(b.data);
	if (!b.len && nondet_bool())
		b.data = NULL;
	return b;
}

/**
 * ending_bytes - the same, as the end of an object of @max bytes, which is less for CBMC to carry
 * than an object of any size: the byte behind is out of bounds; those before must not be read.
 */
static inline struct wv_bytes ending_bytes(size_t max)
{
	size_t len = nondet_size_t();
	uint8_t *all = malloc(max);

	__CPROVER_assume(len <= max && all);
	return (struct wv_bytes){ all + (max - len), len };
}

/** within - @view is inside of @all, or absent */
static inline bool within(struct wv_bytes view, struct wv_bytes all)
{
	if (!view.data)
		return !view.len;
	return __CPROVER_same_object(view.data, all.data) && view.data >= all.data &&
	       view.len <= all.len && (size_t)(view.data - all.data) <= all.len - view.len;
}

/** there - the same of @all that is a whole object, with less for the solver to do */
static inline bool there(struct wv_bytes view, struct wv_bytes all)
{
	if (!view.data)
		return !view.len;
	return __CPROVER_same_object(view.data, all.data) && __CPROVER_r_ok(view.data, view.len);
}

#endif /* TEST_PROOF_H */
