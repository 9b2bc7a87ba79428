/* SPDX-License-Identifier: MIT */
/*
 * One data set as rows of the design matrix: chunks from the ring, fields from
 * the table, columns and label from the design, split as the plan says.
 */
#ifndef WARD_WORKER_SITE_H
#define WARD_WORKER_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "course.h"
#include "design.h"
#include "failure.h"
#include "kept.h"
#include "plan.h"
#include "ring.h"
#include "stats.h"
#include "table.h"

/**
 * struct site - one data set
 * @index: its place in the cohort
 * @name: its name in plan and messages; the caller's
 * @source: where its chunks come from
 * @table: upper part filled in by the caller
 * @label: name of the label's column by the data set's metadata, or NULL
 * @expected: rows that its header promises; 0 = unknown
 * @fold: that is tested, where the plan has folds
 * @rows: rows of the table
 * @train: rows for training, of those that count; of courses, windows
 * @test: rows for testing; of courses, windows
 * @positive: rows of both whose label is 1, or a value above 0
 * @dropped: rows that do not count, for a value that is missing; of courses, rows with which
 *	no window ends
 * @stats: of the training rows, as they are in the table
 * @scaler: how this site's rows are standardised
 */
struct site {
	unsigned int index;
	const char *name;
	struct source source;
	struct table table;
	const char *label;
	uint64_t expected;
	uint64_t fold;

	uint64_t rows;
	uint64_t train;
	uint64_t test;
	uint64_t positive;
	uint64_t dropped;
	struct stats stats;
	struct scaler scaler;

	/* private */
	const struct plan *plan;
	struct ring *ring;
	struct design design;
	struct course course;
	double *values;		/* one row of the table */
	struct ring_slot *slot;
	uint64_t next_chunk;
	uint64_t row;
	struct memory *memory;
	struct kept kept;
	bool from_kept;		/* this pass reads them */
	uint64_t given;		/* rows, in such a pass */
};

/**
 * struct site_row - a row that counts
 * @x: the caller's: features and behind them labels, site_row_width() doubles
 * @test: for testing, else for training
 */
struct site_row {
	double *x;
	bool test;
};

/**
 * site_row_width() - how many doubles a row has
 * @plan: plan
 *
 * Return: features and labels.
 */
static inline size_t site_row_width(const struct plan *plan)
{
	return plan->features + plan->outputs;
}

/**
 * site_init() - prepare to read
 * @site: upper part filled in by the caller, the rest zero
 * @plan: outlives the site
 * @ring: outlives the site
 * @memory: where rows live
 * @failure: what went wrong: a column that the table lacks, say
 *
 * Return: 0 or -1.
 */
int site_init(struct site *site, const struct plan *plan, struct ring *ring,
	      struct memory *memory, struct failure *failure);

/**
 * site_keep() - keep its rows as numbers from the first survey on, if they are few
 * @site: initialised
 * @most: bytes that they may take
 *
 * How many rows there are must be known beforehand, by @expected.
 *
 * Return: bytes that they will take; 0 = none are kept.
 */
size_t site_keep(struct site *site, size_t most);

/**
 * site_unkeep() - give them back, also in the midst of a pass, which goes on with the same rows
 * @site: initialised
 *
 * Return: bytes given back.
 */
size_t site_unkeep(struct site *site);

/**
 * site_end() - let go of chunk and carry
 * @site: site, or all zero
 */
void site_end(struct site *site);

/**
 * site_rewind() - start with the first row again
 * @site: site
 */
void site_rewind(struct site *site);

/**
 * site_next() - the next row that counts
 * @site: site
 * @row: filled in; not standardised, NaN where missing (if the plan lets such
 *	rows count)
 * @failure: what went wrong
 *
 * Return: 1 with a row, 0 at the end, -1 on failure.
 */
int site_next(struct site *site, struct site_row *row, struct failure *failure);

/**
 * site_survey() - read it once: count rows, gather statistics
 * @site: counters and stats filled in
 * @x: room for one row: site_row_width() doubles
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int site_survey(struct site *site, double *x, struct failure *failure);

#endif /* WARD_WORKER_SITE_H */
