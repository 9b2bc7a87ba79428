/* SPDX-License-Identifier: MIT */
/*
 * What may be called, with what: a row for each ioctl, made of the headers of include/uapi
 * (table.py), and one for each other way to the module. Files and mappings are named
 * by places of a small table, each kind of file by places of its own, so that programs
 * still mean something when they are cut and mixed.
 */
#ifndef FUZZ_ABI_GRAMMAR_H
#define FUZZ_ABI_GRAMMAR_H

#include "program.h"

/* Places of files: from this one on, up to the next kind's. */
enum { SESSIONS = 0, BUFFERS = 4, KEYS = 12, AGENTS = 16, WIRES = 18, FILES = 20 };
enum { MAPS = 6 };

enum arg_kind {
	ARG_SESSION, ARG_BUFFER, ARG_KEY, ARG_AGENT, ARG_WIRE, ARG_FILE, ARG_MAP,
	ARG_SIZE,	/* of the struct: 0 = what it is */
	ARG_FLAGS,	/* bits, few of them */
	ARG_SMALL,	/* an enum's value, a reserved field */
	ARG_LENGTH,
	ARG_ADDRESS,	/* PLACE_* << 48 | offset */
	ARG_TIME,	/* TIME_AHEAD | ns from now, or what it says */
	ARG_BYTES,	/* BYTES_* | number << 8 */
	ARG_COOKIE,	/* 0 = of the request that was read last, else what it says */
	ARG_PROT, ARG_COMMAND, ARG_ATTR,
};

enum { PLACE_ITSELF, PLACE_ARENA, PLACE_MAP, PLACE_READ_ONLY };
#define TIME_AHEAD	(1ull << 62)
/* Zeroes, a session's id, bytes of a number, what those hash to. */
enum { BYTES_ZERO, BYTES_ID, BYTES_OF, BYTES_HASH, BYTES_KINDS };

struct world;

/** struct arg - @at, @size: where in the ioctl's struct; 0 and 0 = it is no member */
struct arg {
	const char *name;
	enum arg_kind kind;
	uint16_t at, size;
};

/**
 * struct op - @cmd, @size: of an ioctl, with the file in its first argument; else
 *	@run does it
 * @out_fd: where the struct has the new file, 0 = nowhere; it goes to the last argument's place
 */
struct op {
	const char *name;
	unsigned int n;
	struct arg arg[ARGS];
	unsigned int cmd, size, out_fd;
	long (*run)(struct world *world, const uint64_t *arg);
};

unsigned int op_count(void);
/* Those that programs are made of: all but the last, which is what a test of the fuzzer plants. */
unsigned int op_count_made(void);
const struct op *op_at(unsigned int op);
/* Its place, or -1. */
int op_named(const char *name, size_t len);
int op_arg(const struct op *op, const char *name, size_t len);

#endif /* FUZZ_ABI_GRAMMAR_H */
