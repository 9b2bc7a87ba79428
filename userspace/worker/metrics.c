// SPDX-License-Identifier: MIT
#include "metrics.h"

#include <math.h>
#include <string.h>

int metrics_init(struct metrics_collector *collector, struct memory *memory,
		 const struct net *net, uint64_t rows)
{
	*collector = (struct metrics_collector){ .kind = net->loss, .outputs = net->outputs };
	if (rows <= METRICS_EXACT) {
		collector->room = rows ? rows : 1;
		collector->row = memory_take(memory, collector->room * sizeof(*collector->row));
		return collector->row ? 0 : -1;
	}
	if (net->loss == LOSS_SQUARED)
		return 0;
	collector->negative_bin = memory_take(memory, METRICS_BINS * sizeof(uint64_t));
	collector->positive_bin = memory_take(memory, METRICS_BINS * sizeof(uint64_t));
	return collector->negative_bin && collector->positive_bin ? 0 : -1;
}

void metrics_clear(struct metrics_collector *collector)
{
	collector->rows = collector->right = collector->positive = 0;
	collector->loss = collector->apart = collector->mean = collector->spread = 0;
	collector->brier = 0;
	memset(collector->decile, 0, sizeof(collector->decile));
	if (collector->negative_bin) {
		memset(collector->negative_bin, 0, METRICS_BINS * sizeof(uint64_t));
		memset(collector->positive_bin, 0, METRICS_BINS * sizeof(uint64_t));
	}
}

static void add_bin(struct metrics_collector *collector, double score, double label)
{
	size_t bin = (size_t)(loss_chance(score) * METRICS_BINS);

	if (bin >= METRICS_BINS)
		bin = METRICS_BINS - 1;
	if (label > 0)
		collector->positive_bin[bin]++;
	else
		collector->negative_bin[bin]++;
}

static void keep_row(struct metrics_collector *collector, double score, double label)
{
	if (collector->rows < collector->room)
		collector->row[collector->rows] = (struct metrics_row){ score, label };
}

static void add_chance(struct metrics_collector *collector, double chance, double label)
{
	size_t n = (size_t)(chance * METRICS_DECILES);
	struct metrics_decile *decile;

	decile = &collector->decile[n < METRICS_DECILES ? n : METRICS_DECILES - 1];
	decile->rows++;
	decile->positive += label > 0;
	decile->expected += chance;
	collector->brier += (chance - label) * (chance - label);
}

static void add_class(struct metrics_collector *collector, double score, double label)
{
	if (!collector->row)
		add_bin(collector, score, label);
	collector->right += (score >= 0) == (label > 0);
	collector->positive += label > 0;
	collector->loss += loss_value(LOSS_LOG, score, label);
	add_chance(collector, loss_chance(score), label);
	keep_row(collector, score, label);
}

/* Mean and spread of the labels as B. P. Welford adds them up. */
static void add_label(struct metrics_collector *collector, double label, uint64_t before)
{
	double from = label - collector->mean;

	collector->mean += from / (double)(before + 1);
	collector->spread += from * (label - collector->mean);
}

static void add_values(struct metrics_collector *collector, const double *score,
		       const double *label)
{
	double squared = 0, apart = 0;
	size_t i;

	for (i = 0; i < collector->outputs; i++) {
		squared += 2 * loss_value(LOSS_SQUARED, score[i], label[i]);
		apart += fabs(score[i] - label[i]);
		add_label(collector, label[i], collector->rows * collector->outputs + i);
	}
	squared /= (double)collector->outputs;
	apart /= (double)collector->outputs;
	collector->loss += squared;
	collector->apart += apart;
	keep_row(collector, squared, apart);
}

void metrics_add(struct metrics_collector *collector, const double *score, const double *label)
{
	if (collector->kind == LOSS_SQUARED)
		add_values(collector, score, label);
	else
		add_class(collector, *score, *label);
	collector->rows++;
}

static void sift(struct metrics_row *row, size_t root, size_t count)
{
	struct metrics_row swap;
	size_t child;

	for (; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count && row[child + 1].score > row[child].score)
			child++;
		if (row[root].score >= row[child].score)
			return;
		swap = row[root];
		row[root] = row[child];
		row[child] = swap;
	}
}

/* Heapsort, in place: qsort() may copy rows to the heap. */
static void sort_rows(struct metrics_row *row, size_t count)
{
	struct metrics_row swap;
	size_t i;

	for (i = count / 2; i-- > 0;)
		sift(row, i, count);
	for (i = count; i-- > 1;) {
		swap = row[0];
		row[0] = row[i];
		row[i] = swap;
		sift(row, 0, i);
	}
}

/*
 * Pairs of a positive above a negative, ties counting one half: for each run
 * of equal scores, its positives beat all negatives below and half of its own.
 */
static double pairs_exact(struct metrics_row *row, size_t count)
{
	double won = 0, below = 0;
	size_t i = 0;

	sort_rows(row, count);
	while (i < count) {
		double score = row[i].score, positive = 0, negative = 0;

		for (; i < count && row[i].score == score; i++) {
			positive += row[i].label > 0;
			negative += !(row[i].label > 0);
		}
		won += positive * (below + negative / 2);
		below += negative;
	}
	return won;
}

static double pairs_binned(const struct metrics_collector *collector, double *tied)
{
	double won = 0, below = 0;
	size_t i;

	for (i = 0; i < METRICS_BINS; i++) {
		double positive = (double)collector->positive_bin[i];
		double negative = (double)collector->negative_bin[i];

		won += positive * (below + negative / 2);
		*tied += positive * negative / 2;
		below += negative;
	}
	return won;
}

static double median_score(struct metrics_row *row, size_t count)
{
	sort_rows(row, count);
	return (row[(count - 1) / 2].score + row[count / 2].score) / 2;
}

static void finish_medians(struct metrics_collector *collector, struct metrics *out)
{
	size_t i;

	out->median_se = median_score(collector->row, collector->rows);
	for (i = 0; i < collector->rows; i++)
		collector->row[i].score = collector->row[i].label;
	out->median_ae = median_score(collector->row, collector->rows);
}

static void finish_values(struct metrics_collector *collector, struct metrics *out)
{
	double rows = (double)collector->rows;

	if (!collector->rows)
		return;
	out->mse = collector->loss / rows;
	out->mae = collector->apart / rows;
	if (collector->spread > 0)
		out->r2 = 1 - collector->loss * (double)collector->outputs / collector->spread;
	if (collector->row && collector->rows <= collector->room)
		finish_medians(collector, out);
}

static double calibration_of(const struct metrics_collector *collector)
{
	double apart = 0;
	size_t i;

	for (i = 0; i < METRICS_DECILES; i++) {
		const struct metrics_decile *decile = &collector->decile[i];

		apart += fabs(decile->expected - (double)decile->positive);
	}
	return apart / (double)collector->rows;
}

static void finish_classes(const struct metrics_collector *collector, struct metrics *out)
{
	double rows = (double)collector->rows;
	double positive = (double)collector->positive;
	double pairs = positive * (rows - positive), tied = 0, won;

	out->positive = collector->positive;
	if (!collector->rows)
		return;
	out->accuracy = (double)collector->right / rows;
	out->loss = collector->loss / rows;
	out->brier = collector->brier / rows;
	out->calibration = calibration_of(collector);
	memcpy(out->decile, collector->decile, sizeof(out->decile));
	if (!(pairs > 0) || (collector->row && collector->rows > collector->room))
		return;
	won = collector->row ? pairs_exact(collector->row, collector->rows) :
			       pairs_binned(collector, &tied);
	out->auc = won / pairs;
	out->auc_error = tied / pairs;
}

void metrics_finish(struct metrics_collector *collector, struct metrics *out)
{
	*out = (struct metrics){
		.kind = collector->kind, .rows = collector->rows,
		.accuracy = NAN, .auc = NAN, .loss = NAN, .brier = NAN,
		.calibration = NAN, .mse = NAN, .mae = NAN,
		.median_se = NAN, .median_ae = NAN, .r2 = NAN,
	};
	if (collector->kind == LOSS_SQUARED)
		finish_values(collector, out);
	else
		finish_classes(collector, out);
}
