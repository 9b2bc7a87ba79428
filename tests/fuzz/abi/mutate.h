/* SPDX-License-Identifier: MIT */
/* New programs: of nothing, and of others. */
#ifndef FUZZ_ABI_MUTATE_H
#define FUZZ_ABI_MUTATE_H

#include "program.h"

void program_make(struct program *program, uint64_t *random);
/* @other lends it calls. */
void program_mutate(struct program *program, const struct program *other, uint64_t *random);

#endif /* FUZZ_ABI_MUTATE_H */
