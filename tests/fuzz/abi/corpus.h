/* SPDX-License-Identifier: MIT */
/* Programs that are kept. In a file each follows a line "program"; # begins what is nothing. */
#ifndef FUZZ_ABI_CORPUS_H
#define FUZZ_ABI_CORPUS_H

#include "program.h"

/* Kept where there is room; it is copied. */
void corpus_keep(const struct program *program);
unsigned int corpus_count(void);
const struct program *corpus_at(unsigned int at);
/* One of them, newer ones rather; NULL where there is none. */
const struct program *corpus_pick(uint64_t *random);
/* All programs of a file; says what is wrong and ends where it is no such file. */
void corpus_load(const char *path);

#endif /* FUZZ_ABI_CORPUS_H */
