// SPDX-License-Identifier: MIT
/* Federated averaging, and one table against the same table in the hands of several sites. */
#include "worker_world.h"

#include "../../userspace/worker/average.h"
#include "../../userspace/worker/train.h"

#define ROWS	240

static struct bench_cohort bench;

static const char plan_text[] =
	"{\"ward-plan\":1,\"name\":\"bench\",\"features\":[{\"column\":\"age\"},"
	"{\"column\":\"dose\"},{\"column\":\"kind\",\"levels\":[2,3]}],"
	"\"label\":{\"column\":\"ill\",\"above\":0},"
	"\"split\":{\"rule\":\"rows\",\"test\":{\"a\":[],\"b\":[],\"c\":[],\"all\":[]}},"
	"\"runs\":[{\"name\":\"newton\",\"method\":\"newton\",\"l2\":0.001,\"tolerance\":1e-10},"
	"{\"name\":\"lbfgs\",\"method\":\"lbfgs\",\"hidden\":[3],\"activation\":\"tanh\","
	"\"l2\":0.01,\"tolerance\":1e-9,\"max_steps\":2000,\"seed\":5},"
	"{\"name\":\"fedavg\",\"method\":\"sgd\",\"epochs\":2,\"batch\":16,\"rate\":0.1,"
	"\"decay\":0.05,\"rounds\":40,\"seed\":3}]}";

/* ---- one table, cut or whole ------------------------------------------------- */

static void begin_cut(struct world *w, const char *text, size_t sites)
{
	static const char *const names[] = { "a", "b", "c" };
	static const size_t cut[] = { 0, ROWS / 6, ROWS / 2, ROWS };
	size_t i;

	world_begin(w, plan_text);
	for (i = 0; i < sites; i++)
		world_add(w, sites == 1 ? "all" : names[i],
			  world_lines(text, sites == 1 ? 0 : cut[i], sites == 1 ? ROWS : cut[i + 1]));
	world_survey(w);
}

/* What sites send adds up to the weights that one place would have come to. */
static void test_cut_or_whole(void **state)
{
	static struct world whole, cut;
	struct failure failure = { 0 };
	struct model one, three;
	size_t len, i, run;
	char *text = bench_table(5, ROWS, &len);

	(void)state;
	begin_cut(&whole, text, 1);
	begin_cut(&cut, text, 3);
	for (run = 0; run < 2; run++) {
		if (train_model(&whole.cohort, &whole.plan->run[run], NULL, &one, &failure) ||
		    train_model(&cut.cohort, &cut.plan->run[run], NULL, &three, &failure))
			fail_msg("%s", failure.text);
		assert_true(one.converged && three.converged);
		for (i = 0; i < net_params(&one.net); i++)
			assert_true(fabs(one.theta[i] - three.theta[i]) <= 1e-5);
		model_clear(&one);
		model_clear(&three);
	}
	world_end(&whole);
	world_end(&cut);
	free(text);
}

/* ---- rounds ------------------------------------------------------------------- */

static void begin_bench(void)
{
	memset(&bench, 0, sizeof(bench));
	bench_begin(&bench, 60, 512, 1000, 4 << 20);
	bench.plan->run[1].rounds = 30;
	bench.plan->run[1].epochs = 2;
}

static void solve(double *theta, size_t params, double clip)
{
	struct net net = plan_net(bench.plan, &bench.plan->run[1]);
	struct average_options options = { .run = &bench.plan->run[1], .net = &net };
	struct memory_region *outer = memory_scope(&bench.memory);
	struct failure failure = { 0 };

	assert_int_equal(net_params(&net), params);
	bench.plan->run[1].clip = clip;
	memset(theta, 0, params * sizeof(double));
	if (average_solve(&options, &bench.cohort, theta, &failure))
		fail_msg("%s", failure.text);
	memory_release(&bench.memory, outer);
}

/* Near the minimum of all rows, and to the same bits each time. */
static void test_rounds(void **state)
{
	struct failure failure = { 0 };
	double theta[5], again[5];
	struct model newton;
	size_t i;

	(void)state;
	begin_bench();
	solve(theta, 5, 0);
	solve(again, 5, 0);
	assert_memory_equal(theta, again, sizeof(theta));
	assert_int_equal(train_model(&bench.cohort, &bench.plan->run[0], NULL, &newton, &failure),
			 0);
	for (i = 0; i < 5; i++)
		assert_true(fabs(theta[i] - newton.theta[i]) < 0.5);
	model_clear(&newton);
	bench_end(&bench);
}

/* With a small clip no round moves further than it says. */
static void test_clip(void **state)
{
	double theta[5];

	(void)state;
	begin_bench();
	solve(theta, 5, 0.01);
	assert_true(average_norm(theta, 5) <= 30 * 0.01 + 1e-12);
	assert_true(average_norm(theta, 5) > 0.1);
	bench_end(&bench);
}

/* The mean by its definition; a clipped update has the norm that it is clipped to. */
static void test_mean(void **state)
{
	static const double a[3] = { 3, 0, 4 }, b[3] = { 0, 1, 0 };
	struct bench_memory heap = { 0 };
	struct memory_backend backend = bench_backend(&heap);
	double theta[3] = { 1, 1, 1 };
	struct average average;
	struct memory memory;

	(void)state;
	memory_init(&memory, &backend, 1 << 20);
	assert_int_equal(average_init(&average, &memory, 3), 0);
	average_add(&average, a, 1, 8, 1);	/* to 0.6, 0, 0.8 */
	average_add(&average, b, 3, 4, 1);
	assert_true(average_apply(&average, theta) == 5);
	assert_true(fabs(theta[0] - 1.15) < 1e-15 && fabs(theta[1] - 1.75) < 1e-15 &&
		    fabs(theta[2] - 1.2) < 1e-15);
	average_clear(&average);
	assert_true(!average.rows && average.sum[1] == 0);
	memory_release(&memory, NULL);
}

/* ---- what a plan may say --------------------------------------------------------- */

static void refuse(const char *run)
{
	struct failure failure = { 0 };
	struct plan *plan = NULL;
	char text[512];

	snprintf(text, sizeof(text),
		 "{\"ward-plan\":1,\"name\":\"x\",\"features\":[{\"column\":\"a\"}],"
		 "\"label\":{\"column\":\"b\",\"above\":0},\"split\":{\"rule\":\"every\",\"every\":5},"
		 "\"runs\":[{\"name\":\"r\",%s}]}", run);
	assert_int_equal(plan_parse(text, strlen(text), &plan, &failure), -1);
	assert_int_equal(failure.exit, EXIT_DAMAGED);
}

static void test_plan(void **state)
{
	(void)state;
	refuse("\"method\":\"newton\",\"rounds\":3");
	refuse("\"method\":\"lbfgs\",\"rounds\":3");
	refuse("\"method\":\"sgd\",\"rounds\":0");
	refuse("\"method\":\"sgd\",\"clip\":1");
	refuse("\"method\":\"sgd\",\"rounds\":3,\"clip\":0");
	refuse("\"method\":\"sgd\",\"rounds\":3,\"max_norm\":-1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_or_whole),
		cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_clip),
		cmocka_unit_test(test_mean),
		cmocka_unit_test(test_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
