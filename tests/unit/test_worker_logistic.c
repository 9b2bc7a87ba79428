// SPDX-License-Identifier: MIT
/* Statistics, loss, gradient, Newton and SGD against independent reckoning. */
#include "worker_bench.h"

#include "../../userspace/worker/gradient.h"
#include "../../userspace/worker/loss.h"
#include "../../userspace/worker/newton.h"
#include "../../userspace/worker/sgd.h"

#define P 4

static const struct net net = { .inputs = P, .outputs = 1, .loss = LOSS_LOG };

static struct bench_cohort bench;

static int setup(void **state)
{
	(void)state;
	memset(&bench, 0, sizeof(bench));
	bench_begin(&bench, 60, 512, 1000, 4 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	bench_end(&bench);
	return 0;
}

/* ---- rows of the cohort on the test's own heap ----------------------------- */

struct rows {
	size_t count;
	double x[400][P];
	double y[400];
};

static void keep(void *arg, const double *x, const double *y)
{
	struct rows *rows = arg;

	assert_true(rows->count < 400);
	memcpy(rows->x[rows->count], x, sizeof(rows->x[0]));
	rows->y[rows->count++] = *y;
}

static void gather(struct rows *rows, enum cohort_part part)
{
	struct failure failure = { 0 };
	size_t i;

	rows->count = 0;
	for (i = 0; i < BENCH_SITES; i++)
		assert_int_equal(cohort_walk(&bench.cohort, i, part, keep, rows, &failure), 0);
}

static void test_standardised(void **state)
{
	static struct rows rows;
	size_t i, j;

	(void)state;
	gather(&rows, COHORT_TRAIN);
	assert_int_equal(rows.count, bench.cohort.train);
	for (j = 0; j < P; j++) {
		double mean = 0, square = 0;

		for (i = 0; i < rows.count; i++)
			mean += rows.x[i][j] / (double)rows.count;
		for (i = 0; i < rows.count; i++)
			square += (rows.x[i][j] - mean) * (rows.x[i][j] - mean);
		assert_true(fabs(mean) < 1e-13);
		assert_true(fabs(square / (double)(rows.count - 1) - 1) < 1e-12);
	}
}

/* Every row is trained on, tested on, or dropped, by the plan's rule. */
static void test_split(void **state)
{
	static struct rows train, test;
	uint64_t rows = 0, dropped = 0;
	size_t i;

	(void)state;
	gather(&train, COHORT_TRAIN);
	gather(&test, COHORT_TEST);
	for (i = 0; i < BENCH_SITES; i++) {
		const char *at = bench.text[i].text;

		rows += bench.site[i].rows;
		dropped += bench.site[i].dropped;
		for (; (at = strchr(at, '?')); at++)
			dropped--;
	}
	assert_int_equal(rows, 360);
	assert_int_equal(dropped, 0);
	assert_true(test.count > 60 && test.count < 150);
}

static void test_large_offset(void **state)
{
	struct memory_backend backend = bench_backend(&bench.bench);
	struct memory memory;
	struct stats whole, half[2];
	int i;

	(void)state;
	memory_init(&memory, &backend, 1 << 20);
	assert_int_equal(stats_init(&whole, &memory, 1), 0);
	assert_int_equal(stats_init(&half[0], &memory, 1), 0);
	assert_int_equal(stats_init(&half[1], &memory, 1), 0);
	for (i = 0; i < 1000; i++) {
		double x = 1e9 + i % 10, missing = NAN;

		stats_add(&whole, &x);
		stats_add(&half[i >= 300], &x);
		stats_add(&whole, &missing);
	}
	stats_merge(&half[0], &half[1]);
	assert_true(fabs(whole.mean[0] - (1e9 + 4.5)) < 1e-6);
	assert_true(fabs(half[0].mean[0] - (1e9 + 4.5)) < 1e-6);
	assert_true(fabs(stats_deviation(&whole, 0) - sqrt(8.25 * 1000 / 999)) < 1e-7);
	assert_true(fabs(stats_deviation(&half[0], 0) - sqrt(8.25 * 1000 / 999)) < 1e-7);
	memory_release(&memory, NULL);
}

static void test_constant_column(void **state)
{
	struct memory_backend backend = bench_backend(&bench.bench);
	struct memory memory;
	struct stats stats;
	struct scaler scaler;
	double x = 7, missing = NAN;

	(void)state;
	memory_init(&memory, &backend, 1 << 20);
	assert_int_equal(stats_init(&stats, &memory, 1), 0);
	assert_int_equal(scaler_init(&scaler, &memory, 1), 0);
	stats_add(&stats, &x);
	stats_add(&stats, &x);
	scaler_fit(&scaler, &stats, 1);
	scaler_apply(&scaler, &x);
	scaler_apply(&scaler, &missing);
	assert_true(x == 0 && missing == 0);
	memory_release(&memory, NULL);
}

/* ---- gradient --------------------------------------------------------------- */

/* The loss by its definition, in long double. */
static long double slow_loss(const struct rows *rows, const double *theta, double l2)
{
	long double sum = 0;
	size_t i, j;

	for (i = 0; i < rows->count; i++) {
		long double z = theta[P];

		for (j = 0; j < P; j++)
			z += (long double)theta[j] * rows->x[i][j];
		sum += logl(1 + expl(z)) - rows->y[i] * z;
	}
	sum /= rows->count;
	for (j = 0; j < P; j++)
		sum += (long double)l2 / 2 * theta[j] * theta[j];
	return sum;
}

static void test_gradient_by_differences(void **state)
{
	static struct rows rows;
	double theta[P + 1] = { 0.3, -0.7, 0.2, 0.9, -0.4 }, l2 = 0.05;
	struct memory_backend backend = bench_backend(&bench.bench);
	struct memory memory;
	struct gradient sum;
	size_t i, j;

	(void)state;
	gather(&rows, COHORT_TRAIN);
	memory_init(&memory, &backend, 1 << 20);
	assert_int_equal(gradient_init(&sum, &memory, &net, 1), 0);
	for (i = 0; i < rows.count; i++)
		gradient_add(&sum, theta, rows.x[i], &rows.y[i]);
	gradient_finish(&sum, theta, l2);
	assert_true(fabsl(sum.loss - slow_loss(&rows, theta, l2)) < 1e-14L);
	for (i = 0; i <= P; i++) {
		double up[P + 1], down[P + 1], h = 1e-5;

		memcpy(up, theta, sizeof(up));
		memcpy(down, theta, sizeof(down));
		up[i] += h;
		down[i] -= h;
		assert_true(fabsl((slow_loss(&rows, up, l2) - slow_loss(&rows, down, l2)) /
				  (2 * (long double)h) - sum.g[i]) < 1e-9L);
		for (j = 0; j <= i; j++) {
			double uu[P + 1], ud[P + 1], du[P + 1], dd[P + 1];
			long double second, k = 1e-3;

			memcpy(uu, theta, sizeof(uu));
			memcpy(ud, theta, sizeof(uu));
			memcpy(du, theta, sizeof(uu));
			memcpy(dd, theta, sizeof(uu));
			uu[i] += 1e-3, uu[j] += 1e-3, ud[i] += 1e-3, ud[j] -= 1e-3;
			du[i] -= 1e-3, du[j] += 1e-3, dd[i] -= 1e-3, dd[j] -= 1e-3;
			second = (slow_loss(&rows, uu, l2) - slow_loss(&rows, ud, l2) -
				  slow_loss(&rows, du, l2) + slow_loss(&rows, dd, l2)) / (4 * k * k);
			assert_true(fabsl(second - sum.h[i * (P + 1) + j]) < 1e-6L);
		}
	}
	memory_release(&memory, NULL);
}

struct adding {
	struct gradient *sum;
	const double *theta;
};

static void add(void *arg, const double *x, const double *y)
{
	struct adding *adding = arg;

	gradient_add(adding->sum, adding->theta, x, y);
}

/* What sites send adds up to what one place would have reckoned. */
static void test_sites_add_up(void **state)
{
	double theta[P + 1] = { 1, 2, -1, 0.5, 0.1 };
	struct memory_backend backend = bench_backend(&bench.bench);
	struct failure failure = { 0 };
	struct gradient all, part, total;
	struct memory memory;
	size_t i;

	(void)state;
	memory_init(&memory, &backend, 1 << 20);
	assert_int_equal(gradient_init(&all, &memory, &net, 1), 0);
	assert_int_equal(gradient_init(&part, &memory, &net, 1), 0);
	assert_int_equal(gradient_init(&total, &memory, &net, 1), 0);
	for (i = 0; i < BENCH_SITES; i++) {
		struct adding one = { &part, theta }, whole = { &all, theta };

		gradient_clear(&part);
		cohort_walk(&bench.cohort, i, COHORT_TRAIN, add, &one, &failure);
		cohort_walk(&bench.cohort, i, COHORT_TRAIN, add, &whole, &failure);
		gradient_merge(&total, &part);
	}
	gradient_finish(&all, theta, 0.1);
	gradient_finish(&total, theta, 0.1);
	assert_int_equal(all.rows, total.rows);
	assert_true(fabs(all.loss - total.loss) < 1e-14);
	for (i = 0; i <= P; i++)
		assert_true(fabs(all.g[i] - total.g[i]) < 1e-14);
	for (i = 0; i < (P + 1) * (P + 1); i++)
		assert_true(fabs(all.h[i] - total.h[i]) < 1e-14);
	memory_release(&memory, NULL);
}

static void test_extreme_scores(void **state)
{
	(void)state;
	assert_true(loss_chance(1000) == 1 && loss_chance(-1000) == 0);
	assert_true(loss_chance(0) == 0.5);
	assert_true(loss_value(LOSS_LOG, 1000, 1) == 0 && loss_value(LOSS_LOG, 1000, 0) == 1000);
	assert_true(loss_value(LOSS_LOG, -1000, 0) == 0 && loss_value(LOSS_LOG, -1000, 1) == 1000);
	assert_true(fabs(loss_value(LOSS_LOG, 0, 1) - log(2)) < 1e-16);
}

/* ---- solvers ------------------------------------------------------------------ */

static int pass_rows(void *arg, const double *theta, struct gradient *out,
		     struct failure *failure)
{
	const struct rows *rows = arg;
	size_t i;

	(void)failure;
	gradient_clear(out);
	for (i = 0; i < rows->count; i++)
		gradient_add(out, theta, rows->x[i], &rows->y[i]);
	gradient_finish(out, theta, 0.001);
	return 0;
}

/* Plain gradient descent, long: another road to the same minimum. */
static void descend(const struct rows *rows, double *theta)
{
	size_t i, j, round;

	memset(theta, 0, (P + 1) * sizeof(double));
	for (round = 0; round < 60000; round++) {
		double g[P + 1] = { 0 };

		for (i = 0; i < rows->count; i++) {
			double z = theta[P], miss;

			for (j = 0; j < P; j++)
				z += theta[j] * rows->x[i][j];
			miss = 1 / (1 + exp(-z)) - rows->y[i];
			for (j = 0; j < P; j++)
				g[j] += miss * rows->x[i][j];
			g[P] += miss;
		}
		for (j = 0; j <= P; j++)
			theta[j] -= g[j] / (double)rows->count +
				    (j < P ? 0.001 * theta[j] : 0);
	}
}

static void test_newton(void **state)
{
	static struct rows rows;
	double theta[P + 1] = { 0 }, other[P + 1];
	struct memory_backend backend = bench_backend(&bench.bench);
	struct solve_options options = {
		.net = &net, .tolerance = 1e-10, .max_steps = 50, .pass = pass_rows, .arg = &rows,
	};
	struct solve_result result;
	struct failure failure = { 0 };
	struct memory memory;
	size_t i;

	(void)state;
	gather(&rows, COHORT_TRAIN);
	memory_init(&memory, &backend, 1 << 20);
	assert_int_equal(newton_solve(&options, &memory, theta, &result, &failure), 0);
	assert_true(result.converged && result.norm < 1e-10 && result.steps < 12);
	descend(&rows, other);
	for (i = 0; i <= P; i++)
		assert_true(fabs(theta[i] - other[i]) < 1e-8);
	memory_release(&memory, NULL);
}

static const struct net two = { .inputs = 2, .outputs = 1, .loss = LOSS_LOG };

/* One column twice: the Hessian without penalty is singular. */
static int pass_twins(void *arg, const double *theta, struct gradient *out,
		      struct failure *failure)
{
	const struct rows *rows = arg;
	size_t i;

	(void)failure;
	gradient_clear(out);
	for (i = 0; i < rows->count; i++) {
		double x[2] = { rows->x[i][0], rows->x[i][0] };

		gradient_add(out, theta, x, &rows->y[i]);
	}
	gradient_finish(out, theta, 0);
	return 0;
}

static void test_newton_singular(void **state)
{
	static struct rows rows;
	double theta[3] = { 0 };
	struct memory_backend backend = bench_backend(&bench.bench);
	struct solve_options options = {
		.net = &two, .tolerance = 1e-10, .max_steps = 50, .pass = pass_twins, .arg = &rows,
	};
	struct solve_result result;
	struct failure failure = { 0 };
	struct memory memory;

	(void)state;
	gather(&rows, COHORT_TRAIN);
	memory_init(&memory, &backend, 1 << 20);
	assert_int_equal(newton_solve(&options, &memory, theta, &result, &failure), 0);
	assert_true(result.converged);
	assert_true(fabs(theta[0] - theta[1]) < 1e-3);
	memory_release(&memory, NULL);
}

/* Classes that a line parts have no minimum without penalty: say so. */
static void test_newton_separable(void **state)
{
	static struct rows rows;
	double theta[P + 1] = { 0 };
	struct memory_backend backend = bench_backend(&bench.bench);
	struct solve_options options = {
		.net = &two, .tolerance = 1e-15, .max_steps = 8, .pass = pass_twins, .arg = &rows,
	};
	struct solve_result result;
	struct failure failure = { 0 };
	struct memory memory;
	size_t i;

	(void)state;
	rows.count = 100;
	for (i = 0; i < 100; i++) {
		rows.x[i][0] = (double)i - 49.5;
		rows.y[i] = i >= 50;
	}
	memory_init(&memory, &backend, 1 << 20);
	assert_int_equal(newton_solve(&options, &memory, theta, &result, &failure), 0);
	assert_false(result.converged);
	assert_int_equal(result.steps, 8);
	memory_release(&memory, NULL);
}

static void test_sgd_nears_newton(void **state)
{
	static struct rows rows;
	double *theta = memory_doubles(&bench.memory, P + 1), best[P + 1] = { 0 };
	struct sgd_options options = { .run = &bench.plan->run[1], .net = &net };
	struct solve_options newton = {
		.net = &net, .tolerance = 1e-10, .max_steps = 50, .pass = pass_rows, .arg = &rows,
	};
	struct solve_result result;
	struct failure failure = { 0 };

	(void)state;
	gather(&rows, COHORT_TRAIN);
	assert_int_equal(newton_solve(&newton, &bench.memory, best, &result, &failure), 0);
	assert_int_equal(sgd_solve(&options, &bench.cohort, theta, &failure), 0);
	assert_true(slow_loss(&rows, theta, 0) < slow_loss(&rows, best, 0) + 0.02);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_standardised, setup, teardown),
		cmocka_unit_test_setup_teardown(test_split, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_offset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_constant_column, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gradient_by_differences, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sites_add_up, setup, teardown),
		cmocka_unit_test(test_extreme_scores),
		cmocka_unit_test_setup_teardown(test_newton, setup, teardown),
		cmocka_unit_test_setup_teardown(test_newton_singular, setup, teardown),
		cmocka_unit_test_setup_teardown(test_newton_separable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sgd_nears_newton, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
