/* SPDX-License-Identifier: MIT */
/* Which edges of the module a process went along: KCOV's trace of one task at a time. */
#ifndef FUZZ_ABI_COVER_H
#define FUZZ_ABI_COVER_H

#include <stdbool.h>

/* False where this kernel has no KCOV. */
bool cover_open(void);
/* In the process that is to be traced. */
void cover_begin(void);
/* How many edges that trace had that none before had; they are known from now on. */
unsigned int cover_new(void);
unsigned int cover_edges(void);

#endif /* FUZZ_ABI_COVER_H */
