/* SPDX-License-Identifier: MIT */
/*
 * All sites together: one survey that fixes how rows are standardised, then as
 * many passes over the rows as training needs, always in the same order.
 */
#ifndef WARD_WORKER_COHORT_H
#define WARD_WORKER_COHORT_H

#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "memory.h"
#include "plan.h"
#include "ring.h"
#include "site.h"
#include "stats.h"

/**
 * struct cohort - all sites
 * @plan: what is computed
 * @memory: budget
 * @ring: chunk buffers
 * @sites: how many
 * @site: the sites
 * @train: training rows of all
 * @test: test rows of all
 * @pooled: statistics of all training rows
 * @x: one row
 */
struct cohort {
	const struct plan *plan;
	struct memory *memory;
	struct ring *ring;
	size_t sites;
	struct site *site;

	uint64_t train;
	uint64_t test;
	struct stats pooled;
	double *x;
};

enum cohort_part { COHORT_TRAIN, COHORT_TEST };

/* @y: the row's labels, as many as the plan's outputs */
typedef void (*cohort_visit)(void *arg, const double *x, const double *y);

/**
 * cohort_survey() - read all sites once and fix the scalers
 * @cohort: upper part filled in, sites initialised
 * @failure: what went wrong, also: no training rows, or one class only
 *
 * Return: 0 or -1.
 */
int cohort_survey(struct cohort *cohort, struct failure *failure);

/**
 * cohort_scan() - the first half of cohort_survey(): read all sites once
 * @cohort: as for it
 * @failure: what went wrong
 *
 * Counters and @pooled are those of the rows that were read here.
 *
 * Return: 0 or -1.
 */
int cohort_scan(struct cohort *cohort, struct failure *failure);

/**
 * cohort_fit() - the second half: fix the scalers
 * @cohort: scanned; @pooled may be that of more rows than were read here
 */
void cohort_fit(struct cohort *cohort);

/**
 * cohort_fold() - survey anew with another fold for testing
 * @cohort: surveyed
 * @fold: of the plan's, or PLAN_NO_FOLD: all rows are trained with, as cohort_survey() has it
 * @failure: as cohort_survey()
 *
 * Return: 0 or -1.
 */
int cohort_fold(struct cohort *cohort, uint64_t fold, struct failure *failure);

/**
 * cohort_walk() - visit one part of one site's rows, standardised
 * @cohort: surveyed
 * @site: which
 * @part: training or test rows
 * @visit: called for each; the row is gone when it returns
 * @arg: for @visit
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int cohort_walk(struct cohort *cohort, size_t site, enum cohort_part part,
		cohort_visit visit, void *arg, struct failure *failure);

/**
 * cohort_next() - the next training row of one site, standardised
 * @cohort: surveyed
 * @site: which; rewound by the caller
 * @row: with room for its features
 * @failure: what went wrong
 *
 * Return: 1 with a row, 0 at the end, -1 on failure.
 */
int cohort_next(struct cohort *cohort, size_t site, struct site_row *row,
		struct failure *failure);

#endif /* WARD_WORKER_COHORT_H */
