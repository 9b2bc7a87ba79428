/* SPDX-License-Identifier: MIT */
/*
 * Whoever keeps what is needed to go on with training after a crash: checkpoint.h in the
 * program. Solvers show it their state, as a list of places in memory, when it is whole; the
 * same list filled in brings them back to that moment, and from there to the same bits.
 */
#ifndef WARD_WORKER_KEEPER_H
#define WARD_WORKER_KEEPER_H

#include <stddef.h>
#include <stdint.h>

#include "failure.h"

#define STATE_PARTS_MAX	48

struct model;

/**
 * struct state - where a solver's state lies, in protected memory or, of counts, on its stack
 * @parts: how many
 * @part: place and bytes, always in the same order
 */
struct state {
	size_t parts;
	struct {
		void *at;
		size_t len;
	} part[STATE_PARTS_MAX];
};

/**
 * state_add() - one part more
 * @state: fewer than STATE_PARTS_MAX
 * @at: place
 * @len: bytes
 */
static inline void state_add(struct state *state, void *at, size_t len)
{
	state->part[state->parts].at = at;
	state->part[state->parts++].len = len;
}

/**
 * struct keeper - what it is asked
 * @recall: a model is about to be trained. Return: 1 when it had been by then: parameters,
 *	steps and figures of training are filled in; 0; -1 on failure
 * @restore: a solver begins. Return: 1 when its state is filled in, 0 when it begins anew,
 *	-1 on failure
 * @keep: a step or minibatch is done. Return: 0 or -1
 * @done: the model is trained. Return: 0 or -1
 * @arg: for all
 */
struct keeper {
	int (*recall)(void *arg, struct model *model, struct failure *failure);
	int (*restore)(void *arg, const struct state *state, struct failure *failure);
	int (*keep)(void *arg, const struct state *state, struct failure *failure);
	int (*done)(void *arg, const struct model *model, struct failure *failure);
	void *arg;
};

/* As @restore and @keep; without a keeper 0. */
static inline int keeper_restore(const struct keeper *keeper, const struct state *state,
				 struct failure *failure)
{
	return keeper ? keeper->restore(keeper->arg, state, failure) : 0;
}

static inline int keeper_keep(const struct keeper *keeper, const struct state *state,
			      struct failure *failure)
{
	return keeper ? keeper->keep(keeper->arg, state, failure) : 0;
}

#endif /* WARD_WORKER_KEEPER_H */
