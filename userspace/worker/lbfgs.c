// SPDX-License-Identifier: MIT
#include "lbfgs.h"

#include <math.h>
#include <string.h>

#include "vector.h"

#define ARMIJO		1e-4
#define WOLFE		0.9
#define TRIES		40

/** struct pair - a step, how the gradient changed with it, 1 / their product */
struct pair {
	double *step;
	double *change;
	double scale;
};

struct lbfgs {
	const struct solve_options *options;
	size_t n;
	double *theta;
	double *trial;
	double *direction;
	struct pair pair[LBFGS_PAIRS];
	uint64_t newest;	/* of the pairs */
	uint64_t pairs;
	struct gradient here;
	struct gradient there;
	struct state state;
	struct solve_result *result;
	struct failure *failure;
};

static int pass(struct lbfgs *l, const double *theta, struct gradient *out)
{
	l->result->passes++;
	return l->options->pass(l->options->arg, theta, out, l->failure);
}

/* From the newest pair to the oldest, 0 the newest. */
static struct pair *pair_at(struct lbfgs *l, size_t age)
{
	return &l->pair[(l->newest + LBFGS_PAIRS - age) % LBFGS_PAIRS];
}

/* The two loops: the gradient times an estimate of the inverse Hessian. */
static void find_direction(struct lbfgs *l)
{
	double alpha[LBFGS_PAIRS], *d = l->direction;
	size_t i;

	for (i = 0; i < l->n; i++)
		d[i] = -l->here.g[i];
	for (i = 0; i < l->pairs; i++) {
		struct pair *pair = pair_at(l, i);

		alpha[i] = pair->scale * vector_dot(pair->step, d, l->n);
		vector_add(d, -alpha[i], pair->change, l->n);
	}
	if (l->pairs) {
		struct pair *pair = pair_at(l, 0);
		double gamma = 1 / (pair->scale * vector_dot(pair->change, pair->change, l->n));

		for (i = 0; i < l->n; i++)
			d[i] *= gamma;
	}
	for (i = l->pairs; i-- > 0;) {
		struct pair *pair = pair_at(l, i);
		double beta = pair->scale * vector_dot(pair->change, d, l->n);

		vector_add(d, alpha[i] - beta, pair->step, l->n);
	}
}

/* What the step from here to there teaches; nothing, where it has no curvature. */
static void learn(struct lbfgs *l)
{
	struct pair *pair = &l->pair[(l->newest + 1) % LBFGS_PAIRS];
	double product;
	size_t i;

	for (i = 0; i < l->n; i++) {
		pair->step[i] = l->trial[i] - l->theta[i];
		pair->change[i] = l->there.g[i] - l->here.g[i];
	}
	product = vector_dot(pair->step, pair->change, l->n);
	if (!(product > 1e-14 * vector_dot(pair->change, pair->change, l->n)))
		return;
	pair->scale = 1 / product;
	l->newest = (l->newest + 1) % LBFGS_PAIRS;
	l->pairs += l->pairs < LBFGS_PAIRS;
}

static void go(struct lbfgs *l)
{
	struct gradient swap = l->here;

	learn(l);
	memcpy(l->theta, l->trial, l->n * sizeof(double));
	l->here = l->there;
	l->there = swap;
}

/* Return: 1 after a step that went down, 0 when none does, -1 on failure. */
static int search(struct lbfgs *l)
{
	double slope = vector_dot(l->direction, l->here.g, l->n);
	double low = 0, high = INFINITY, length = 1, norm = gradient_norm(&l->here);
	int try;

	if (!l->pairs)
		length = fmin(1, 1 / norm);
	for (try = 0; try < TRIES; try++) {
		memcpy(l->trial, l->theta, l->n * sizeof(double));
		vector_add(l->trial, length, l->direction, l->n);
		if (pass(l, l->trial, &l->there))
			return -1;
		if (!(l->there.loss <= l->here.loss + ARMIJO * length * slope)) {
			/* So near the minimum the loss no longer tells, but its slope does. */
			if (gradient_norm(&l->there) < norm &&
			    l->there.loss <= l->here.loss + 1e-12 * fabs(l->here.loss))
				break;
			high = length;
		} else if (vector_dot(l->direction, l->there.g, l->n) < WOLFE * slope) {
			low = length;
		} else {
			break;
		}
		length = isinf(high) ? 2 * length : (low + high) / 2;
	}
	if (try == TRIES)
		return 0;
	go(l);
	return 1;
}

static bool done(struct lbfgs *l)
{
	struct solve_result *result = l->result;

	result->loss = l->here.loss;
	result->norm = gradient_norm(&l->here);
	result->converged = result->norm <= l->options->tolerance;
	if (l->options->progress)
		l->options->progress(l->options->arg, result->steps, result->loss, result->norm);
	return result->converged || result->steps == l->options->max_steps;
}

/* The gradient follows from the parameters, by one pass. */
static int begin(struct lbfgs *l)
{
	struct state *state = &l->state;
	size_t i;

	state_add(state, l->theta, l->n * sizeof(double));
	for (i = 0; i < LBFGS_PAIRS; i++) {
		state_add(state, l->pair[i].step, l->n * sizeof(double));
		state_add(state, l->pair[i].change, l->n * sizeof(double));
		state_add(state, &l->pair[i].scale, sizeof(l->pair[i].scale));
	}
	state_add(state, &l->newest, sizeof(l->newest));
	state_add(state, &l->pairs, sizeof(l->pairs));
	state_add(state, &l->result->steps, sizeof(l->result->steps));
	if (keeper_restore(l->options->keeper, state, l->failure) < 0)
		return -1;
	if (l->newest >= LBFGS_PAIRS || l->pairs > LBFGS_PAIRS)
		return failed(l->failure, EXIT_DAMAGED,
			      "lbfgs: the state to go on from makes no sense");
	return pass(l, l->theta, &l->here);
}

static int iterate(struct lbfgs *l)
{
	int moved;

	if (begin(l))
		return -1;
	if (!isfinite(l->here.loss))
		return failed(l->failure, EXIT_DAMAGED,
			      "lbfgs: the loss is not finite; are there values near the limits of a double?");
	while (!done(l)) {
		find_direction(l);
		moved = search(l);
		if (moved < 0)
			return -1;
		if (moved) {
			l->result->steps++;
			if (keeper_keep(l->options->keeper, &l->state, l->failure))
				return -1;
		} else if (l->pairs) {
			l->pairs = 0;	/* what was learnt misleads: begin anew, downhill */
		} else {
			break;
		}
	}
	return 0;
}

static int prepare(struct lbfgs *l, struct memory *memory)
{
	size_t i;

	l->trial = memory_doubles(memory, l->n);
	l->direction = memory_doubles(memory, l->n);
	for (i = 0; i < LBFGS_PAIRS; i++) {
		l->pair[i].step = memory_doubles(memory, l->n);
		l->pair[i].change = memory_doubles(memory, l->n);
		if (!l->pair[i].step || !l->pair[i].change)
			return -1;
	}
	return !l->trial || !l->direction || gradient_init(&l->here, memory, l->options->net, 0) ||
	       gradient_init(&l->there, memory, l->options->net, 0) ? -1 : 0;
}

int lbfgs_solve(const struct solve_options *options, struct memory *memory, double *theta,
		struct solve_result *result, struct failure *failure)
{
	struct lbfgs l = {
		.options = options, .n = net_params(options->net), .theta = theta,
		.result = result, .failure = failure,
	};

	*result = (struct solve_result){ 0 };
	if (prepare(&l, memory))
		return failed(failure, EXIT_DEVICE,
			      "lbfgs: no room for %d x %zu numbers in the budget; raise --budget",
			      2 * LBFGS_PAIRS + 4, l.n);
	return iterate(&l);
}
