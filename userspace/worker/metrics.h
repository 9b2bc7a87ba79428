/* SPDX-License-Identifier: MIT */
/*
 * How good a model is on rows that it was not trained on.
 *
 * Of values: how far its estimates are from them. Of classes: how many it tells apart. Up to METRICS_EXACT rows, scores are kept (in protected memory) and the AUC
 * is exact. Beyond that, scores are counted in bins of equal probability, so
 * that memory stays bounded, and the AUC comes with the error that the bins
 * can have made at most.
 */
#ifndef WARD_WORKER_METRICS_H
#define WARD_WORKER_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "memory.h"
#include "net.h"

#define METRICS_EXACT	65536u
#define METRICS_BINS	65536u
#define METRICS_DECILES	10

/**
 * struct metrics_row - what is kept of a row
 * @score: log odds; of values: mean squared error over the row's labels
 * @label: 0 or 1; of values: mean absolute error
 */
struct metrics_row {
	double score;
	double label;
};

/**
 * struct metrics_decile - of classes: rows with a probability from n/10 to (n + 1)/10
 * @rows: how many
 * @positive: of them with label 1
 * @expected: sum of their probabilities
 */
struct metrics_decile {
	uint64_t rows;
	uint64_t positive;
	double expected;
};

struct metrics_collector {
	enum loss kind;
	size_t outputs;			/* labels of a row */
	uint64_t rows;
	uint64_t right;
	uint64_t positive;
	double loss;
	double brier;
	struct metrics_decile decile[METRICS_DECILES];
	double apart;		/* of values: sum of distances */
	double mean;		/* of the labels, and their squared distances from it */
	double spread;
	size_t room;
	struct metrics_row *row;	/* exact */
	uint64_t *negative_bin;		/* else */
	uint64_t *positive_bin;
};

/**
 * struct metrics - the figures; those of the other kind are NaN
 * @kind: LOSS_LOG: of classes, LOSS_SQUARED: of values
 * @rows: rows
 * @positive: rows with label 1
 * @accuracy: part of rows on the right side of probability 1/2; NaN = no rows
 * @auc: area under the ROC curve; NaN where a class has no rows
 * @auc_error: the exact AUC lies within @auc +- @auc_error
 * @loss: mean log loss, nats
 * @brier: mean squared distance of probability and label
 * @calibration: mean over rows of the distance between what a row's decile expected and what
 *	came (the expected calibration error)
 * @decile: those that it is made of
 * @mse: mean squared error, the label's unit squared
 * @mae: mean absolute error, the label's unit
 * @median_se: median over rows of a row's mean squared error; NaN beyond METRICS_EXACT rows
 * @median_ae: the same of the absolute error
 * @r2: 1 - @mse / variance of the labels; NaN where they are all the same
 */
struct metrics {
	enum loss kind;
	uint64_t rows;
	uint64_t positive;
	double accuracy;
	double auc;
	double auc_error;
	double loss;
	double brier;
	double calibration;
	struct metrics_decile decile[METRICS_DECILES];
	double mse;
	double mae;
	double median_se;
	double median_ae;
	double r2;
};

/**
 * metrics_init() - room for rows
 * @collector: filled in
 * @memory: where scores live
 * @net: of the model: what it predicts
 * @rows: most that will come
 *
 * Return: 0, or -1 when the budget has no room.
 */
int metrics_init(struct metrics_collector *collector, struct memory *memory,
		 const struct net *net, uint64_t rows);

/**
 * metrics_clear() - no rows yet
 * @collector: collector
 */
void metrics_clear(struct metrics_collector *collector);

/**
 * metrics_add() - count a row in
 * @collector: collector; rows beyond those announced count for accuracy only
 * @score: log odds, or the estimates
 * @label: 0 or 1, or the values
 */
void metrics_add(struct metrics_collector *collector, const double *score, const double *label);

/**
 * metrics_finish() - the figures
 * @collector: its scores are sorted
 * @out: filled in
 */
void metrics_finish(struct metrics_collector *collector, struct metrics *out);

#endif /* WARD_WORKER_METRICS_H */
