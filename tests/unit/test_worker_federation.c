// SPDX-License-Identifier: MIT
/*
 * A federation against one place with all data sets, and against sites and aggregators that
 * die, come late, are late, or are none; test_worker_witness.c has those that lie.
 */
#include "federation_bench.h"

#include <stdatomic.h>
#include <unistd.h>

#define ROWS	240
#define SITES	3

static const char other_plan[] =
	"{\"ward-plan\":1,\"name\":\"other\",\"features\":[{\"column\":\"age\"}],"
	"\"label\":{\"column\":\"ill\",\"above\":0},"
	"\"split\":{\"rule\":\"every\",\"every\":4},"
	"\"runs\":[{\"name\":\"newton\",\"method\":\"newton\"}]}";

static const char *const names[SITES] = { "a", "b", "c" };
static char *text;
static struct fed fed;
static struct fed_site site[SITES];
static struct world central;

static struct bench_text rows_of(size_t i)
{
	static const size_t cut[] = { 0, ROWS / 6, ROWS / 2, ROWS };

	return world_lines(text, cut[i], cut[i + 1]);
}

static int setup(void **state)
{
	size_t len, i;

	(void)state;
	text = bench_table(5, ROWS, &len);
	memset(site, 0, sizeof(site));
	memset(&central, 0, sizeof(central));
	for (i = 0; i < SITES; i++)
		site[i] = (struct fed_site){
			.name = names[i], .text = rows_of(i), .plan = fed_plan,
		};
	return 0;
}

static int teardown(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < SITES; i++)
		fed_site_end(&site[i]);
	fed_end(&fed);
	assert_int_equal(fed.bench.live, 0);
	if (central.plan)
		world_end(&central);
	free(text);
	return 0;
}

/* The same by one process that has all data sets. */
static void train_central(size_t run, struct model *model)
{
	struct failure failure = { 0 };
	size_t i;

	if (!central.plan) {
		world_begin(&central, fed_plan);
		for (i = 0; i < SITES; i++)
			world_add(&central, names[i], rows_of(i));
		world_survey(&central);
	}
	if (train_model(&central.cohort, &central.plan->run[run], NULL, model, &failure))
		fail_msg("%s", failure.text);
}

/* ---- all is well --------------------------------------------------------------- */

static void test_equal(void **state)
{
	struct model model;
	size_t run, i, bytes;

	(void)state;
	fed_begin(&fed, fed_plan, SITES, SITES);
	fed_run_with(&fed, site, SITES, SITES);
	if (fed.ret)
		fail_msg("%s", fed.failure.text);
	for (run = 0; run < 3; run++) {
		train_central(run, &model);
		bytes = net_params(&model.net) * sizeof(double);
		assert_memory_equal(fed.model[run].theta, model.theta, bytes);
		assert_int_equal(fed.model[run].steps, model.steps);
		assert_true(fed.model[run].loss == model.loss);
		for (i = 0; i < SITES; i++) {
			assert_memory_equal(site[i].model[run].theta, model.theta, bytes);
			assert_int_equal(fed.model[run].site[i].rows, model.site[i].rows);
			assert_true(fed.model[run].site[i].accuracy == model.site[i].accuracy);
		}
		assert_int_equal(fed.model[run].pooled.rows, model.pooled.rows);
		assert_true(fabs(fed.model[run].pooled.accuracy - model.pooled.accuracy) < 1e-12);
		assert_true(fabs(fed.model[run].pooled.brier - model.pooled.brier) < 1e-12);
		assert_true(isnan(fed.model[run].pooled.auc));
		model_clear(&model);
	}
	for (i = 0; i < SITES; i++)
		assert_int_equal(site[i].ret, 0);
}

/* In whatever order they come. */
static void test_order(void **state)
{
	struct model model;
	size_t i;

	(void)state;
	fed_begin(&fed, fed_plan, SITES, SITES);
	for (i = SITES; i-- > 1;)
		fed_join(&fed, &site[i]);
	fed_run_with(&fed, site, 1, SITES);
	assert_int_equal(fed.ret, 0);
	train_central(0, &model);
	assert_memory_equal(fed.model[0].theta, model.theta,
			    net_params(&model.net) * sizeof(double));
	model_clear(&model);
}

/* ---- sites that go --------------------------------------------------------------- */

struct at {
	uint32_t type;
	unsigned int skip;	/* so many of that type first */
	atomic_uint seen;	/* the aggregator's threads have one hook */
};

static uint32_t type_of(const uint8_t *frame)
{
	struct wire_head head;

	return wire_head_get(frame, &head) ? 0 : head.type;
}

static int die_at(void *arg, uint8_t *frame, size_t len)
{
	struct at *at = arg;

	(void)len;
	if (type_of(frame) == at->type && atomic_fetch_add(&at->seen, 1) >= at->skip)
		return -ECONNRESET;
	return 0;
}

static const uint32_t site_frames[] = {
	WIRE_JOIN, WIRE_MOMENTS, WIRE_READY, WIRE_SUMS, WIRE_UPDATE, WIRE_FIGURES,
	WIRE_RECEIPTS,
};

/* Whenever one dies the others finish, and have the same model. */
static void test_site_dies(void **state)
{
	size_t i, skip;

	(void)state;
	for (i = 0; i < sizeof(site_frames) / sizeof(site_frames[0]); i++) {
		for (skip = 0; skip < (site_frames[i] == WIRE_RECEIPTS ? 1 :
				       site_frames[i] >= WIRE_SUMS ? 3 : 1); skip++) {
			struct at at = { .type = site_frames[i], .skip = (unsigned int)skip };

			site[1].hook = die_at;
			site[1].arg = &at;
			fed_begin(&fed, fed_plan, SITES, 2);
			fed.roster.options.join_ms = site_frames[i] == WIRE_JOIN ? 300 : 60000;
			fed_run_with(&fed, site, SITES, SITES);
			if (fed.ret)
				fail_msg("type %u: %s", site_frames[i], fed.failure.text);
			assert_true(site[1].ret == -1 && !site[0].ret && !site[2].ret);
			assert_true(fed.model[0].converged);
			assert_memory_equal(site[0].model[2].theta, site[2].model[2].theta,
					    5 * sizeof(double));
			assert_true(fed_said(&fed, at.type == WIRE_JOIN ? "" : "b",
					      "the connection ended"));
			teardown(state);
			setup(state);
		}
	}
	fed_begin(&fed, fed_plan, 1, 1);
}

/* Without a quorum nothing comes of it, and everybody is let go. */
static void test_quorum(void **state)
{
	size_t i;

	(void)state;
	for (i = 1; i < sizeof(site_frames) / sizeof(site_frames[0]) - 2; i++) {
		struct at at = { .type = site_frames[i] };

		site[1].hook = die_at;
		site[1].arg = &at;
		fed_begin(&fed, fed_plan, SITES, SITES);
		fed_run_with(&fed, site, SITES, SITES);
		assert_int_equal(fed.ret, -1);
		assert_int_equal(fed.failure.exit, EXIT_NETWORK);
		assert_non_null(strstr(fed.failure.text, "quorum"));
		assert_true(site[0].ret == -1 && site[2].ret == -1);
		teardown(state);
		setup(state);
	}
	fed_begin(&fed, fed_plan, 1, 1);
}

/* What is left is what one place would come to without those rows in its sums. */
static void test_dropped_sums(void **state)
{
	struct at at = { .type = WIRE_SUMS, .skip = 1 };
	struct model model;
	size_t i;

	(void)state;
	site[1].hook = die_at;
	site[1].arg = &at;
	fed_begin(&fed, fed_plan, SITES, 2);
	fed_run_with(&fed, site, SITES, SITES);
	assert_int_equal(fed.ret, 0);
	world_begin(&central, fed_plan);
	world_add(&central, "a", rows_of(0));
	world_add(&central, "c", rows_of(2));
	world_add(&central, "b", rows_of(1));
	world_survey(&central);
	central.cohort.sites = 2;	/* standardised by all three, summed over two */
	train_central(0, &model);
	for (i = 0; i < net_params(&model.net); i++)
		assert_true(fabs(fed.model[0].theta[i] - model.theta[i]) < 1e-9);
	model_clear(&model);
	central.cohort.sites = 3;
}

static const uint32_t aggregator_frames[] = {
	WIRE_WELCOME, WIRE_SURVEY, WIRE_SCALE, WIRE_GRADIENT, WIRE_ROUND, WIRE_MODEL, WIRE_FINISH,
	WIRE_BUNDLE,
};

/* Whenever the aggregator dies each site stops, and says so. */
static void test_aggregator_dies(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(aggregator_frames) / sizeof(aggregator_frames[0]); i++) {
		struct at at = { .type = aggregator_frames[i] };

		fed_begin(&fed, fed_plan, SITES, SITES);
		fed.roster.options.join_ms = at.type == WIRE_WELCOME ? 300 : 60000;
		fed.hook = die_at;
		fed.arg = &at;
		fed_run_with(&fed, site, SITES, SITES);
		assert_true(at.seen > 0);
		for (k = 0; k < SITES; k++) {
			assert_int_equal(site[k].ret, -1);
			assert_int_equal(site[k].failure.exit, EXIT_NETWORK);
			assert_non_null(strstr(site[k].failure.text, "aggregator"));
		}
		teardown(state);
		setup(state);
	}
	fed_begin(&fed, fed_plan, 1, 1);
}

/* ---- sites that come late, or are late ------------------------------------------------ */

/* Until it has said who it is: what comes next must not depend on luck. */
static void wait_for_newcomer(void)
{
	pthread_mutex_lock(&fed.roster.lock);
	while (fed.roster.newcomer[0]->state == MEMBER_NEW)
		pthread_cond_wait(&fed.roster.moved, &fed.roster.lock);
	pthread_mutex_unlock(&fed.roster.lock);
}

static void join_third(void *arg, const struct plan_run *run, uint64_t step, uint64_t steps,
		       double loss)
{
	size_t *when = arg;

	(void)steps;
	(void)loss;
	if (site[2].joined || site[2].world.plan || step < 2 || run != &fed.plan->run[*when])
		return;
	fed_join(&fed, &site[2]);
	wait_for_newcomer();
}

static void count_restart(void *arg, const struct plan_run *run, size_t sites)
{
	(void)run;
	*(size_t *)arg = sites;
}

static void test_late_join(void **state)
{
	size_t when, sites;

	(void)state;
	for (when = 0; when < 3; when++) {
		struct train_hooks hooks = { .progress = join_third, .arg = &when };

		sites = 0;
		fed_begin(&fed, fed_plan, 2, 2);
		fed.federation.hooks = &hooks;
		fed.federation.restarted = count_restart;
		fed.federation.arg = &sites;
		fed_run_with(&fed, site, 2, SITES);
		if (fed.ret)
			fail_msg("%s", fed.failure.text);
		assert_int_equal(sites, when < 2 ? 3 : 0);	/* averaging goes on */
		assert_int_equal(fed.model[2].sites, 3);
		assert_true(fed_said(&fed, "c", "came"));
		assert_int_equal(site[2].ret, 0);
		/* Those that were trained before it came, too. */
		assert_memory_equal(site[2].model[0].theta, fed.model[0].theta,
				    5 * sizeof(double));
		assert_true(fed.model[0].site[2].rows > 0);
		teardown(state);
		setup(state);
	}
	fed_begin(&fed, fed_plan, 1, 1);
}

/* ---- a site that comes back ------------------------------------------------------------ */

struct back {
	struct fed_site site;
	size_t restarts;
};

static void note_restart(void *arg, const struct plan_run *run, size_t sites)
{
	struct back *back = arg;

	(void)run;
	(void)sites;
	back->restarts++;
}

/* Once the others have begun anew without it. */
static void come_back(void *arg, const struct plan_run *run, uint64_t step, uint64_t steps,
		      double loss)
{
	struct back *back = arg;

	(void)run;
	(void)steps;
	(void)loss;
	if (!back->restarts || step < 2 || back->site.world.plan)
		return;
	fed_join(&fed, &back->site);
	wait_for_newcomer();
}

/* Killed and started again it is under its name who it was, and nothing of it is lost. */
static void test_site_comes_back(void **state)
{
	struct back back = { .site = { .name = "b", .text = rows_of(1), .plan = fed_plan } };
	struct train_hooks hooks = { .progress = come_back, .arg = &back };
	struct at at = { .type = WIRE_SUMS, .skip = 2 };
	struct model model;

	(void)state;
	site[1].hook = die_at;
	site[1].arg = &at;
	fed_begin(&fed, fed_plan, SITES, 2);
	fed.federation.hooks = &hooks;
	fed.federation.restarted = note_restart;
	fed.federation.arg = &back;
	fed_run_with(&fed, site, SITES, SITES);
	fed_wait(&back.site);
	if (fed.ret || back.site.ret)
		fail_msg("%s%s", fed.failure.text, back.site.failure.text);
	assert_int_equal(site[1].ret, -1);
	assert_int_equal(back.restarts, 2);
	train_central(0, &model);
	assert_memory_equal(fed.model[0].theta, model.theta, net_params(&model.net) * sizeof(double));
	assert_memory_equal(back.site.model[0].theta, model.theta,
			    net_params(&model.net) * sizeof(double));
	model_clear(&model);
	fed_site_end(&back.site);
}

struct holding {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	uint32_t type;
	unsigned int held;
	unsigned int go_on_at;	/* frames of the other site */
	unsigned int others;
};

static int hold_up(void *arg, uint8_t *frame, size_t len)
{
	struct holding *h = arg;

	(void)len;
	if (type_of(frame) != h->type)
		return 0;
	pthread_mutex_lock(&h->lock);
	if (!h->held++) {
		while (h->others < h->go_on_at)
			pthread_cond_wait(&h->cond, &h->lock);
	}
	pthread_mutex_unlock(&h->lock);
	return 0;
}

static int count_others(void *arg, uint8_t *frame, size_t len)
{
	struct holding *h = arg;

	(void)len;
	pthread_mutex_lock(&h->lock);
	h->others += type_of(frame) == h->type;
	pthread_cond_broadcast(&h->cond);
	pthread_mutex_unlock(&h->lock);
	return 0;
}

/* One that is late in a round goes without it, and counts again. */
static void test_straggler(void **state)
{
	static const uint32_t types[] = { WIRE_SUMS, WIRE_UPDATE };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct holding h = {
			PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, types[i], 0, 3, 0,
		};

		site[0].hook = count_others;
		site[1].hook = hold_up;
		site[0].arg = site[1].arg = &h;
		fed_begin(&fed, fed_plan, SITES, 2);
		fed.roster.options.round_ms = 2500;
		fed_run_with(&fed, site, SITES, SITES);
		if (fed.ret)
			fail_msg("%s", fed.failure.text);
		assert_true(h.held >= 1 && h.others > 3);
		assert_int_equal(site[0].ret, 0);
		assert_int_equal(site[1].ret, 0);
		assert_memory_equal(site[1].model[2].theta, fed.model[2].theta,
				    5 * sizeof(double));
		teardown(state);
		setup(state);
	}
	fed_begin(&fed, fed_plan, 1, 1);
}

/* ---- sites that are none of these ---------------------------------------------------- */

static void test_wrong_plan(void **state)
{
	(void)state;
	site[1].plan = other_plan;
	fed_begin(&fed, fed_plan, SITES, 2);
	fed.roster.options.join_ms = 300;
	fed_run_with(&fed, site, SITES, SITES);
	assert_int_equal(fed.ret, 0);
	assert_true(fed_said(&fed, "b", "its plan is another one"));
	assert_int_equal(site[1].failure.exit, EXIT_REFUSED);
	assert_non_null(strstr(site[1].failure.text, "its plan is another one"));
}

static void test_same_name(void **state)
{
	(void)state;
	fed_begin(&fed, fed_plan, SITES, 2);
	fed.roster.options.join_ms = 300;
	site[1].name = "a";
	fed_run_with(&fed, site, SITES, SITES);
	assert_int_equal(fed.ret, 0);
	assert_true(!!site[0].ret != !!site[1].ret);
	assert_true(fed_said(&fed, "a", "another site has that name"));
}

/* Who sends garbage, or nothing, holds nobody up. */
static void test_strangers(void **state)
{
	static const uint8_t garbage[64] = "GET / HTTP/1.1\r\nHost: aggregator\r\n\r\n";
	int fd[2];

	(void)state;
	fed_begin(&fed, fed_plan, SITES, SITES);
	fd[0] = fed_socket(&fed);
	fd[1] = fed_socket(&fed);
	assert_int_equal(write(fd[0], garbage, sizeof(garbage)), sizeof(garbage));
	fed_run_with(&fed, site, SITES, SITES);
	assert_int_equal(fed.ret, 0);
	close(fd[0]);
	close(fd[1]);
}

/* ---- plans that no federation can do -------------------------------------------------------- */

static void test_plans(void **state)
{
	(void)state;
	fed_begin(&fed, fed_plan, 1, 1);
	fed.plan->run[2].rounds = 0;
	fed_run(&fed);
	assert_int_equal(fed.failure.exit, EXIT_DAMAGED);
	assert_non_null(strstr(fed.failure.text, "need rounds"));
	fed_end(&fed);
	fed_begin(&fed, fed_plan, 1, 1);
	fed.plan->split_folds = 5;
	fed_run(&fed);
	assert_non_null(strstr(fed.failure.text, "no folds"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_equal),
		TEST(test_order),
		TEST(test_site_dies),
		TEST(test_site_comes_back),
		TEST(test_quorum),
		TEST(test_dropped_sums),
		TEST(test_aggregator_dies),
		TEST(test_late_join),
		TEST(test_straggler),
		TEST(test_wrong_plan),
		TEST(test_same_name),
		TEST(test_strangers),
		TEST(test_plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
