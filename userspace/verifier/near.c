// SPDX-License-Identifier: MIT
/*
 * What somebody may have meant: Levenshtein's distance to the words that there are.
 */
#include <stddef.h>
#include <string.h>

#include "near.h"

#define LONGEST 40

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Of words of at most LONGEST bytes. */
static size_t distance(const char *a, const char *b)
{
	size_t row[LONGEST + 1], i, j, lb = strlen(b);

	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= lb; j++) {
			size_t above = row[j];

			row[j] = least(diagonal + (a[i - 1] != b[j - 1]), above + 1, row[j - 1] + 1);
			diagonal = above;
		}
	}
	return row[lb];
}

/* One slip in a short word, up to three in a long one: more would be guessing. */
const char *near_word(const char *typed, const char *const *words)
{
	size_t len = strlen(typed), best = len / 3 > 3 ? 4 : len / 3 + 1, d;
	const char *found = NULL;

	if (len < 2 || len > LONGEST)
		return NULL;
	best = best < 2 ? 2 : best;
	for (; *words; words++) {
		d = strlen(*words) <= LONGEST ? distance(typed, *words) : best;
		if (d < best) {
			best = d;
			found = *words;
		}
	}
	return found;
}
