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
	double *second;		/* Adam: mean of their squares; else NULL */
	uint64_t steps;
	struct gradient batch;
	size_t window;		/* rows that it can hold */
	size_t waiting;		/* rows that it holds */
	double *rows;		/* window * width */
	uint64_t *taken;	/* rows of this epoch by site */
	uint64_t random;
	uint64_t begun;		/* @random as the epoch began */
	uint64_t epoch;
	uint64_t drawn;		/* rows of it */
	uint64_t replay;	/* that had been drawn before a crash */
	double rate;
	double loss;
	struct state state;
};

static int prepare(struct sgd *sgd)
{
	struct memory *memory = sgd->cohort->memory;
	uint64_t rows = sgd->cohort->train;
	bool adam = sgd->options->run->method == PLAN_ADAM;

	sgd->width = site_row_width(sgd->cohort->plan);
	sgd->params = net_params(sgd->options->net);
	sgd->window = sgd->options->run->window;
	if (sgd->window > rows)
		sgd->window = rows;
	sgd->first = memory_doubles(memory, sgd->params);
	if (adam)
		sgd->second = memory_doubles(memory, sgd->params);
	sgd->rows = memory_doubles(memory, sgd->window * sgd->width);
	sgd->taken = memory_take(memory, sgd->cohort->sites * sizeof(*sgd->taken));
	if (!sgd->first || (adam && !sgd->second) || !sgd->rows || !sgd->taken ||
	    gradient_init(&sgd->batch, memory, sgd->options->net, 0))
		return failed(sgd->failure, EXIT_DEVICE,
			      "%s: no room for a window of %zu rows in the budget; raise --budget or make the plan's window smaller",
			      plan_method_name(sgd->options->run->method), sgd->window);
	sgd->begun = sgd->options->run->seed;
	return 0;
}

/* Between two minibatches this is all there is. */
static int restore(struct sgd *sgd)
{
	struct state *state = &sgd->state;

	state_add(state, sgd->theta, sgd->params * sizeof(double));
	state_add(state, sgd->first, sgd->params * sizeof(double));
	if (sgd->second)
		state_add(state, sgd->second, sgd->params * sizeof(double));
	state_add(state, &sgd->steps, sizeof(sgd->steps));
	state_add(state, &sgd->epoch, sizeof(sgd->epoch));
	state_add(state, &sgd->drawn, sizeof(sgd->drawn));
	state_add(state, &sgd->begun, sizeof(sgd->begun));
	state_add(state, &sgd->loss, sizeof(sgd->loss));
	if (keeper_restore(sgd->options->keeper, state, sgd->failure) < 0)
		return -1;
	if (sgd->epoch > sgd->options->run->epochs || sgd->drawn > sgd->cohort->train)
		return failed(sgd->failure, EXIT_DAMAGED, "%s: the state to go on from makes no sense",
			      plan_method_name(sgd->options->run->method));
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

static int step(struct sgd *sgd)
{
	if (!sgd->batch.rows)
		return 0;
	sgd->loss += sgd->batch.loss;
	sgd->steps++;
	gradient_finish(&sgd->batch, sgd->theta, sgd->options->run->l2);
	if (sgd->options->run->method == PLAN_ADAM)
		step_adam(sgd);
	else
		step_momentum(sgd);
	gradient_clear(&sgd->batch);
	return keeper_keep(sgd->options->keeper, &sgd->state, sgd->failure);
}

/* A row is drawn: it counts, unless it did before a crash. */
static int take(struct sgd *sgd, const double *row)
{
	if (sgd->drawn++ < sgd->replay)
		return 0;
	gradient_add(&sgd->batch, sgd->theta, row, row + sgd->cohort->plan->features);
	return sgd->batch.rows == sgd->options->run->batch ? step(sgd) : 0;
}

/* Take a random row out of the window, into the batch, and refill. */
static int draw(struct sgd *sgd)
{
	size_t pick = random_below(&sgd->random, sgd->waiting);
	double *row = place(sgd, pick);
	int got;

	if (take(sgd, row))
		return -1;
	got = refill(sgd, pick);
	if (got)
		return got < 0 ? -1 : 0;
	sgd->waiting--;
	if (pick != sgd->waiting)
		memcpy(row, place(sgd, sgd->waiting), sgd->width * sizeof(double));
	return 0;
}

static int fill_window(struct sgd *sgd)
{
	int got;
	size_t i;

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
	return 0;
}

static int run_epoch(struct sgd *sgd)
{
	const struct plan_run *run = sgd->options->run;

	sgd->rate = run->rate / (1 + run->decay * (double)sgd->epoch);
	sgd->replay = sgd->drawn;
	sgd->drawn = 0;
	sgd->random = sgd->begun;
	if (fill_window(sgd))
		return -1;
	while (sgd->waiting) {
		if (draw(sgd))
			return -1;
	}
	if (step(sgd))
		return -1;
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

	if (prepare(&sgd) || restore(&sgd))
		return -1;
	while (sgd.epoch < options->run->epochs) {
		if (run_epoch(&sgd))
			return -1;
		sgd.epoch++;
		if (options->progress)
			options->progress(options->arg, sgd.epoch,
					  sgd.loss / (double)cohort->train);
		sgd.loss = 0;
		sgd.drawn = 0;
		sgd.begun = sgd.random;
	}
	return 0;
}
