/* SPDX-License-Identifier: MIT */
/*
 * Federated averaging (H. B. McMahan et al., 2017): in each round every site trains from the
 * common weights on its own rows for some epochs; the weights move by the mean of what the
 * sites' weights moved by, weighted by their training rows, in the order of the sites.
 *
 * The same functions do it for all data sets of one process and for each side of a federation,
 * so that both come to the same weights, bit for bit.
 */
#ifndef WARD_WORKER_AVERAGE_H
#define WARD_WORKER_AVERAGE_H

#include <stdint.h>

#include "cohort.h"
#include "failure.h"
#include "keeper.h"
#include "memory.h"
#include "net.h"
#include "plan.h"

/**
 * struct average - a weighted sum of updates, in protected memory
 * @params: length of an update
 * @rows: weights so far
 * @loss: sum over these rows
 * @sum: of rows x update
 */
struct average {
	size_t params;
	uint64_t rows;
	double loss;
	double *sum;
};

/**
 * average_init() - nothing yet
 * @average: filled in
 * @memory: where it lives
 * @params: length of an update
 *
 * Return: 0, or -1 when the budget has no room.
 */
int average_init(struct average *average, struct memory *memory, size_t params);

/**
 * average_clear() - nothing again
 * @average: average
 */
void average_clear(struct average *average);

/**
 * average_norm() - Euclidean norm
 * @update: of a site
 * @params: its length
 *
 * Return: the norm; not finite where one of the numbers is not.
 */
double average_norm(const double *update, size_t params);

/**
 * average_add() - count an update in
 * @average: grows
 * @update: finite
 * @rows: of the site's training
 * @loss: their mean
 * @clip: the update is scaled to this norm if its own is larger; 0 = it is not
 */
void average_add(struct average *average, const double *update, uint64_t rows, double loss,
		 double clip);

/**
 * average_apply() - the common weights after the round
 * @average: of at least one row
 * @theta: moves by the mean
 *
 * Return: mean loss.
 */
double average_apply(const struct average *average, double *theta);

/**
 * average_local() - a site's part of a round
 * @cohort: its data sets, surveyed
 * @run: of the plan, with rounds
 * @net: shape
 * @round: from 0: the shuffle is by splitmix64(seed ^ splitmix64(round)), the rate
 *	rate / (1 + decay x round)
 * @theta: common weights
 * @update: filled in: where training went from there
 * @loss: mean over the last epoch
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int average_local(struct cohort *cohort, const struct plan_run *run, const struct net *net,
		  uint64_t round, const double *theta, double *update, double *loss,
		  struct failure *failure);

struct average_options {
	const struct plan_run *run;
	const struct net *net;
	/* after each round: mean loss; or NULL */
	void (*progress)(void *arg, uint64_t round, double loss);
	void *arg;
	const struct keeper *keeper;	/* keeps the state between rounds; or NULL */
};

/**
 * average_solve() - all rounds, each data set of a cohort being a site
 * @options: options
 * @cohort: surveyed
 * @theta: parameters: start, then those after the last round
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int average_solve(const struct average_options *options, struct cohort *cohort, double *theta,
		  struct failure *failure);

#endif /* WARD_WORKER_AVERAGE_H */
