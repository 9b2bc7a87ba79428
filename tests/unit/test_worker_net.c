// SPDX-License-Identifier: MIT
/* Layers, losses and the solvers that take any shape, against independent reckoning. */
#include "worker_bench.h"

#include "../../userspace/worker/gradient.h"
#include "../../userspace/worker/lbfgs.h"
#include "../../userspace/worker/metrics.h"
#include "../../userspace/worker/newton.h"

#define ROWS	50
#define P	3
#define PARAMS_MAX	64

/* ---- rows and memory -------------------------------------------------------- */

static struct bench_memory bench;
static struct memory memory;
static double x[ROWS][P], y[ROWS][2];

static double even(uint64_t *seed)
{
	return (double)random_below(seed, 2000001) / 1e6 - 1;
}

static int setup(void **state)
{
	struct memory_backend backend = bench_backend(&bench);
	uint64_t seed = 5;
	size_t i, j;

	(void)state;
	memory_init(&memory, &backend, 1 << 20);
	for (i = 0; i < ROWS; i++) {
		for (j = 0; j < P; j++)
			x[i][j] = even(&seed);
		y[i][0] = 2 * x[i][0] - x[i][1] + 0.5 + even(&seed) / 10;
		y[i][1] = x[i][2] * 3 - 1 + even(&seed) / 10;
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	memory_release(&memory, NULL);
	assert_int_equal(bench.live, 0);
	return 0;
}

struct work {
	const struct net *net;
	double l2;
	bool classes;
};

static int pass(void *arg, const double *theta, struct gradient *out, struct failure *failure)
{
	const struct work *work = arg;
	size_t i;

	(void)failure;
	gradient_clear(out);
	for (i = 0; i < ROWS; i++) {
		double class = y[i][0] > 0.5;

		gradient_add(out, theta, x[i], work->classes ? &class : y[i]);
	}
	gradient_finish(out, theta, work->l2);
	return 0;
}

static struct solve_options solving(struct work *work, double tolerance, uint64_t max_steps)
{
	return (struct solve_options){
		.net = work->net, .tolerance = tolerance, .max_steps = max_steps, .pass = pass,
		.arg = work,
	};
}

/* ---- shapes ------------------------------------------------------------------ */

static void test_layers_lie_back_to_back(void **state)
{
	const struct net net = { .inputs = 3, .outputs = 2, .hidden = 2, .width = { 5, 4 } };
	struct net_layer at = net_layer(&net, 0);

	(void)state;
	assert_int_equal(at.inputs, 3);
	assert_int_equal(at.units, 5);
	assert_int_equal(at.weight, 0);
	assert_int_equal(at.bias, 15);
	at = net_layer(&net, 1);
	assert_int_equal(at.inputs, 5);
	assert_int_equal(at.weight, 20);
	assert_int_equal(at.bias, 40);
	at = net_layer(&net, 2);
	assert_int_equal(at.units, 2);
	assert_int_equal(at.weight, 44);
	assert_int_equal(net_params(&net), 54);
}

static void test_start_is_fixed_by_the_seed(void **state)
{
	const struct net net = { .inputs = 3, .outputs = 1, .hidden = 1, .width = { 8 } };
	const struct net flat = { .inputs = 3, .outputs = 1 };
	double one[PARAMS_MAX], same[PARAMS_MAX], other[PARAMS_MAX];
	size_t i;

	(void)state;
	net_begin(&net, one, 7);
	net_begin(&net, same, 7);
	net_begin(&net, other, 8);
	assert_memory_equal(one, same, net_params(&net) * sizeof(double));
	assert_memory_not_equal(one, other, net_params(&net) * sizeof(double));
	for (i = 0; i < 24; i++)
		assert_true(fabs(one[i]) <= sqrt(6.0 / 11) && one[i] != 0);
	for (; i < 32; i++)
		assert_true(one[i] == 0);
	net_begin(&flat, one, 7);
	for (i = 0; i < 4; i++)
		assert_true(one[i] == 0);
}

/* ---- gradients by differences --------------------------------------------------- */

static long double unit_says(enum net_activation activation, long double sum)
{
	if (activation == NET_TANH)
		return tanhl(sum);
	return sum > 0 ? sum : 0;
}

/* One hidden layer, by its definition. */
static long double slow_loss(const struct work *work, const double *theta)
{
	const struct net *net = work->net;
	const double *top = theta + net->width[0] * (P + 1);
	size_t u, o, i, r, units = net->width[0];
	long double sum = 0;

	for (r = 0; r < ROWS; r++) {
		long double unit[8], z;

		for (u = 0; u < units; u++) {
			z = theta[units * P + u];
			for (i = 0; i < P; i++)
				z += (long double)theta[u * P + i] * x[r][i];
			unit[u] = unit_says(net->activation, z);
		}
		for (o = 0; o < net->outputs; o++) {
			double label = work->classes ? y[r][0] > 0.5 : y[r][o];

			z = top[net->outputs * units + o];
			for (u = 0; u < units; u++)
				z += top[o * units + u] * unit[u];
			sum += net->loss == LOSS_LOG ? logl(1 + expl(z)) - label * z :
						       (z - label) * (z - label) / 2;
		}
	}
	sum /= ROWS;
	for (i = 0; i < units * P; i++)
		sum += (long double)work->l2 / 2 * theta[i] * theta[i];
	for (i = 0; i < net->outputs * units; i++)
		sum += (long double)work->l2 / 2 * top[i] * top[i];
	return sum;
}

static void check_by_differences(const struct net *net, bool classes)
{
	struct work work = { net, 0.03, classes };
	double theta[PARAMS_MAX], h = 1e-5;
	struct gradient sum;
	size_t i;

	net_begin(net, theta, 3);
	assert_int_equal(gradient_init(&sum, &memory, net, 0), 0);
	assert_int_equal(pass(&work, theta, &sum, NULL), 0);
	assert_true(fabsl(sum.loss - slow_loss(&work, theta)) < 1e-13L);
	for (i = 0; i < net_params(net); i++) {
		double was = theta[i];
		long double up, down;

		theta[i] = was + h;
		up = slow_loss(&work, theta);
		theta[i] = was - h;
		down = slow_loss(&work, theta);
		theta[i] = was;
		assert_true(fabsl((up - down) / (2 * (long double)h) - sum.g[i]) < 1e-8L);
	}
}

static void test_gradients_of_layers(void **state)
{
	struct net net = { .inputs = P, .outputs = 1, .hidden = 1, .width = { 5 },
			   .activation = NET_TANH, .loss = LOSS_LOG };

	(void)state;
	check_by_differences(&net, true);
	net.loss = LOSS_SQUARED;
	net.outputs = 2;
	check_by_differences(&net, false);
	net.activation = NET_RELU;
	check_by_differences(&net, false);
}

/* Two hidden layers: the slope along any direction, by the losses at both ends of it. */
static void test_gradient_of_two_layers(void **state)
{
	const struct net net = { .inputs = P, .outputs = 2, .hidden = 2, .width = { 4, 3 },
				 .activation = NET_TANH, .loss = LOSS_SQUARED };
	struct work work = { &net, 0.01, false };
	double theta[PARAMS_MAX], to[PARAMS_MAX], along = 0, h = 1e-5, loss[2];
	struct gradient sum;
	uint64_t seed = 9;
	size_t i, n = net_params(&net), side;

	(void)state;
	net_begin(&net, theta, 3);
	assert_int_equal(gradient_init(&sum, &memory, &net, 0), 0);
	for (side = 0; side < 2; side++) {
		seed = 9;
		for (i = 0; i < n; i++)
			to[i] = theta[i] + (side ? -h : h) * even(&seed);
		assert_int_equal(pass(&work, to, &sum, NULL), 0);
		loss[side] = sum.loss;
	}
	assert_int_equal(pass(&work, theta, &sum, NULL), 0);
	seed = 9;
	for (i = 0; i < n; i++)
		along += sum.g[i] * even(&seed);
	assert_true(fabs((loss[0] - loss[1]) / (2 * h) - along) < 1e-8);
}

/* ---- solvers -------------------------------------------------------------------- */

/* Normal equations of one label by Gauss and Jordan. */
static void slow_least_squares(size_t label, double *out)
{
	long double a[P + 1][P + 2] = { 0 };
	size_t r, i, j, k;

	for (r = 0; r < ROWS; r++) {
		double row[P + 1] = { x[r][0], x[r][1], x[r][2], 1 };

		for (i = 0; i <= P; i++) {
			for (j = 0; j <= P; j++)
				a[i][j] += (long double)row[i] * row[j];
			a[i][P + 1] += (long double)row[i] * y[r][label];
		}
	}
	for (k = 0; k <= P; k++) {
		for (i = 0; i <= P; i++) {
			long double factor = i == k ? 0 : a[i][k] / a[k][k];

			for (j = 0; j <= P + 1; j++)
				a[i][j] -= factor * a[k][j];
		}
	}
	for (i = 0; i <= P; i++)
		out[i] = (double)(a[i][P + 1] / a[i][i]);
}

static void check_least_squares(const double *theta, double within)
{
	double best[2][P + 1];
	size_t i, o;

	for (o = 0; o < 2; o++) {
		slow_least_squares(o, best[o]);
		for (i = 0; i < P; i++)
			assert_true(fabs(theta[o * P + i] - best[o][i]) < within);
		assert_true(fabs(theta[2 * P + o] - best[o][P]) < within);
	}
}

static const struct net linear = { .inputs = P, .outputs = 2, .loss = LOSS_SQUARED };

static void test_least_squares_is_one_step(void **state)
{
	struct work work = { &linear, 0, false };
	struct solve_options options = solving(&work, 1e-12, 10);
	struct solve_result result;
	struct failure failure = { 0 };
	double theta[PARAMS_MAX] = { 0 };

	(void)state;
	assert_int_equal(newton_solve(&options, &memory, theta, &result, &failure), 0);
	assert_true(result.converged);
	assert_int_equal(result.steps, 1);
	check_least_squares(theta, 1e-12);
}

static void test_lbfgs_finds_the_same(void **state)
{
	struct work work = { &linear, 0, false };
	struct solve_options options = solving(&work, 1e-10, 200);
	struct solve_result result;
	struct failure failure = { 0 };
	double theta[PARAMS_MAX] = { 0 };

	(void)state;
	assert_int_equal(lbfgs_solve(&options, &memory, theta, &result, &failure), 0);
	assert_true(result.converged && result.norm <= 1e-10);
	assert_true(result.steps > 1 && result.steps < 60 && result.passes < 150);
	check_least_squares(theta, 1e-8);
}

static void test_lbfgs_is_newton_of_classes(void **state)
{
	const struct net net = { .inputs = P, .outputs = 1, .loss = LOSS_LOG };
	struct work work = { &net, 0.01, true };
	struct solve_options options = solving(&work, 1e-10, 200);
	struct solve_result result;
	struct failure failure = { 0 };
	double theta[P + 1] = { 0 }, best[P + 1] = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(newton_solve(&options, &memory, best, &result, &failure), 0);
	assert_true(result.converged);
	assert_int_equal(lbfgs_solve(&options, &memory, theta, &result, &failure), 0);
	assert_true(result.converged);
	for (i = 0; i <= P; i++)
		assert_true(fabs(theta[i] - best[i]) < 1e-7);
}

static void test_steps_end(void **state)
{
	struct work work = { &linear, 0, false };
	struct solve_options options = solving(&work, 1e-15, 3);
	struct solve_result result;
	struct failure failure = { 0 };
	double theta[PARAMS_MAX] = { 0 };

	(void)state;
	assert_int_equal(lbfgs_solve(&options, &memory, theta, &result, &failure), 0);
	assert_false(result.converged);
	assert_int_equal(result.steps, 3);
}

/* What no line parts, two layers do. */
static void test_layers_learn_xor(void **state)
{
	const struct net net = { .inputs = 2, .outputs = 1, .hidden = 1, .width = { 6 },
				 .activation = NET_TANH, .loss = LOSS_LOG };
	struct work work = { &net, 1e-4, true };
	struct solve_options options = solving(&work, 1e-6, 500);
	struct solve_result result;
	struct failure failure = { 0 };
	struct net_work room;
	double theta[PARAMS_MAX];
	size_t i, right = 0;

	(void)state;
	for (i = 0; i < ROWS; i++)
		y[i][0] = (x[i][0] > 0) != (x[i][1] > 0);
	net_begin(&net, theta, 1);
	assert_int_equal(lbfgs_solve(&options, &memory, theta, &result, &failure), 0);
	assert_int_equal(net_work_init(&room, &memory, &net), 0);
	for (i = 0; i < ROWS; i++)
		right += (*net_forward(&net, theta, x[i], &room) > 0) == (y[i][0] > 0.5);
	assert_int_equal(right, ROWS);
}

static void test_loss_that_is_no_number(void **state)
{
	struct work work = { &linear, 0, false };
	struct solve_options options = solving(&work, 1e-12, 10);
	struct solve_result result;
	struct failure failure = { 0 };
	double theta[PARAMS_MAX] = { 0 };

	(void)state;
	y[3][1] = 1e300;
	assert_int_equal(lbfgs_solve(&options, &memory, theta, &result, &failure), -1);
	assert_non_null(strstr(failure.text, "not finite"));
}

/* ---- figures of values ------------------------------------------------------------ */

static void test_figures_of_values(void **state)
{
	static const double label[] = { 1, 2, 3, 6 }, score[] = { 1.5, 2, 2, 8 };
	const struct net one = { .inputs = 1, .outputs = 1, .loss = LOSS_SQUARED };
	struct metrics_collector collector;
	struct metrics out;
	size_t i;

	(void)state;
	assert_int_equal(metrics_init(&collector, &memory, &one, 4), 0);
	metrics_finish(&collector, &out);
	assert_true(isnan(out.mse) && isnan(out.mae) && isnan(out.r2));
	for (i = 0; i < 4; i++)
		metrics_add(&collector, &score[i], &label[i]);
	metrics_finish(&collector, &out);
	assert_int_equal(out.rows, 4);
	assert_true(fabs(out.mse - 5.25 / 4) < 1e-15);
	assert_true(fabs(out.mae - 3.5 / 4) < 1e-15);
	assert_true(fabs(out.r2 - (1 - 5.25 / 14)) < 1e-15);
	assert_true(out.median_se == 0.625 && out.median_ae == 0.75);
	assert_true(isnan(out.auc) && isnan(out.accuracy));
	metrics_clear(&collector);
	metrics_add(&collector, &score[1], &label[2]);
	metrics_finish(&collector, &out);
	assert_true(out.mse == 1 && isnan(out.r2));
}

static void test_figures_of_rows_of_values(void **state)
{
	static const double label[3][2] = { { 1, 2 }, { 3, 6 }, { 0, 0 } };
	static const double score[3][2] = { { 1, 4 }, { 3, 6 }, { 3, -1 } };
	const struct net two = { .inputs = 1, .outputs = 2, .loss = LOSS_SQUARED };
	struct metrics_collector collector;
	struct metrics out;
	size_t i;

	(void)state;
	assert_int_equal(metrics_init(&collector, &memory, &two, 3), 0);
	for (i = 0; i < 3; i++)
		metrics_add(&collector, score[i], label[i]);
	metrics_finish(&collector, &out);
	assert_true(fabs(out.mse - 7.0 / 3) < 1e-15);
	assert_true(fabs(out.mae - 1) < 1e-15);
	assert_true(out.median_se == 2 && out.median_ae == 1);
	assert_true(fabs(out.r2 - (1 - 14.0 / 26)) < 1e-15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers_lie_back_to_back),
		cmocka_unit_test(test_start_is_fixed_by_the_seed),
		cmocka_unit_test_setup_teardown(test_gradients_of_layers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gradient_of_two_layers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_least_squares_is_one_step, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lbfgs_finds_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lbfgs_is_newton_of_classes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_steps_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_layers_learn_xor, setup, teardown),
		cmocka_unit_test_setup_teardown(test_loss_that_is_no_number, setup, teardown),
		cmocka_unit_test_setup_teardown(test_figures_of_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_figures_of_rows_of_values, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
