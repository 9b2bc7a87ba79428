/* SPDX-License-Identifier: MIT */
/* What the solvers that look at all rows at once have in common. */
#ifndef WARD_WORKER_SOLVE_H
#define WARD_WORKER_SOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "failure.h"
#include "gradient.h"
#include "keeper.h"

/* The mean loss and its derivatives at @theta, by one pass over all rows. */
typedef int (*solve_pass)(void *arg, const double *theta, struct gradient *out,
			  struct failure *failure);

/**
 * struct solve_options - what is solved, and when it is
 * @net: shape of the model
 * @tolerance: of gradient_norm(): the end
 * @max_steps: the end without it
 * @pass: over all rows
 * @arg: for @pass and @progress
 * @progress: after each step; or NULL
 * @keeper: keeps the state between steps; or NULL
 */
struct solve_options {
	const struct net *net;
	double tolerance;
	uint64_t max_steps;
	solve_pass pass;
	void *arg;
	void (*progress)(void *arg, uint64_t step, double loss, double norm);
	const struct keeper *keeper;
};

/** struct solve_result - how it ended */
struct solve_result {
	uint64_t steps;
	uint64_t passes;
	double loss;
	double norm;
	bool converged;
};

#endif /* WARD_WORKER_SOLVE_H */
