/* SPDX-License-Identifier: MIT */
/*
 * The plan's runs on a cohort: train, evaluate. Nothing here knows of files,
 * devices or brokers.
 */
#ifndef WARD_WORKER_TRAIN_H
#define WARD_WORKER_TRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cohort.h"
#include "failure.h"
#include "gradient.h"
#include "keeper.h"
#include "metrics.h"
#include "plan.h"
#include "solve.h"

/**
 * struct model - one trained model
 * @run: how it was trained
 * @net: its shape
 * @theta: parameters, in protected memory
 * @steps: of Newton or L-BFGS, or epochs, or rounds
 * @loss: of training, with penalty where steps are counted; mean over the last epoch else
 * @norm: largest part of the gradient at the end, where steps are counted
 * @converged: the tolerance was reached; never said where epochs are counted
 * @sites: how many
 * @site: figures by site, on the heap; freed by model_clear()
 * @folds: how many there were, 0 = none
 * @fold: figures by fold, each of a model that was trained without it; on the heap
 * @pooled: figures of all test rows
 */
struct model {
	const struct plan_run *run;
	struct net net;
	double *theta;
	uint64_t steps;
	double loss;
	double norm;
	bool converged;
	size_t sites;
	struct metrics *site;
	size_t folds;
	struct metrics *fold;
	struct metrics pooled;
};

struct train_hooks {
	/* after each step or epoch: of how many at most, and the loss */
	void (*progress)(void *arg, const struct plan_run *run, uint64_t step,
			 uint64_t steps, double loss);
	void *arg;
	const struct keeper *keeper;	/* or NULL */
};

/**
 * train_sums() - loss and its derivatives as sums over all training rows
 * @cohort: surveyed
 * @theta: parameters
 * @site: sums of a site at a time
 * @out: the sum of these, in the order of sites
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int train_sums(struct cohort *cohort, const double *theta, struct gradient *site,
	       struct gradient *out, struct failure *failure);

/**
 * train_begin() - a model that is yet to be trained
 * @cohort: its plan, its number of sites
 * @run: of the plan
 * @model: filled in; theta lives in the memory scope that is open
 * @failure: what went wrong
 *
 * Return: 0 or -1; model_clear() in any case.
 */
int train_begin(struct cohort *cohort, const struct plan_run *run, struct model *model,
		struct failure *failure);

/**
 * train_solve() - find the parameters by a method that looks at all rows for each step
 * @model: begun; parameters and how it ended are filled in
 * @how: pass, arg, progress and keeper; the rest is the run's
 * @site: filled in: room for one site's sums, in the memory scope that is open
 * @memory: budget
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int train_solve(struct model *model, const struct solve_options *how, struct gradient *site,
		struct memory *memory, struct failure *failure);

/**
 * train_test() - figures of the test rows
 * @cohort: surveyed, without folds
 * @model: trained; its figures are filled in
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int train_test(struct cohort *cohort, struct model *model, struct failure *failure);

/**
 * train_digest() - a model's parameters as 32 bytes
 * @model: trained
 * @out: SHA-256 of its parameters as little-endian doubles
 *
 * Return: 0, or -1: the cryptographic library failed.
 */
int train_digest(const struct model *model, uint8_t out[32]);

/**
 * train_model() - train and evaluate one run
 * @cohort: surveyed
 * @run: of its plan
 * @hooks: or NULL
 * @model: filled in; theta lives in the memory scope that was open
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int train_model(struct cohort *cohort, const struct plan_run *run,
		const struct train_hooks *hooks, struct model *model,
		struct failure *failure);

/**
 * model_clear() - free what lies on the heap
 * @model: model, or all zero
 */
void model_clear(struct model *model);

#endif /* WARD_WORKER_TRAIN_H */
