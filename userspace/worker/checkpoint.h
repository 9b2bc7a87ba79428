/* SPDX-License-Identifier: MIT */
/*
 * Training that goes on after a crash: the models that were trained so far, and the state of
 * the one that is being trained, in a sealed file that is replaced whole. doc/formats.md,
 * section 18, has its layout. From any of them training reaches the same bits, so that an
 * older one in its place costs time and nothing else.
 *
 * It holds parameters and what solvers learnt, never a row. What is known of rows besides,
 * scores and figures, is reckoned anew.
 */
#ifndef WARD_WORKER_CHECKPOINT_H
#define WARD_WORKER_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data.h"
#include "failure.h"
#include "keeper.h"
#include "memory.h"
#include "plan.h"
#include "seal.h"

#define CHECKPOINT_SECONDS_DEFAULT	60

/**
 * struct checkpoint - the file and what it is to hold
 * @path: of the file
 * @steps: it is written after so many steps or minibatches; 0 = by time
 * @seconds: or after so many seconds
 * @plan: what is computed; outlives it
 * @data: data sets, with name, id and digest
 * @sites: how many
 * @seal: who can open it
 * @memory: where parameters live
 * @trouble: told when it can't be written: training goes on, and the file before stands;
 *	NULL = that is a failure
 * @arg: for @trouble
 *
 * The caller fills in the above. Then checkpoint_open() says:
 * @resumed: there was a file
 * @done: models that are trained; folds count
 * @within: and another was being trained
 */
struct checkpoint {
	const char *path;
	uint64_t steps;
	uint64_t seconds;
	const struct plan *plan;
	const struct data *data;
	size_t sites;
	struct seal *seal;
	struct memory *memory;
	void (*trouble)(void *arg, const char *text);
	void *arg;

	bool resumed;
	size_t done;
	bool within;

	/* private */
	size_t models;			/* that the plan asks for */
	size_t at;			/* the one that is trained */
	uint64_t *trained;		/* records, one after the other */
	struct memory_block loaded;	/* the file's contents, while @within */
	size_t loaded_len;
	const uint8_t *state;
	size_t state_len;
	uint64_t since;			/* steps since it was written */
	double written;			/* when, seconds */
};

/**
 * checkpoint_open() - look for the file; go on from it if it is there
 * @checkpoint: upper part filled in, the rest zero
 * @keeper: filled in, for train_model(); it borrows @checkpoint
 * @failure: what went wrong: the file is of another plan, other data, another user, or
 *	can't be opened here
 *
 * Return: 0 or -1.
 */
int checkpoint_open(struct checkpoint *checkpoint, struct keeper *keeper, struct failure *failure);

/**
 * checkpoint_end() - give memory back; the file stays
 * @checkpoint: in any state
 */
void checkpoint_end(struct checkpoint *checkpoint);

#endif /* WARD_WORKER_CHECKPOINT_H */
