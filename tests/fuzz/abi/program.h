/* SPDX-License-Identifier: MIT */
/*
 * A program: calls in order, each an operation of the grammar and its arguments. As
 * text a line for each call, "name argument=value ...", in hex; what is left out is 0. Lines that
 * begin with # are nothing.
 */
#ifndef FUZZ_ABI_PROGRAM_H
#define FUZZ_ABI_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARGS = 28, CALLS = 24, TEXT = 4096 };

/** struct call - @op: its place in the grammar; @arg: by the places of its arguments */
struct call {
	unsigned int op;
	uint64_t arg[ARGS];
};

struct program {
	unsigned int n;
	struct call call[CALLS];
};

/* At most @room bytes with their end; what does not fit is left out by whole lines. */
void program_write(const struct program *program, char *text, size_t room);
/* False, and *@wrong begins at what could not be read, where it is no program. */
bool program_read(struct program *program, const char *text, const char **wrong);

#endif /* FUZZ_ABI_PROGRAM_H */
