// SPDX-License-Identifier: MIT
#include "federate.h"

#include <math.h>
#include <string.h>

#include "average.h"
#include "scrub.h"
#include "witness.h"

static const struct plan_run *run_of(const struct federation *f)
{
	return &f->plan->run[f->run];
}

static struct model *model_of(const struct federation *f)
{
	return &f->model[f->run];
}

static int no_quorum(struct federation *f, size_t sites, struct failure *failure)
{
	return failed(failure, EXIT_NETWORK,
		      "%zu sites are left, fewer than the quorum of %u: nothing is written",
		      sites, f->roster->options.quorum);
}

/* ---- standardisation ------------------------------------------------------------ */

static struct witness witness_of(const struct federation *f, const struct member *m)
{
	return (struct witness){
		.plan = f->plan, .run = run_of(f), .pooled = &f->pooled, .counts = &m->counts,
		.stats = &m->stats,
	};
}

static bool is_wanted(const struct member *member)
{
	return member->wanted;
}

static bool is_here(const struct member *member)
{
	return member->here;
}

static void take_moments(struct federation *f, struct member *m)
{
	size_t len;
	const uint8_t *payload = roster_answer(f->roster, m, &len);
	uint32_t reason;

	if (!payload)
		return;
	reason = wire_moments_get(payload, len, &m->counts, &m->stats) ?
		 WIRE_DAMAGED : witness_moments(&m->counts, &m->stats);
	m->surveyed = !reason;
	if (!reason)
		return;
	/* nothing of it gets into card or model */
	m->counts = (struct wire_counts){ 0 };
	stats_clear(&m->stats);
	roster_refuse(f->roster, m, reason);
}

static void add_counts(struct wire_counts *all, const struct wire_counts *one)
{
	all->rows += one->rows;
	all->train += one->train;
	all->test += one->test;
	all->positive += one->positive;
	all->dropped += one->dropped;
}

/*
 * Moments of those who have not told theirs. The first time they are what everybody's rows are
 * standardised by; who comes later is standardised by them as well.
 */
static int survey(struct federation *f, struct failure *failure)
{
	struct roster *r = f->roster;
	size_t len = wire_len(WIRE_MOMENTS, f->plan, NULL, false), i;
	bool first = !f->surveyed;

	for (i = 0; i < r->count; i++)
		r->member[i]->wanted = !r->member[i]->surveyed;
	roster_ask(r, WIRE_SURVEY, 0, WIRE_MOMENTS, len, is_wanted);
	for (i = 0; i < r->count; i++) {
		struct member *m = r->member[i];

		if (m->surveyed)
			continue;
		take_moments(f, m);
		if (!m->surveyed || !first)
			continue;
		stats_merge(&f->pooled, &m->stats);
		add_counts(&f->all, &m->counts);
		f->surveyed++;
	}
	if (!first)
		return 0;
	if (f->surveyed < r->options.quorum)
		return no_quorum(f, f->surveyed, failure);
	if (!f->all.train)
		return failed(failure, EXIT_DAMAGED,
			      "no training rows at any site: the split or missing values leave none");
	if (f->plan->label != PLAN_LABEL_VALUE &&
	    (!f->all.positive || f->all.positive == f->all.train + f->all.test))
		return failed(failure, EXIT_DAMAGED,
			      "all rows of all sites have the same label: the plan's label rule does not tell them apart");
	return 0;
}

/* From now on they can be asked for more. */
static void scale(struct federation *f)
{
	struct roster *r = f->roster;
	size_t i, len;

	for (i = 0; i < r->count; i++)
		r->member[i]->wanted = r->member[i]->surveyed && !r->member[i]->scaled;
	wire_moments_put(r->frame + WIRE_HEAD, &f->all, &f->pooled);
	roster_ask(r, WIRE_SCALE, wire_len(WIRE_SCALE, f->plan, NULL, false), WIRE_READY, 0,
		   is_wanted);
	for (i = 0; i < r->count; i++) {
		struct member *m = r->member[i];

		if (m->wanted && roster_answer(r, m, &len))
			m->scaled = m->here = true;
	}
}

static bool anybody_new(const struct federation *f)
{
	size_t i;

	for (i = 0; i < f->roster->count; i++) {
		const struct member *m = f->roster->member[i];

		if (!m->scaled && !roster_gone(f->roster, m))
			return true;
	}
	return false;
}

/* Take in whoever waits. Return: 0 or -1. */
static int welcome(struct federation *f, struct failure *failure)
{
	roster_take(f->roster);
	if (!anybody_new(f))
		return 0;
	if (survey(f, failure))
		return -1;
	scale(f);
	return 0;
}

/* A run begins: with everybody, also who was too late in the one before. */
static void everybody(struct federation *f)
{
	size_t i;

	for (i = 0; i < f->roster->count; i++)
		f->roster->member[i]->here = f->roster->member[i]->scaled;
}

/* ---- full gradients --------------------------------------------------------------- */

/* Return: 0, or -1: its sums are not there, and the run has to begin anew. */
static int merge_sums(struct federation *f, struct member *m, struct gradient *out)
{
	size_t len;
	const uint8_t *payload = roster_answer(f->roster, m, &len);
	const struct witness w = witness_of(f, m);
	uint32_t reason;

	if (!payload)
		return -1;
	gradient_clear(&f->part);
	reason = wire_sums_get(payload, len, &f->part) ? WIRE_DAMAGED : witness_sums(&w, &f->part);
	if (reason) {
		roster_refuse(f->roster, m, reason);
		return -1;
	}
	gradient_merge(out, &f->part);
	return 0;
}

static int pass(void *arg, const double *theta, struct gradient *out, struct failure *failure)
{
	struct federation *f = arg;
	struct roster *r = f->roster;
	struct wire_task task = { .run = (uint32_t)f->run, .hessian = !!out->h };
	size_t i;

	(void)failure;
	if (f->restarts < FEDERATE_RESTARTS / 2 && roster_take(r)) {
		f->again = true;
		return -1;
	}
	wire_task_put(r->frame + WIRE_HEAD, &task, theta, out->params);
	roster_ask(r, WIRE_GRADIENT, wire_len(WIRE_GRADIENT, f->plan, run_of(f), false), WIRE_SUMS,
		   wire_len(WIRE_SUMS, f->plan, run_of(f), task.hessian), is_here);
	gradient_clear(out);
	for (i = 0; i < r->count; i++) {
		struct member *m = r->member[i];

		if (m->here && merge_sums(f, m, out)) {
			m->here = false;	/* of this run */
			f->again = true;
		}
	}
	if (f->again)
		return -1;
	gradient_finish(out, theta, run_of(f)->l2);
	return 0;
}

static void show_step(void *arg, uint64_t step, double loss, double norm)
{
	struct federation *f = arg;

	(void)norm;
	if (f->hooks && f->hooks->progress)
		f->hooks->progress(f->hooks->arg, run_of(f), step, run_of(f)->max_steps, loss);
}

static int solve(struct federation *f, struct failure *failure)
{
	const struct solve_options how = { .pass = pass, .arg = f, .progress = show_step };

	return train_solve(model_of(f), &how, &f->part, f->memory, failure);
}

static size_t count_here(const struct federation *f)
{
	size_t here = 0, i;

	for (i = 0; i < f->roster->count; i++)
		here += f->roster->member[i]->here && !roster_gone(f->roster, f->roster->member[i]);
	return here;
}

static int train_gradient(struct federation *f, struct failure *failure)
{
	struct memory_region *outer;
	int ret;

	everybody(f);
	for (f->restarts = 0; f->restarts <= FEDERATE_RESTARTS; f->restarts++) {
		if (welcome(f, failure))
			return -1;
		if (count_here(f) < f->roster->options.quorum)
			return no_quorum(f, count_here(f), failure);
		if (f->restarts && f->restarted)
			f->restarted(f->arg, run_of(f), count_here(f));
		f->again = false;
		net_begin(&model_of(f)->net, model_of(f)->theta, run_of(f)->seed);
		outer = memory_scope(f->memory);
		ret = solve(f, failure);
		memory_release(f->memory, outer);
		if (!f->again)
			return ret;
	}
	return failed(failure, EXIT_NETWORK, "%s: sites came or went %d times while it was trained",
		      run_of(f)->name, FEDERATE_RESTARTS);
}

/* ---- federated averaging ------------------------------------------------------------ */

/* Return: 1 when the site counted in this round. */
static size_t add_update(struct federation *f, struct member *m, struct average *average)
{
	struct wire_update update;
	size_t len, params = net_params(&model_of(f)->net);
	const uint8_t *payload = roster_answer(f->roster, m, &len);
	const struct witness w = witness_of(f, m);
	uint32_t reason;

	if (!payload)
		return 0;
	reason = wire_update_get(payload, len, &update, f->update, params) ?
		 WIRE_DAMAGED : witness_update(&w, &update, f->update, params);
	if (reason) {
		roster_refuse(f->roster, m, reason);
		m->here = false;
		return 0;
	}
	if (update.rows)
		average_add(average, f->update, update.rows, update.loss, run_of(f)->clip);
	return 1;
}

static int one_round(struct federation *f, struct average *average, uint64_t round,
		     struct failure *failure)
{
	struct roster *r = f->roster;
	struct wire_task task = { .run = (uint32_t)f->run, .round = round };
	size_t len = wire_len(WIRE_ROUND, f->plan, run_of(f), false), counted = 0, i;
	struct model *model = model_of(f);

	if (welcome(f, failure))
		return -1;
	wire_task_put(r->frame + WIRE_HEAD, &task, model->theta, net_params(&model->net));
	roster_ask(r, WIRE_ROUND, len, WIRE_UPDATE,
		   wire_len(WIRE_UPDATE, f->plan, run_of(f), false), is_here);
	average_clear(average);
	for (i = 0; i < r->count; i++) {
		if (r->member[i]->here)
			counted += add_update(f, r->member[i], average);
	}
	if (counted < r->options.quorum || !average->rows)
		return no_quorum(f, counted, failure);
	model->loss = average_apply(average, model->theta);
	model->steps = round + 1;
	if (f->hooks && f->hooks->progress)
		f->hooks->progress(f->hooks->arg, run_of(f), round + 1, run_of(f)->rounds,
				   model->loss);
	return 0;
}

static int train_rounds(struct federation *f, struct failure *failure)
{
	struct model *model = model_of(f);
	struct memory_region *outer = memory_scope(f->memory);
	struct average average;
	uint64_t round;
	int ret = 0;

	f->update = memory_doubles(f->memory, net_params(&model->net));
	if (!f->update || average_init(&average, f->memory, net_params(&model->net)))
		ret = failed(failure, EXIT_DEVICE,
			     "no room for the sites' updates in the budget; raise --budget");
	everybody(f);
	net_begin(&model->net, model->theta, run_of(f)->seed);
	for (round = 0; !ret && round < run_of(f)->rounds; round++)
		ret = one_round(f, &average, round, failure);
	memory_release(f->memory, outer);
	return ret;
}

/* ---- figures -------------------------------------------------------------------------- */

/* What adds up of classes' figures; what doesn't (AUC, medians) stays unknown. */
static void pool(struct metrics *all, const struct metrics *one)
{
	double rows = (double)one->rows, before = (double)all->rows;
	double *const mean[][2] = {
		{ &all->accuracy, (double *)&one->accuracy }, { &all->loss, (double *)&one->loss },
		{ &all->brier, (double *)&one->brier }, { &all->mse, (double *)&one->mse },
		{ &all->mae, (double *)&one->mae },
	};
	size_t i;

	if (!one->rows)
		return;
	for (i = 0; i < sizeof(mean) / sizeof(mean[0]); i++)
		*mean[i][0] = (before > 0 ? *mean[i][0] * before : 0) + *mean[i][1] * rows;
	for (i = 0; i < sizeof(mean) / sizeof(mean[0]); i++)
		*mean[i][0] /= before + rows;
	all->rows += one->rows;
	all->positive += one->positive;
	for (i = 0; i < METRICS_DECILES; i++) {
		all->decile[i].rows += one->decile[i].rows;
		all->decile[i].positive += one->decile[i].positive;
		all->decile[i].expected += one->decile[i].expected;
	}
}

static void finish_pool(struct metrics *all)
{
	double apart = 0;
	size_t i;

	for (i = 0; i < METRICS_DECILES; i++)
		apart += fabs(all->decile[i].expected - (double)all->decile[i].positive);
	if (all->rows && all->kind == LOSS_LOG)
		all->calibration = apart / (double)all->rows;
}

static const struct metrics no_figures = {
	.accuracy = NAN, .auc = NAN, .loss = NAN, .brier = NAN, .calibration = NAN, .mse = NAN,
	.mae = NAN, .median_se = NAN, .median_ae = NAN, .r2 = NAN,
};

static void take_figures(struct federation *f, size_t run, struct member *m)
{
	struct metrics figures;
	size_t len;
	const uint8_t *payload = roster_answer(f->roster, m, &len);
	const struct witness w = witness_of(f, m);
	uint32_t reason;

	if (!payload)
		return;
	reason = wire_figures_get(payload, len, &figures) ?
		 WIRE_DAMAGED : witness_figures(&w, f->model[run].net.loss, &figures);
	if (reason) {
		roster_refuse(f->roster, m, reason);
		return;
	}
	m->figures[run] = figures;
	m->has |= 1u << run;
}

/* A model to all who have not got it, the figures of their test rows back. */
static void send_model(struct federation *f, size_t run)
{
	const struct model *model = &f->model[run];
	struct wire_model end = {
		.run = (uint32_t)run, .converged = model->converged, .steps = model->steps,
		.loss = model->loss, .norm = model->norm,
	};
	struct roster *r = f->roster;
	size_t i;

	for (i = 0; i < r->count; i++)
		r->member[i]->wanted = r->member[i]->scaled && !(r->member[i]->has >> run & 1);
	wire_model_put(r->frame + WIRE_HEAD, &end, model->theta, net_params(&model->net));
	roster_ask(r, WIRE_MODEL, wire_len(WIRE_MODEL, f->plan, model->run, false), WIRE_FIGURES,
		   wire_len(WIRE_FIGURES, f->plan, NULL, false), is_wanted);
	for (i = 0; i < r->count; i++) {
		if (r->member[i]->wanted)
			take_figures(f, run, r->member[i]);
	}
}

static void collect_figures(struct federation *f, size_t run)
{
	struct model *model = &f->model[run];
	size_t i;

	model->sites = f->roster->count;
	model->pooled = no_figures;
	model->pooled.kind = model->net.loss;
	for (i = 0; i < model->sites; i++) {
		const struct member *m = f->roster->member[i];

		model->site[i] = m->has >> run & 1 ? m->figures[run] : no_figures;
		model->site[i].kind = model->net.loss;
		pool(&model->pooled, &model->site[i]);
	}
	finish_pool(&model->pooled);
}

/* ---- all of it ------------------------------------------------------------------------- */

/* The sites as card and model file want to see them. */
static int describe(struct federation *f, struct failure *failure)
{
	struct cohort *c = &f->cohort;
	size_t i;

	*c = (struct cohort){
		.plan = f->plan, .memory = f->memory, .sites = f->roster->count, .site = f->site,
		.pooled = f->pooled,
	};
	for (i = 0; i < c->sites; i++) {
		const struct member *m = f->roster->member[i];
		struct site *site = &f->site[i];

		*site = (struct site){
			.index = (unsigned int)i, .name = m->join.name, .rows = m->counts.rows,
			.train = m->counts.train, .test = m->counts.test,
			.positive = m->counts.positive, .dropped = m->counts.dropped,
			.stats = m->stats,
		};
		c->train += site->train;
		c->test += site->test;
		if (scaler_init(&site->scaler, f->memory, f->plan->features))
			return failed(failure, EXIT_DEVICE,
				      "no room for statistics in the budget; raise --budget");
	}
	cohort_fit(c);
	return 0;
}

/* As many figures as there may ever be sites: they come and go. */
static int begin(struct federation *f, struct failure *failure)
{
	struct cohort any = { .plan = f->plan, .memory = f->memory, .sites = ROSTER_MAX };
	size_t i;

	if (f->plan->split_folds)
		return failed(failure, EXIT_DAMAGED, "plan: split.rule: a federation takes no folds");
	for (i = 0; i < f->plan->runs; i++) {
		if (!f->plan->run[i].rounds && !plan_by_step(f->plan->run[i].method))
			return failed(failure, EXIT_DAMAGED,
				      "plan: %s: in a federation sgd and adam need rounds",
				      f->plan->run[i].name);
	}
	if (stats_init(&f->pooled, f->memory, f->plan->features))
		return failed(failure, EXIT_DEVICE,
			      "no room for pooled statistics in the budget; raise --budget");
	for (i = 0; i < f->plan->runs; i++) {
		if (train_begin(&any, &f->plan->run[i], &f->model[i], failure))
			return -1;
	}
	return 0;
}

static int train_run(struct federation *f, struct failure *failure)
{
	int ret = run_of(f)->rounds ? train_rounds(f, failure) : train_gradient(f, failure);

	scrub_stack();
	if (!ret)
		send_model(f, f->run);
	return ret;
}

int federate_run(struct federation *f, struct failure *failure)
{
	size_t i;

	if (begin(f, failure) || roster_gather(f->roster, failure))
		return -1;
	for (f->run = 0; f->run < f->plan->runs; f->run++) {
		if (train_run(f, failure))
			return -1;
	}
	roster_close(f->roster);
	for (i = 0; i < f->plan->runs; i++) {
		send_model(f, i);	/* to those who came when it was trained */
		collect_figures(f, i);
	}
	return describe(f, failure);
}
