/* SPDX-License-Identifier: MIT */
/*
 * Mean and spread of the design matrix's columns, row by row (B. P. Welford,
 * 1962) and merged over sites (T. F. Chan et al., 1979), and what standardises
 * a row with them.
 */
#ifndef WARD_WORKER_STATS_H
#define WARD_WORKER_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "memory.h"

/* All arrays hold @columns doubles in protected memory. */
struct stats {
	size_t columns;
	double *count;
	double *mean;
	double *m2;		/* sum of squared distances from the mean */
};

struct scaler {
	size_t columns;
	double *fill;		/* stands in for a missing value */
	double *shift;
	double *scale;		/* x becomes (x - shift) / scale */
};

/**
 * stats_init() - no rows yet
 * @stats: filled in
 * @memory: where the arrays live
 * @columns: how many
 *
 * Return: 0, or -1 when the budget has no room.
 */
int stats_init(struct stats *stats, struct memory *memory, size_t columns);

/**
 * stats_clear() - no rows yet, again
 * @stats: stats
 */
void stats_clear(struct stats *stats);

/**
 * stats_add() - count a row in
 * @stats: stats
 * @x: its columns; NaN counts for nothing
 */
void stats_add(struct stats *stats, const double *x);

/**
 * stats_merge() - count all rows of another in
 * @stats: grows
 * @other: stays as it is; the same number of columns
 */
void stats_merge(struct stats *stats, const struct stats *other);

/**
 * stats_deviation() - sample standard deviation of a column (n - 1)
 * @stats: stats
 * @column: from 0
 *
 * Return: the deviation; 0 with fewer than two values.
 */
double stats_deviation(const struct stats *stats, size_t column);

/**
 * scaler_init() - one that changes nothing
 * @scaler: filled in
 * @memory: where the arrays live
 * @columns: how many
 *
 * Return: 0, or -1 when the budget has no room.
 */
int scaler_init(struct scaler *scaler, struct memory *memory, size_t columns);

/**
 * scaler_fit() - take mean and deviation from stats
 * @scaler: of as many columns
 * @stats: stats
 * @standardise: 0 = only fill missing values in
 *
 * A column that is constant is shifted, not scaled.
 */
void scaler_fit(struct scaler *scaler, const struct stats *stats,
		int standardise);

/**
 * scaler_apply() - standardise a row in place
 * @scaler: scaler
 * @x: its columns
 */
void scaler_apply(const struct scaler *scaler, double *x);

#endif /* WARD_WORKER_STATS_H */
