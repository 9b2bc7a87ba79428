// SPDX-License-Identifier: MIT
#include "newton.h"

#include <math.h>
#include <string.h>

#define ARMIJO		1e-4
#define HALVINGS	30

struct newton {
	const struct solve_options *options;
	size_t n;		/* parameters */
	size_t block;		/* of one score */
	double *theta;
	double *trial;
	double *step;
	double *factor;
	double *one;		/* the step of one score's parameters */
	struct gradient here;
	struct gradient there;
	struct state state;
	struct solve_result *result;
	struct failure *failure;
};

int newton_factor(const double *h, size_t n, double ridge, double *out)
{
	size_t i, j, k;

	for (i = 0; i < n; i++) {
		for (j = 0; j <= i; j++) {
			double sum = h[i * n + j] + (i == j ? ridge : 0);

			for (k = 0; k < j; k++)
				sum -= out[i * n + k] * out[j * n + k];
			if (i != j)
				out[i * n + j] = sum / out[j * n + j];
			else if (sum > 1e-14 * (h[i * n + i] + ridge))
				out[i * n + i] = sqrt(sum);
			else
				return -1;
		}
	}
	return 0;
}

void newton_substitute(const double *factor, size_t n, double *x)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < i; k++)
			x[i] -= factor[i * n + k] * x[k];
		x[i] /= factor[i * n + i];
	}
	for (i = n; i-- > 0;) {
		for (k = i + 1; k < n; k++)
			x[i] -= factor[k * n + i] * x[k];
		x[i] /= factor[i * n + i];
	}
}

/*
 * Where the Hessian is singular (columns that depend on each other, a constant one) the
 * smallest ridge that mends it is added.
 */
static int factor(struct newton *newton)
{
	double largest = 0, ridge = 0;
	size_t n = newton->block, i;

	for (i = 0; i < n; i++)
		largest = fmax(largest, newton->here.h[i * n + i]);
	if (!(largest > 0))
		largest = 1;
	while (newton_factor(newton->here.h, n, ridge, newton->factor)) {
		ridge = ridge > 0 ? 10 * ridge : 1e-12 * largest;
		if (!(ridge < 1e6 * largest))
			return failed(newton->failure, EXIT_DAMAGED,
				      "newton: the Hessian cannot be factored; are there values near the limits of a double?");
	}
	return 0;
}

/* The direction downhill: each score's parameters by themselves, the bias last. */
static int direction(struct newton *newton)
{
	struct net_layer at = net_layer(newton->options->net, 0);
	const double *g = newton->here.g;
	size_t unit, i;

	if (factor(newton))
		return -1;
	for (unit = 0; unit < at.units; unit++) {
		size_t first = at.weight + unit * at.inputs;

		for (i = 0; i < at.inputs; i++)
			newton->one[i] = -g[first + i];
		newton->one[i] = -g[at.bias + unit];
		newton_substitute(newton->factor, newton->block, newton->one);
		memcpy(newton->step + first, newton->one, at.inputs * sizeof(double));
		newton->step[at.bias + unit] = newton->one[at.inputs];
	}
	return 0;
}

static int pass(struct newton *newton, const double *theta, struct gradient *out)
{
	newton->result->passes++;
	return newton->options->pass(newton->options->arg, theta, out,
				     newton->failure);
}

/* Return: 1 after a step that went down, 0 when none does, -1 on failure. */
static int search(struct newton *newton)
{
	double slope = 0, length = 1;
	struct gradient swap;
	size_t i;
	int halving;

	for (i = 0; i < newton->n; i++)
		slope += newton->step[i] * newton->here.g[i];
	for (halving = 0; halving < HALVINGS; halving++, length /= 2) {
		for (i = 0; i < newton->n; i++)
			newton->trial[i] = newton->theta[i] + length * newton->step[i];
		if (pass(newton, newton->trial, &newton->there))
			return -1;
		if (newton->there.loss <= newton->here.loss + ARMIJO * length * slope ||
		    (gradient_norm(&newton->there) < gradient_norm(&newton->here) &&
		     newton->there.loss <= newton->here.loss + 1e-12 * fabs(newton->here.loss)))
			break;
	}
	if (halving == HALVINGS)
		return 0;
	memcpy(newton->theta, newton->trial, newton->n * sizeof(double));
	swap = newton->here;
	newton->here = newton->there;
	newton->there = swap;
	return 1;
}

/* Gradient and Hessian follow from the parameters, by one pass. */
static int begin(struct newton *newton)
{
	struct state *state = &newton->state;

	state_add(state, newton->theta, newton->n * sizeof(double));
	state_add(state, &newton->result->steps, sizeof(newton->result->steps));
	if (keeper_restore(newton->options->keeper, state, newton->failure) < 0)
		return -1;
	return pass(newton, newton->theta, &newton->here);
}

static int iterate(struct newton *newton)
{
	struct solve_result *result = newton->result;
	int moved = 1;

	if (begin(newton))
		return -1;
	while (moved) {
		result->loss = newton->here.loss;
		result->norm = gradient_norm(&newton->here);
		result->converged = result->norm <= newton->options->tolerance;
		if (newton->options->progress)
			newton->options->progress(newton->options->arg, result->steps,
						  result->loss, result->norm);
		if (!isfinite(result->loss))
			return failed(newton->failure, EXIT_DAMAGED,
				      "newton: the loss is not finite; are there values near the limits of a double?");
		if (result->converged || result->steps == newton->options->max_steps)
			break;
		if (direction(newton))
			return -1;
		moved = search(newton);
		if (moved < 0)
			return -1;
		result->steps += (uint64_t)moved;
		if (keeper_keep(newton->options->keeper, &newton->state, newton->failure))
			return -1;
	}
	return 0;
}

int newton_solve(const struct solve_options *options, struct memory *memory, double *theta,
		 struct solve_result *result, struct failure *failure)
{
	size_t n = net_params(options->net), block = options->net->inputs + 1;
	struct newton newton = {
		.options = options, .n = n, .block = block, .theta = theta,
		.trial = memory_doubles(memory, n),
		.step = memory_doubles(memory, n),
		.factor = memory_doubles(memory, block * block),
		.one = memory_doubles(memory, block),
		.result = result, .failure = failure,
	};

	*result = (struct solve_result){ 0 };
	if (!newton.trial || !newton.step || !newton.factor || !newton.one ||
	    gradient_init(&newton.here, memory, options->net, 1) ||
	    gradient_init(&newton.there, memory, options->net, 1))
		return failed(failure, EXIT_DEVICE,
			      "newton: no room for %zu x %zu numbers in the budget; raise --budget",
			      3 * block, block);
	return iterate(&newton);
}
