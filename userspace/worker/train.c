// SPDX-License-Identifier: MIT
#include "train.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "average.h"
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
};

static const struct keeper *keeper_of(const struct training *training)
{
	return training->hooks ? training->hooks->keeper : NULL;
}

/* ---- all rows ------------------------------------------------------------ */

struct adding {
	struct gradient *sums;
	const double *theta;
};

static void add_row(void *arg, const double *x, const double *y)
{
	struct adding *adding = arg;

	gradient_add(adding->sums, adding->theta, x, y);
}

int train_sums(struct cohort *cohort, const double *theta, struct gradient *site,
	       struct gradient *out, struct failure *failure)
{
	struct adding adding = { site, theta };
	size_t i;

	gradient_clear(out);
	for (i = 0; i < cohort->sites; i++) {
		gradient_clear(site);
		if (cohort_walk(cohort, i, COHORT_TRAIN, add_row, &adding, failure))
			return -1;
		gradient_merge(out, site);
	}
	return 0;
}

static int pass(void *arg, const double *theta, struct gradient *out,
		struct failure *failure)
{
	struct training *training = arg;

	if (train_sums(training->cohort, theta, &training->site, out, failure))
		return -1;
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

int train_solve(struct model *model, const struct solve_options *how, struct gradient *site,
		struct memory *memory, struct failure *failure)
{
	const struct plan_run *run = model->run;
	bool newton = run->method == PLAN_NEWTON;
	struct solve_options options = *how;
	struct solve_result result;

	options.net = &model->net;
	options.tolerance = run->tolerance;
	options.max_steps = run->max_steps;
	if (gradient_init(site, memory, &model->net, newton))
		return failed(failure, EXIT_DEVICE,
			      "%s: no room for a site's sums in the budget; raise --budget",
			      plan_method_name(run->method));
	if ((newton ? newton_solve : lbfgs_solve)(&options, memory, model->theta, &result, failure))
		return -1;
	model->steps = result.steps;
	model->loss = result.loss;
	model->norm = result.norm;
	model->converged = result.converged;
	return 0;
}

static int train_all_rows(struct training *training, struct failure *failure)
{
	const struct solve_options how = {
		.pass = pass, .arg = training, .progress = show_step,
		.keeper = keeper_of(training),
	};

	return train_solve(training->model, &how, &training->site, training->cohort->memory,
			   failure);
}

/* ---- minibatches --------------------------------------------------------- */

static void sgd_epoch(void *arg, uint64_t epoch, double loss)
{
	struct training *training = arg;

	training->model->steps = epoch;
	training->model->loss = loss;
	if (training->hooks && training->hooks->progress)
		training->hooks->progress(training->hooks->arg, training->run, epoch,
					  training->run->rounds ?: training->run->epochs, loss);
}

static int train_rounds(struct training *training, struct failure *failure)
{
	struct average_options options = {
		.run = training->run, .net = &training->model->net,
		.progress = sgd_epoch, .arg = training, .keeper = keeper_of(training),
	};

	return average_solve(&options, training->cohort, training->model->theta, failure);
}

static int train_epochs(struct training *training, struct failure *failure)
{
	struct sgd_options options = {
		.run = training->run, .net = &training->model->net,
		.progress = sgd_epoch, .arg = training, .keeper = keeper_of(training),
	};

	if (training->run->rounds)
		return train_rounds(training, failure);
	return sgd_solve(&options, training->cohort, training->model->theta, failure);
}

/* ---- evaluation ---------------------------------------------------------- */

/** struct evaluation - scores of rows that their model was not trained with */
struct evaluation {
	const struct model *model;
	struct net_work work;
	struct metrics_collector *site;
	struct metrics_collector *here;		/* of the site that is walked */
	struct metrics_collector fold;
	struct metrics_collector pooled;
};

/* With folds each row is tested once, and in this survey all are for training. */
static uint64_t tested(const struct cohort *cohort, uint64_t train, uint64_t test)
{
	return test + (cohort->plan->split_folds ? train : 0);
}

static int collect(struct evaluation *evaluation, struct cohort *cohort)
{
	const struct net *net = &evaluation->model->net;
	uint64_t rows = tested(cohort, cohort->train, cohort->test);
	struct memory *memory = cohort->memory;
	size_t i;

	evaluation->site = memory_take(memory, cohort->sites * sizeof(*evaluation->site));
	if (!evaluation->site || net_work_init(&evaluation->work, memory, net) ||
	    metrics_init(&evaluation->pooled, memory, net, rows) ||
	    (cohort->plan->split_folds && metrics_init(&evaluation->fold, memory, net, rows)))
		return -1;
	for (i = 0; i < cohort->sites; i++) {
		const struct site *site = &cohort->site[i];

		if (metrics_init(&evaluation->site[i], memory, net,
				 tested(cohort, site->train, site->test)))
			return -1;
	}
	return 0;
}

static void evaluate_row(void *arg, const double *x, const double *y)
{
	struct evaluation *evaluation = arg;
	const double *score = net_forward(&evaluation->model->net, evaluation->model->theta, x,
					  &evaluation->work);

	metrics_add(evaluation->here, score, y);
	metrics_add(&evaluation->pooled, score, y);
	if (evaluation->model->folds)
		metrics_add(&evaluation->fold, score, y);
}

static int evaluate(struct evaluation *evaluation, struct cohort *cohort, struct failure *failure)
{
	size_t i;

	for (i = 0; i < cohort->sites; i++) {
		if (!cohort->site[i].test)
			continue;	/* no pass for nothing */
		evaluation->here = &evaluation->site[i];
		if (cohort_walk(cohort, i, COHORT_TEST, evaluate_row, evaluation, failure))
			return -1;
	}
	return 0;
}

/* ---- one run ------------------------------------------------------------- */

/* What only this model needs is taken in a scope of its own. */
static int train_anew(struct training *training, struct failure *failure)
{
	struct cohort *cohort = training->cohort;
	struct memory_region *outer = memory_scope(cohort->memory);
	int ret;

	net_begin(&training->model->net, training->model->theta, training->run->seed);
	ret = plan_by_step(training->run->method) ? train_all_rows(training, failure) :
						    train_epochs(training, failure);
	memory_release(cohort->memory, outer);
	return ret;
}

/* Unless a run before a crash had come so far. */
static int train_once(struct training *training, struct failure *failure)
{
	const struct keeper *keeper = keeper_of(training);
	int got = keeper ? keeper->recall(keeper->arg, training->model, failure) : 0;

	if (got)
		return got < 0 ? -1 : 0;
	if (train_anew(training, failure))
		return -1;
	return keeper ? keeper->done(keeper->arg, training->model, failure) : 0;
}

/* A model for each fold, tested on it; the one that stays is trained with all rows. */
static int train_folds(struct training *training, struct evaluation *evaluation,
		       struct failure *failure)
{
	struct cohort *cohort = training->cohort;
	struct model *model = training->model;
	size_t fold;

	for (fold = 0; fold < model->folds; fold++) {
		metrics_clear(&evaluation->fold);
		if (cohort_fold(cohort, fold, failure) || train_once(training, failure) ||
		    evaluate(evaluation, cohort, failure))
			return -1;
		metrics_finish(&evaluation->fold, &model->fold[fold]);
	}
	return cohort_fold(cohort, PLAN_NO_FOLD, failure) || train_once(training, failure) ? -1 : 0;
}

static int no_room_for_scores(struct failure *failure)
{
	return failed(failure, EXIT_DEVICE,
		      "no room for the scores of test rows in the budget; raise --budget");
}

static void finish(struct evaluation *evaluation, struct model *model)
{
	size_t i;

	for (i = 0; i < model->sites; i++)
		metrics_finish(&evaluation->site[i], &model->site[i]);
	metrics_finish(&evaluation->pooled, &model->pooled);
}

int train_test(struct cohort *cohort, struct model *model, struct failure *failure)
{
	struct evaluation evaluation = { .model = model };
	struct memory_region *outer = memory_scope(cohort->memory);
	int ret;

	ret = collect(&evaluation, cohort) ? no_room_for_scores(failure) :
					     evaluate(&evaluation, cohort, failure);
	if (!ret)
		finish(&evaluation, model);
	memory_release(cohort->memory, outer);
	return ret;
}

/* Room for scores comes first: who has none shall not train for a day before it is said. */
static int train_and_test(struct training *training, struct failure *failure)
{
	struct cohort *cohort = training->cohort;
	struct model *model = training->model;
	struct evaluation evaluation = { .model = model };

	if (collect(&evaluation, cohort))
		return no_room_for_scores(failure);
	if (model->folds ? train_folds(training, &evaluation, failure) :
			   (train_once(training, failure) ||
			    evaluate(&evaluation, cohort, failure)))
		return -1;
	finish(&evaluation, model);
	return 0;
}

int train_begin(struct cohort *cohort, const struct plan_run *run, struct model *model,
		struct failure *failure)
{
	*model = (struct model){
		.run = run, .net = plan_net(cohort->plan, run), .sites = cohort->sites,
		.folds = cohort->plan->split_folds,
	};
	model->site = calloc(cohort->sites, sizeof(*model->site));
	model->fold = calloc(model->folds + 1, sizeof(*model->fold));
	model->theta = memory_doubles(cohort->memory, net_params(&model->net));
	if (!model->site || !model->fold || !model->theta)
		return failed(failure, EXIT_DEVICE,
			      "%s: no room for the weights in the budget; raise --budget",
			      run->name);
	return 0;
}

int train_model(struct cohort *cohort, const struct plan_run *run,
		const struct train_hooks *hooks, struct model *model,
		struct failure *failure)
{
	struct training training = {
		.cohort = cohort, .run = run, .hooks = hooks, .model = model,
	};
	struct memory_region *outer;
	int ret;

	if (train_begin(cohort, run, model, failure))
		return -1;
	outer = memory_scope(cohort->memory);
	ret = train_and_test(&training, failure);
	memory_release(cohort->memory, outer);
	return ret;
}

int train_digest(const struct model *model, uint8_t out[32])
{
	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "parameters are hashed as they lie");
	size_t bytes = net_params(&model->net) * sizeof(double);

	return EVP_Digest(model->theta, bytes, out, NULL, EVP_sha256(), NULL) ? 0 : -1;
}

void model_clear(struct model *model)
{
	free(model->site);
	free(model->fold);
	*model = (struct model){ 0 };
}
