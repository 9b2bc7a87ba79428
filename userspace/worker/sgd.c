// SPDX-License-Identifier: MIT
#include "sgd.h"

#include <math.h>
#include <string.h>

#include "gradient.h"
#include "random.h"
#include "scrub.h"

/* The paper's own. */
#define BETA1	0.9
#define BETA2	0.999
#define EPSILON	1e-8

struct sgd {
	const struct sgd_options *options;
	struct cohort *cohort;
	struct failure *failure;
	size_t width;		/* of a row: features, labels */
	size_t params;
	double *theta;
	double *first;		/* SGD: velocity; Adam: mean of gradients */
	double *second;		/* Adam: mean of their squares */
	uint64_t steps;
	struct gradient batch;
	size_t window;		/* rows that it can hold */
	size_t waiting;		/* rows that it holds */
	double *rows;		/* window * width */
	uint64_t *taken;	/* rows of this epoch by site */
	uint64_t random;
	double rate;
	double loss;
};

static int prepare(struct sgd *sgd)
{
	struct memory *memory = sgd->cohort->memory;
	uint64_t rows = sgd->cohort->train;

	sgd->width = site_row_width(sgd->cohort->plan);
	sgd->params = net_params(sgd->options->net);
	sgd->window = sgd->options->run->window;
	if (sgd->window > rows)
		sgd->window = rows;
	sgd->first = memory_doubles(memory, sgd->params);
	sgd->second = memory_doubles(memory, sgd->params);
	sgd->rows = memory_doubles(memory, sgd->window * sgd->width);
	sgd->taken = memory_take(memory, sgd->cohort->sites * sizeof(*sgd->taken));
	if (!sgd->first || !sgd->second || !sgd->rows || !sgd->taken ||
	    gradient_init(&sgd->batch, memory, sgd->options->net, 0))
		return failed(sgd->failure, EXIT_DEVICE,
			      "%s: no room for a window of %zu rows in the budget; raise --budget or make the plan's window smaller",
			      plan_method_name(sgd->options->run->method), sgd->window);
	sgd->random = sgd->options->run->seed;
	return 0;
}

/*
 * The site that is furthest behind its share. Return: its index, or the number
 * of sites when all rows are taken.
 */
static size_t pick_site(const struct sgd *sgd)
{
	size_t i, best = sgd->cohort->sites;
	double least = INFINITY;

	for (i = 0; i < sgd->cohort->sites; i++) {
		uint64_t train = sgd->cohort->site[i].train;
		double done = ((double)sgd->taken[i] + 0.5) / (double)train;

		if (sgd->taken[i] < train && done < least) {
			least = done;
			best = i;
		}
	}
	return best;
}

static double *place(const struct sgd *sgd, size_t i)
{
	return sgd->rows + i * sgd->width;
}

/* Put the next row of the epoch at @slot. Return: 1, 0 = no more, -1. */
static int refill(struct sgd *sgd, size_t slot)
{
	struct site_row row = { .x = place(sgd, slot) };
	size_t site = pick_site(sgd);
	int got;

	if (site == sgd->cohort->sites)
		return 0;
	got = cohort_next(sgd->cohort, site, &row, sgd->failure);
	if (!got)
		return failed(sgd->failure, EXIT_DAMAGED, "%s: fewer rows than it had before",
			      sgd->cohort->site[site].name);
	if (got < 0)
		return -1;
	sgd->taken[site]++;
	return 1;
}

static void step_momentum(struct sgd *sgd)
{
	double momentum = sgd->options->run->momentum;
	size_t i;

	for (i = 0; i < sgd->params; i++) {
		sgd->first[i] = momentum * sgd->first[i] - sgd->rate * sgd->batch.g[i];
		sgd->theta[i] += sgd->first[i];
	}
}

static void step_adam(struct sgd *sgd)
{
	double lack1 = 1 - pow(BETA1, (double)sgd->steps);
	double lack2 = 1 - pow(BETA2, (double)sgd->steps);
	size_t i;

	for (i = 0; i < sgd->params; i++) {
		double g = sgd->batch.g[i];

		sgd->first[i] = BETA1 * sgd->first[i] + (1 - BETA1) * g;
		sgd->second[i] = BETA2 * sgd->second[i] + (1 - BETA2) * g * g;
		sgd->theta[i] -= sgd->rate * (sgd->first[i] / lack1) /
				 (sqrt(sgd->second[i] / lack2) + EPSILON);
	}
}

static void step(struct sgd *sgd)
{
	if (!sgd->batch.rows)
		return;
	sgd->loss += sgd->batch.loss;
	sgd->steps++;
	gradient_finish(&sgd->batch, sgd->theta, sgd->options->run->l2);
	if (sgd->options->run->method == PLAN_ADAM)
		step_adam(sgd);
	else
		step_momentum(sgd);
	gradient_clear(&sgd->batch);
}

/* Take a random row out of the window, into the batch, and refill. */
static int draw(struct sgd *sgd)
{
	size_t pick = random_below(&sgd->random, sgd->waiting);
	double *row = place(sgd, pick);
	int got;

	gradient_add(&sgd->batch, sgd->theta, row, row + sgd->cohort->plan->features);
	if (sgd->batch.rows == sgd->options->run->batch)
		step(sgd);
	got = refill(sgd, pick);
	if (got)
		return got < 0 ? -1 : 0;
	sgd->waiting--;
	if (pick != sgd->waiting)
		memcpy(row, place(sgd, sgd->waiting), sgd->width * sizeof(double));
	return 0;
}

static int run_epoch(struct sgd *sgd, uint64_t epoch)
{
	const struct plan_run *run = sgd->options->run;
	size_t i;
	int got;

	sgd->rate = run->rate / (1 + run->decay * (double)epoch);
	sgd->loss = 0;
	memset(sgd->taken, 0, sgd->cohort->sites * sizeof(*sgd->taken));
	for (i = 0; i < sgd->cohort->sites; i++)
		site_rewind(&sgd->cohort->site[i]);
	for (sgd->waiting = 0; sgd->waiting < sgd->window; sgd->waiting++) {
		got = refill(sgd, sgd->waiting);
		if (got < 0)
			return -1;
		if (!got)
			break;
	}
	while (sgd->waiting) {
		if (draw(sgd))
			return -1;
	}
	step(sgd);
	scrub_stack();
	if (!isfinite(sgd->loss))
		return failed(sgd->failure, EXIT_DAMAGED,
			      "%s: the loss is not finite; the plan's rate is too large",
			      plan_method_name(run->method));
	return 0;
}

int sgd_solve(const struct sgd_options *options, struct cohort *cohort,
	      double *theta, struct failure *failure)
{
	struct sgd sgd = {
		.options = options, .cohort = cohort, .failure = failure,
		.theta = theta,
	};
	uint64_t epoch;

	if (prepare(&sgd))
		return -1;
	for (epoch = 0; epoch < options->run->epochs; epoch++) {
		if (run_epoch(&sgd, epoch))
			return -1;
		if (options->progress)
			options->progress(options->arg, epoch + 1,
					  sgd.loss / (double)cohort->train);
	}
	return 0;
}
