/* SPDX-License-Identifier: MIT */
/* What readers outside of the verifier answer with: a sentence, or nothing. */
#ifndef TEST_FUZZ_SENTENCE_H
#define TEST_FUZZ_SENTENCE_H

#include <stdio.h>

#include "fuzz.h"

/** fuzz_sentence - NULL = accepted: 0; what is refused says why */
static inline int fuzz_sentence(const char *why)
{
	if (!why)
		return WV_OK;
	if (!*why)
		fuzz_die("a refusal says nothing");
	if (fuzz_tell)
		printf("  %s\n", why);
	return WV_USAGE;
}

/** fuzz_inside - a view that was given out lies within the input */
static inline void fuzz_inside(struct wv_bytes view, struct wv_bytes in)
{
	if (view.data && (view.data < in.data || view.len > in.len ||
			  view.data > in.data + (in.len - view.len)))
		fuzz_die("a view of %zu bytes lies outside of the input", view.len);
}

#endif /* TEST_FUZZ_SENTENCE_H */
