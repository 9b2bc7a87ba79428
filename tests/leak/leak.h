/* SPDX-License-Identifier: MIT */
/*
 * The leak matrix: every attack on every kind of memory, as several users, in
 * one guest. A cell is one attack on one kind by one user; what it says is what
 * was measured. Memory is filled with stamps, words that are made at run time
 * and recognised without keeping a copy of them, wherever they turn up.
 */
#ifndef LEAK_H
#define LEAK_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE	4096UL
#define LENGTH	(2UL << 20)	/* of every region: one step of a large page */

/* ---- stamp.c ---------------------------------------------------------------- */

/* A number that occurs in no other cell of this run. */
uint64_t stamp_tag(void);
void stamp_fill(void *p, size_t n, uint64_t tag);
/* Lines of @p (64 bytes each, from its start) that carry @tag's stamps. */
size_t stamp_count(const void *p, size_t n, uint64_t tag);
/* The same for several tags in one pass; adds to @hits. */
void stamp_count_all(const void *p, size_t n, const uint64_t *tags, unsigned int nr,
		     size_t *hits);
/* The same for a file from its current position to its end. */
void stamp_count_file(int fd, const uint64_t *tags, unsigned int nr, size_t *hits);

/* ---- memory.c --------------------------------------------------------------- */

/**
 * struct region - memory of one kind, made in the process that owns it
 * @p: LENGTH bytes, page aligned
 * @fd: a descriptor that the same bytes can be mapped by, or -1
 */
struct region {
	unsigned char *p;
	int fd;
};

/* Kinds of memory are the columns of the table, in this order. */
enum memory {
	MEMORY_WARD_A,
	MEMORY_WARD_B,
	MEMORY_MLOCK,
	MEMORY_SODIUM,
	MEMORY_OPENSSL,
	MEMORY_SECRET,
	MEMORY_ORDINARY,	/* the control */
	MEMORY_NR,
};

const char *memory_name(enum memory kind);
/* Makes it and fills it with stamps; false with errno when it cannot be had. */
bool memory_get(enum memory kind, struct region *region, uint64_t tag);

/* ---- owner.c ---------------------------------------------------------------- */

/* Who owns the memory, or attacks it from outside. */
enum who {
	WHO_ROOT,
	WHO_USER,	/* the owner's own uid, in another process */
	WHO_OTHER,	/* an unprivileged stranger */
	WHO_NR,
};

const char *who_name(enum who who);
void who_become(enum who who);

/**
 * struct owner - a process that holds a region full of stamps, and waits
 * @pid: its
 * @sock: passes its descriptor on
 * @region: addresses there, @fd here closed
 * @error: why there is no region, 0 otherwise
 */
struct owner {
	pid_t pid;
	int sock;
	struct region region;
	int error;
};

void owner_start(struct owner *owner, enum memory kind, enum who who, uint64_t tag);
/* The owner's descriptor, or -1 where its memory has none. */
int owner_fd(struct owner *owner);
void owner_end(struct owner *owner);

/* ---- cell.c ----------------------------------------------------------------- */

#define OUTCOME_LEN	16

/**
 * struct cell - one attack on one kind of memory by one user
 * @tag: of the stamps in it
 * @outcome: what was measured
 */
struct cell {
	enum memory kind;
	enum who who;
	uint64_t tag;
	char outcome[OUTCOME_LEN];
};

void cell_say(struct cell *cell, const char *word);
/* An errno by its name. */
void cell_errno(struct cell *cell, int error);
/* "leak" when @p holds stamps, @word when not. */
void cell_look(struct cell *cell, const void *p, size_t n, const char *word);

/* Ends the cell as one that could not be measured, which fails the run. */
#define cell_broken(what)	cell_stop(__FILE__, __LINE__, what)
void cell_stop(const char *file, int line, const char *what) __attribute__((noreturn));

typedef void inside_fn(struct cell *cell, struct region *region);
typedef void outside_fn(struct cell *cell, struct owner *owner);
/* It sees to the memory's owner itself. */
typedef void alone_fn(struct cell *cell);
/* One look at all kinds. */
typedef void at_once_fn(struct cell *cells);

/**
 * struct attack - a row of the table for each of @by
 * @inside: the owner does it itself: @by is who owns the memory
 * @outside: another process does it: @by is who that is; WHO_USER owns
 * @alone: @by is what the attack says
 * @at_once: all cells of the row together; WHO_USER owns
 * @by: 1 << WHO_*
 */
struct attack {
	const char *name;
	inside_fn *inside;
	outside_fn *outside;
	alone_fn *alone;
	at_once_fn *at_once;
	unsigned int by;
};

/* Runs the row's cells, each in a process of its own. */
void attack_run(const struct attack *attack, enum who who, struct cell *cells);

/* ---- the attacks -------------------------------------------------------------- */

outside_fn readv_attack, proc_mem_attack, peek_attack;		/* reader.c */
outside_fn passed_fd_attack, stolen_fd_attack;			/* descriptor.c */
inside_fn fork_attack, dofork_attack;				/* child.c */
alone_fn core_attack, dodump_attack;				/* core.c */
inside_fn vmsplice_attack, direct_attack;			/* pinned.c */
inside_fn ring_attack;						/* ring.c */
inside_fn missing_attack, wp_async_attack;			/* uffd.c */
inside_fn dontneed_attack, grow_attack, move_attack;		/* mapping.c */
inside_fn private_attack, exec_attack;
at_once_fn kcore_attack;					/* kcore.c */
alone_fn hibernate_attack;					/* hibernation.c */

/* A process_vm_readv() of the region's start, by the caller. */
void readv_look(struct cell *cell, pid_t pid, const void *p);

/* ---- expected.c ----------------------------------------------------------------- */

/**
 * struct expected - what a row must say for the matrix to be right
 * @ward: class A on the running kernel
 * @control: ordinary memory; where it leaks nothing, the attack was none
 */
struct expected {
	const char *ward;
	const char *control;
};

struct expected expected_of(const char *attack, enum who who);

#endif /* LEAK_H */
