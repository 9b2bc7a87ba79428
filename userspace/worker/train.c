// SPDX-License-Identifier: MIT
#include "train.h"

#include <stdlib.h>

#include "gradient.h"
#include "lbfgs.h"
#include "newton.h"
#include "sgd.h"

struct training {
	struct cohort *cohort;
	const struct plan_run *run;
	const struct train_hooks *hooks;
	struct model *model;
	struct gradient site;	/* one site's sums, as a federation would send them */
	const double *theta;
};

/* ---- all rows ------------------------------------------------------------ */

static void add_row(void *arg, const double *x, const double *y)
{
	struct training *training = arg;

	gradient_add(&training->site, training->theta, x, y);
}

static int pass(void *arg, const double *theta, struct gradient *out,
		struct failure *failure)
{
	struct training *training = arg;
	size_t i;

	training->theta = theta;
	gradient_clear(out);
	for (i = 0; i < training->cohort->sites; i++) {
		gradient_clear(&training->site);
		if (cohort_walk(training->cohort, i, COHORT_TRAIN, add_row, training, failure))
			return -1;
		gradient_merge(out, &training->site);
	}
	gradient_finish(out, theta, training->run->l2);
	return 0;
}

static void show_step(void *arg, uint64_t step, double loss, double norm)
{
	struct training *training = arg;

	(void)norm;
	if (training->hooks && training->hooks->progress)
		training->hooks->progress(training->hooks->arg, training->run, step,
					  training->run->max_steps, loss);
}

static int train_all_rows(struct training *training, struct failure *failure)
{
	struct model *model = training->model;
	struct memory *memory = training->cohort->memory;
	bool newton = training->run->method == PLAN_NEWTON;
	struct solve_options options = {
		.net = &model->net,
		.tolerance = training->run->tolerance,
		.max_steps = training->run->max_steps,
		.pass = pass, .arg = training, .progress = show_step,
	};
	struct solve_result result;

	if (gradient_init(&training->site, memory, &model->net, newton))
		return failed(failure, EXIT_DEVICE,
			      "%s: no room for a site's sums in the budget; raise --budget",
			      plan_method_name(training->run->method));
	if ((newton ? newton_solve : lbfgs_solve)(&options, memory, model->theta, &result, failure))
		return -1;
	model->steps = result.steps;
	model->loss = result.loss;
	model->norm = result.norm;
	model->converged = result.converged;
	return 0;
}

/* ---- minibatches --------------------------------------------------------- */

static void sgd_epoch(void *arg, uint64_t epoch, double loss)
{
	struct training *training = arg;

	training->model->steps = epoch;
	training->model->loss = loss;
	if (training->hooks && training->hooks->progress)
		training->hooks->progress(training->hooks->arg, training->run, epoch,
					  training->run->epochs, loss);
}

static int train_epochs(struct training *training, struct failure *failure)
{
	struct sgd_options options = {
		.run = training->run, .net = &training->model->net,
		.progress = sgd_epoch, .arg = training,
	};

	return sgd_solve(&options, training->cohort, training->model->theta, failure);
}

/* ---- evaluation ---------------------------------------------------------- */

struct evaluation {
	const struct model *model;
	struct net_work work;
	struct metrics_collector site;
	struct metrics_collector pooled;
};

static void evaluate_row(void *arg, const double *x, const double *y)
{
	struct evaluation *evaluation = arg;
	const double *score = net_forward(&evaluation->model->net, evaluation->model->theta, x,
					  &evaluation->work);

	metrics_add(&evaluation->site, score, y);
	metrics_add(&evaluation->pooled, score, y);
}

static uint64_t most_test_rows(const struct cohort *cohort)
{
	uint64_t most = 0;
	size_t i;

	for (i = 0; i < cohort->sites; i++)
		most = cohort->site[i].test > most ? cohort->site[i].test : most;
	return most;
}

static int evaluate(struct cohort *cohort, struct model *model, struct failure *failure)
{
	struct evaluation evaluation = { .model = model };
	size_t i;

	if (net_work_init(&evaluation.work, cohort->memory, &model->net) ||
	    metrics_init(&evaluation.site, cohort->memory, &model->net, most_test_rows(cohort)) ||
	    metrics_init(&evaluation.pooled, cohort->memory, &model->net, cohort->test))
		return failed(failure, EXIT_DEVICE,
			      "no room for the scores of test rows in the budget; raise --budget");
	for (i = 0; i < cohort->sites; i++) {
		metrics_clear(&evaluation.site);
		if (cohort_walk(cohort, i, COHORT_TEST, evaluate_row, &evaluation, failure))
			return -1;
		metrics_finish(&evaluation.site, &model->site[i]);
	}
	metrics_finish(&evaluation.pooled, &model->pooled);
	return 0;
}

/* What only this run needs is taken in a scope of its own. */
static int train_scoped(struct training *training, struct failure *failure)
{
	struct cohort *cohort = training->cohort;
	struct memory_region *outer = memory_scope(cohort->memory);
	int ret;

	ret = plan_by_step(training->run->method) ? train_all_rows(training, failure) :
						    train_epochs(training, failure);
	if (!ret)
		ret = evaluate(cohort, training->model, failure);
	memory_release(cohort->memory, outer);
	return ret;
}

int train_model(struct cohort *cohort, const struct plan_run *run,
		const struct train_hooks *hooks, struct model *model,
		struct failure *failure)
{
	struct training training = {
		.cohort = cohort, .run = run, .hooks = hooks, .model = model,
	};

	*model = (struct model){
		.run = run, .net = plan_net(cohort->plan, run), .sites = cohort->sites,
	};
	model->site = calloc(cohort->sites, sizeof(*model->site));
	model->theta = memory_doubles(cohort->memory, net_params(&model->net));
	if (!model->site || !model->theta)
		return failed(failure, EXIT_DEVICE,
			      "%s: no room for the weights in the budget; raise --budget",
			      run->name);
	net_begin(&model->net, model->theta, run->seed);
	return train_scoped(&training, failure);
}

void model_clear(struct model *model)
{
	free(model->site);
	*model = (struct model){ 0 };
}
