// SPDX-License-Identifier: MIT
#include "average.h"

#include <math.h>
#include <string.h>

#include "random.h"
#include "sgd.h"
#include "vector.h"

int average_init(struct average *average, struct memory *memory, size_t params)
{
	*average = (struct average){
		.params = params, .sum = memory_doubles(memory, params),
	};
	return average->sum ? 0 : -1;
}

void average_clear(struct average *average)
{
	average->rows = 0;
	average->loss = 0;
	memset(average->sum, 0, average->params * sizeof(double));
}

double average_norm(const double *update, size_t params)
{
	return sqrt(vector_dot(update, update, params));
}

void average_add(struct average *average, const double *update, uint64_t rows, double loss,
		 double clip)
{
	double norm = clip > 0 ? average_norm(update, average->params) : 0;
	double factor = norm > clip ? clip / norm : 1;

	average->rows += rows;
	average->loss += (double)rows * loss;
	vector_add(average->sum, (double)rows * factor, update, average->params);
}

double average_apply(const struct average *average, double *theta)
{
	double rows = (double)average->rows;

	vector_add(theta, 1 / rows, average->sum, average->params);
	return average->loss / rows;
}

static void keep_loss(void *arg, uint64_t epoch, double loss)
{
	(void)epoch;
	*(double *)arg = loss;
}

int average_local(struct cohort *cohort, const struct plan_run *run, const struct net *net,
		  uint64_t round, const double *theta, double *update, double *loss,
		  struct failure *failure)
{
	struct plan_run local = *run;
	struct sgd_options options = {
		.run = &local, .net = net, .progress = keep_loss, .arg = loss,
	};
	struct memory_region *outer = memory_scope(cohort->memory);
	size_t params = net_params(net);
	int ret;

	local.seed = random_mix(run->seed ^ random_mix(round));
	local.rate = run->rate / (1 + run->decay * (double)round);
	local.decay = 0;
	memcpy(update, theta, params * sizeof(double));
	ret = sgd_solve(&options, cohort, update, failure);
	vector_add(update, -1, theta, params);
	memory_release(cohort->memory, outer);
	return ret;
}

/* One data set of a cohort as a cohort. */
static struct cohort alone(const struct cohort *cohort, size_t site)
{
	struct cohort one = *cohort;

	one.sites = 1;
	one.site = &cohort->site[site];
	one.train = one.site->train;
	one.test = one.site->test;
	return one;
}

static int one_round(const struct average_options *options, struct cohort *cohort,
		     struct average *average, uint64_t round, const double *theta,
		     double *update, struct failure *failure)
{
	size_t i;

	average_clear(average);
	for (i = 0; i < cohort->sites; i++) {
		struct cohort one = alone(cohort, i);
		double loss = 0;

		if (!one.train)
			continue;
		if (average_local(&one, options->run, options->net, round, theta, update, &loss,
				  failure))
			return -1;
		average_add(average, update, one.train, loss, options->run->clip);
	}
	return 0;
}

int average_solve(const struct average_options *options, struct cohort *cohort, double *theta,
		  struct failure *failure)
{
	size_t params = net_params(options->net);
	double *update = memory_doubles(cohort->memory, params), loss;
	struct average average;
	struct state state = { 0 };
	uint64_t round = 0;

	if (!update || average_init(&average, cohort->memory, params))
		return failed(failure, EXIT_DEVICE,
			      "no room for the sites' updates in the budget; raise --budget");
	state_add(&state, theta, params * sizeof(double));
	state_add(&state, &round, sizeof(round));
	if (keeper_restore(options->keeper, &state, failure) < 0)
		return -1;
	while (round < options->run->rounds) {
		if (one_round(options, cohort, &average, round, theta, update, failure))
			return -1;
		loss = average_apply(&average, theta);
		round++;
		if (options->progress)
			options->progress(options->arg, round, loss);
		/* behind the last one the model is kept as a whole */
		if (round < options->run->rounds && keeper_keep(options->keeper, &state, failure))
			return -1;
	}
	return 0;
}
