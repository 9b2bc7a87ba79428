/* SPDX-License-Identifier: MIT */
/*
 * The rounds of a federation, on the aggregator's side: standardisation from the sites'
 * moments, full gradients or federated averaging, figures.
 *
 * With the same sites in the same order the weights are those that one process with all data
 * sets would come to, bit for bit: sums are merged in the order of the sites' names, by the
 * same functions.
 *
 * A site that goes, or is late, while gradients are summed would change what is minimised:
 * the run begins anew with those who are left, as it does when a new one comes. In a round of
 * averaging whoever answers in time counts. Fewer than the quorum end the federation.
 */
#ifndef WARD_WORKER_FEDERATE_H
#define WARD_WORKER_FEDERATE_H

#include "cohort.h"
#include "failure.h"
#include "roster.h"
#include "train.h"

#define FEDERATE_RESTARTS	64	/* of a run; those who come have half of them */

/**
 * struct federation - what is trained with whom
 * @plan: plan, without folds
 * @memory: budget
 * @roster: initialised; the sites
 * @hooks: as train_model() has them
 * @restarted: a run begins anew, @sites taking part; or NULL
 * @arg: for @restarted
 * @model: of each run; filled in, with figures by site
 * @cohort: filled in: the sites as they were counted, in the order of @model's figures
 * @site: of @cohort
 */
struct federation {
	const struct plan *plan;
	struct memory *memory;
	struct roster *roster;
	const struct train_hooks *hooks;
	void (*restarted)(void *arg, const struct plan_run *run, size_t sites);
	void *arg;
	struct model *model;

	struct cohort cohort;
	struct site site[ROSTER_MAX];

	/* private */
	struct stats pooled;
	struct wire_counts all;		/* of those whose moments are in @pooled */
	size_t surveyed;		/* how many these are */
	size_t run;
	struct gradient part;
	double *update;
	bool again;			/* the run has to begin anew */
	int restarts;
};

/**
 * federate_run() - gather, standardise, train all runs, get figures
 * @federation: upper part filled in, the rest zero
 * @failure: what went wrong: no quorum (8), all labels the same (7), ...
 *
 * Return: 0 or -1; model_clear() of all models in any case.
 */
int federate_run(struct federation *federation, struct failure *failure);

#endif /* WARD_WORKER_FEDERATE_H */
