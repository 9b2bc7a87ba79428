/* SPDX-License-Identifier: MIT */
/*
 * Stochastic gradient descent on minibatches: with momentum, or Adam (D. P. Kingma,
 * J. Ba, 2015), whose steps have a rate for each parameter.
 *
 * Sites are read at the same time, each at its share, so that no batch holds
 * one hospital alone; rows pass through a window of bounded size in which they
 * are shuffled by the plan's seed. Neither depends on chunks or memory.
 *
 * What is kept of an epoch that was broken off is how many rows were drawn and what the
 * shuffle began with: its window fills again by drawing as many, without a step, so that no
 * patient's row is ever kept.
 */
#ifndef WARD_WORKER_SGD_H
#define WARD_WORKER_SGD_H

#include <stdint.h>

#include "cohort.h"
#include "failure.h"
#include "keeper.h"
#include "plan.h"

struct sgd_options {
	const struct plan_run *run;
	const struct net *net;
	/* after each epoch: mean loss of its batches; or NULL */
	void (*progress)(void *arg, uint64_t epoch, double loss);
	void *arg;
	const struct keeper *keeper;	/* keeps the state between minibatches; or NULL */
};

/**
 * sgd_solve() - train
 * @options: options
 * @cohort: surveyed
 * @theta: parameters: start, then those after the last epoch
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int sgd_solve(const struct sgd_options *options, struct cohort *cohort,
	      double *theta, struct failure *failure);

#endif /* WARD_WORKER_SGD_H */
