/* SPDX-License-Identifier: MIT */
/*
 * A stopwatch with phases: what memory, evidence, reading and computing take of one training.
 *
 * One thread, one phase at a time. Of each phase the wall time is taken, and the time in the
 * kernel: getrusage(2) of this thread, which most kernels sample at their tick, so that it is
 * worth something in sums of many ticks alone.
 */
#ifndef WARD_WORKER_PHASES_H
#define WARD_WORKER_PHASES_H

#include <stdint.h>

#include "memory.h"
#include "source.h"

enum phase {
	PHASE_OUTSIDE,	/* before and after: counted nowhere */
	PHASE_MEMORY,	/* blocks got, touched, wiped, given back */
	PHASE_ATTEST,	/* evidence */
	PHASE_DECRYPT,	/* chunks read and decrypted */
	PHASE_COMPUTE,	/* all else: text to numbers to gradients */
	PHASES,
};

struct phases {
	enum phase now;
	uint64_t wall_at;
	uint64_t kernel_at;
	uint64_t wall[PHASES];		/* ns */
	uint64_t kernel[PHASES];	/* of them */
};

/** phases_begin() - all zero, PHASE_OUTSIDE */
void phases_begin(struct phases *phases);

/**
 * phases_enter() - another phase begins
 * @phases: begun
 * @next: which
 *
 * Return: the one that ended, to go back to.
 */
enum phase phases_enter(struct phases *phases, enum phase next);

/** phases_wall() - ns of all phases so far, without PHASE_OUTSIDE */
uint64_t phases_wall(const struct phases *phases);

/**
 * struct phased_memory - a backend whose work counts as PHASE_MEMORY
 * @below: that does it
 * @phases: outlives it
 * @refused: -errno of the first block that there was none of, or 0: from then on the training
 *	is another one
 */
struct phased_memory {
	struct memory_backend below;
	struct phases *phases;
	int refused;
};

/** phased_backend() - the backend; every page of what it gives was touched: @memory */
struct memory_backend phased_backend(struct phased_memory *memory);

/** struct phased_source - a source whose work counts as PHASE_DECRYPT */
struct phased_source {
	struct source below;
	struct phases *phases;
};

/** phased_source() - take the place of a source; @phased outlives it */
void phased_source(struct phased_source *phased, struct phases *phases, struct source *source);

#endif /* WARD_WORKER_PHASES_H */
