/* SPDX-License-Identifier: MIT */
/*
 * The training plan: a JSON file that says what is computed. Its SHA-512 goes
 * into the declared register before any key is asked for, so that a data
 * owner can pin it. It holds no patient data and lives on the heap.
 *
 * Members are described in plan_read() order in the manual page; unknown ones
 * are an error, as is anything out of range.
 */
#ifndef WARD_WORKER_PLAN_H
#define WARD_WORKER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "net.h"

#define PLAN_SIZE_MAX		(1u << 20)
#define PLAN_NAME_MAX		63
#define PLAN_FEATURES_MAX	512	/* columns of the design matrix */
#define PLAN_RUNS_MAX		8
#define PLAN_SITES_MAX		64
#define PLAN_DIGEST_LEN		64
#define PLAN_FOLDS_MAX		100
#define PLAN_NO_FOLD		UINT64_MAX

/**
 * struct plan_feature - one column of the design matrix
 * @column: of the table
 * @indicator: 1 where the column equals @level or, if that is not empty, says @word; else 0
 * @level: number
 * @word: text
 * @lag: of a course: rows before the one that is predicted first, from 1
 */
struct plan_feature {
	char column[PLAN_NAME_MAX + 1];
	bool indicator;
	double level;
	char word[PLAN_NAME_MAX + 1];
	size_t lag;
};

/**
 * struct plan_course - rows that follow each other, of which the next are predicted
 * @past: rows that a prediction is made from; 0 = the plan is not about courses
 * @ahead: rows that are predicted
 * @by: column that tells whose row it is, any text; "" = the table is one course
 * @time: column of moments, or ""
 * @step: seconds from row to row by @time; another distance begins a new course
 * @column: that is predicted, from itself
 */
struct plan_course {
	uint64_t past;
	uint64_t ahead;
	char by[PLAN_NAME_MAX + 1];
	char time[PLAN_NAME_MAX + 1];
	double step;
	char column[PLAN_NAME_MAX + 1];
};

enum plan_label { PLAN_LABEL_ABOVE, PLAN_LABEL_EQUALS, PLAN_LABEL_VALUE };
enum plan_missing { PLAN_MISSING_DROP, PLAN_MISSING_MEAN };
enum plan_scale { PLAN_SCALE_POOLED, PLAN_SCALE_SITE, PLAN_SCALE_NONE };
enum plan_split { PLAN_SPLIT_ROWS, PLAN_SPLIT_HASH, PLAN_SPLIT_EVERY, PLAN_SPLIT_TAIL,
		  PLAN_SPLIT_FOLDS };
enum plan_method { PLAN_NEWTON, PLAN_LBFGS, PLAN_SGD, PLAN_ADAM };

/* Rows first to last, from 0, both included. */
struct plan_range {
	uint64_t first;
	uint64_t last;
};

/* The test rows of one site, ascending and apart. */
struct plan_rows {
	char site[PLAN_NAME_MAX + 1];
	size_t count;
	struct plan_range *range;
};

/**
 * struct plan_run - one model to be trained
 * @name: of the model and its files
 * @method: Newton or L-BFGS on all rows, or stochastic gradient descent on minibatches,
 *	with one rate for all parameters or one for each (Adam)
 * @hidden: layers between features and scores; Newton takes none
 * @width: units of each
 * @activation: of hidden units
 * @l2: penalty l2/2 * |w|^2 on the mean loss, the bias left out
 * @tolerance: Newton and L-BFGS end when no part of the gradient is larger
 * @max_steps: they give up after as many
 * @epochs: passes of SGD and Adam
 * @batch: rows of a minibatch
 * @rate: step of the first minibatch; rate / (1 + decay * epoch) later
 * @decay: see @rate
 * @momentum: of the step, 0 to below 1; SGD only
 * @window: rows among which is shuffled
 * @seed: of the shuffle, and of the weights that hidden layers start from
 * @rounds: SGD and Adam: of federated averaging, each of @epochs at every site; 0 = the rows
 *	of all sites go into the same minibatches
 * @clip: an update of a site with a larger Euclidean norm is scaled to it; 0 = none is
 * @max_norm: what a site sends is refused above it: average.h, federate.h
 */
struct plan_run {
	char name[PLAN_NAME_MAX + 1];
	enum plan_method method;
	size_t hidden;
	size_t width[NET_HIDDEN_MAX];
	enum net_activation activation;
	double l2;
	double tolerance;
	uint64_t max_steps;
	uint64_t epochs;
	uint64_t batch;
	double rate;
	double decay;
	double momentum;
	uint64_t window;
	uint64_t seed;
	uint64_t rounds;
	double clip;
	double max_norm;
};

struct plan {
	uint8_t digest[PLAN_DIGEST_LEN];	/* SHA-512 of the file */
	char name[PLAN_NAME_MAX + 1];
	size_t features;
	struct plan_feature feature[PLAN_FEATURES_MAX];
	size_t outputs;				/* labels of a row */
	struct plan_course course;
	char label_column[PLAN_NAME_MAX + 1];	/* "" = as the data set says */
	enum plan_label label;
	double label_value;
	char label_word[PLAN_NAME_MAX + 1];	/* PLAN_LABEL_EQUALS a text, or "" */
	enum plan_missing missing;
	enum plan_scale scale;
	enum plan_split split;
	size_t split_sites;			/* PLAN_SPLIT_ROWS */
	struct plan_rows split_rows[PLAN_SITES_MAX];
	uint64_t split_seed;			/* PLAN_SPLIT_HASH, PLAN_SPLIT_FOLDS */
	double split_fraction;
	uint64_t split_every;			/* PLAN_SPLIT_EVERY: row % k == k - 1 */
	uint64_t split_folds;			/* PLAN_SPLIT_FOLDS */
	double split_head;			/* PLAN_SPLIT_TAIL: of each course, to train */
	double split_tail;			/* and at its end, to test */
	uint64_t reattest_rounds;		/* of a federation; 0 = as its sides say */
	size_t runs;
	struct plan_run run[PLAN_RUNS_MAX];
};

/**
 * plan_parse() - check a plan and take it in
 * @text: its bytes
 * @len: how many, at most PLAN_SIZE_MAX
 * @out: freed by plan_free()
 * @failure: names the member at fault
 *
 * Return: 0 or -1.
 */
int plan_parse(const char *text, size_t len, struct plan **out,
	       struct failure *failure);

/**
 * plan_load() - plan_parse() of a file
 * @path: file
 * @out: freed by plan_free()
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int plan_load(const char *path, struct plan **out, struct failure *failure);

/**
 * plan_free() - forget it
 * @plan: or NULL
 */
void plan_free(struct plan *plan);

/**
 * plan_is_test() - is a row one of the test split
 * @plan: plan
 * @site: name of the data set
 * @row: its index in the table, from 0, the header line not counted
 * @fold: of PLAN_SPLIT_FOLDS, which is tested; PLAN_NO_FOLD: all rows are trained with
 *
 * PLAN_SPLIT_TAIL is about courses, not rows: course.h. PLAN_SPLIT_HASH takes a row when the top 53 bits of
 * splitmix64(seed ^ FNV-1a(site) ^ splitmix64(row)) lie below the fraction; PLAN_SPLIT_FOLDS
 * when those bits / 2^53 * folds, rounded down, are @fold.
 *
 * Return: true for test, false for training.
 */
bool plan_is_test(const struct plan *plan, const char *site, uint64_t row, uint64_t fold);

/**
 * plan_names_site() - does a split by rows speak of this site
 * @plan: plan
 * @site: name of the data set
 *
 * Return: true also for the other kinds of split.
 */
bool plan_names_site(const struct plan *plan, const char *site);

/**
 * plan_net() - the shape of a run's model
 * @plan: plan
 * @run: of it
 *
 * Return: logistic where the label is a class, linear where it is a value, with the run's
 * hidden layers.
 */
struct net plan_net(const struct plan *plan, const struct plan_run *run);

/**
 * plan_by_step() - does a method look at all rows for each step
 * @method: method
 *
 * Return: true for Newton and L-BFGS, which can say that they converged; false for those
 * that count epochs.
 */
static inline bool plan_by_step(enum plan_method method)
{
	return method == PLAN_NEWTON || method == PLAN_LBFGS;
}

/**
 * plan_reattest() - how often a federation's peer proves itself again
 * @plan: plan
 * @own: what this side asks for, in rounds; 0 = nothing
 *
 * Return: in each such round, 0 = never: whichever is oftener.
 */
static inline uint64_t plan_reattest(const struct plan *plan, uint64_t own)
{
	if (!own || !plan->reattest_rounds)
		return own + plan->reattest_rounds;
	return own < plan->reattest_rounds ? own : plan->reattest_rounds;
}

/**
 * plan_unit() - what the progress of a run is counted in
 * @run: of the plan
 *
 * Return: "steps", "epochs" or "rounds".
 */
static inline const char *plan_unit(const struct plan_run *run)
{
	if (plan_by_step(run->method))
		return "steps";
	return run->rounds ? "rounds" : "epochs";
}

/**
 * plan_method_name() - as plans write it
 * @method: method
 *
 * Return: the word.
 */
const char *plan_method_name(enum plan_method method);

#endif /* WARD_WORKER_PLAN_H */
