// SPDX-License-Identifier: MIT
/* A federation over attested channels on loopback, each side with a simulated guest's evidence. */
#include "attested_bench.h"

#define SITES	3
#define ROWS	90

#define PLAN(more) \
	"{\"ward-plan\":1,\"name\":\"bench\",\"features\":[{\"column\":\"age\"}," \
	"{\"column\":\"dose\"}],\"label\":{\"column\":\"ill\",\"above\":0}," \
	"\"split\":{\"rule\":\"hash\",\"seed\":7,\"fraction\":0.3}," more \
	"\"runs\":[{\"name\":\"newton\",\"method\":\"newton\",\"l2\":0.01}," \
	"{\"name\":\"fedavg\",\"method\":\"sgd\",\"epochs\":1,\"rounds\":3}]}"

static const char plan_text[] = PLAN("");
static const char plan_of_rounds[] = PLAN("\"reattest_rounds\":2,");
static const char *plan = plan_text;

static char *text;
static struct fed fed;
static struct fed_site site[SITES];

static struct party aggregator, party[SITES];

static void begin_site(size_t i, uint16_t port)
{
	static const char *const names[SITES] = { "a", "b", "c" };

	party_begin(&party[i], (uint8_t)(i + 1));
	snprintf(party[i].where, sizeof(party[i].where), "127.0.0.1:%u", port);
	site[i] = (struct fed_site){
		.name = names[i], .text = world_lines(text, i * ROWS / SITES, (i + 1) * ROWS / SITES),
		.plan = plan_text, .connect = party_reach, .arg = &party[i],
		.session = (uint8_t)(i + 1),
	};
}

static int setup(void **state)
{
	size_t i, bytes;
	uint16_t port;

	(void)state;
	text = bench_table(5, ROWS, &bytes);
	party_begin(&aggregator, 99);
	port = party_listen(&aggregator);
	for (i = 0; i < SITES; i++)
		begin_site(i, port);
	return 0;
}

static int teardown(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < SITES; i++)
		fed_site_end(&site[i]);
	party_accept_end();
	fed_end(&fed);
	for (i = 0; i < SITES; i++)
		attested_close(&party[i].attested);
	attested_close(&aggregator.attested);
	free(text);
	return 0;
}

static uint64_t reattest_rounds;	/* of the aggregator */

static void run(uint32_t quorum)
{
	fed_begin(&fed, plan, SITES, quorum);
	fed.roster.options.reattest_rounds = plan_reattest(fed.plan, reattest_rounds);
	plan = plan_text;
	reattest_rounds = 0;
	if (quorum < SITES)
		fed.roster.options.join_ms = 8000;
	party_accept(&fed);
	fed_run_with(&fed, site, SITES, SITES);
}

static void test_whole(void **state)
{
	size_t i, run_of;

	(void)state;
	run(SITES);
	if (fed.ret)
		fail_msg("%s", fed.failure.text);
	for (i = 0; i < SITES; i++) {
		if (site[i].ret)
			fail_msg("%s: %s", site[i].name, site[i].failure.text);
		for (run_of = 0; run_of < 2; run_of++)
			assert_memory_equal(site[i].model[run_of].theta, fed.model[run_of].theta,
					    3 * sizeof(double));
		assert_int_equal(party[i].gave, 1);
	}
	assert_int_equal(aggregator.gave, SITES);
}

/* Both sides ask again, and training does not mind. */
static void test_again(void **state)
{
	size_t i;

	(void)state;
	aggregator.attested.reattest_ms = 1;
	for (i = 0; i < SITES; i++)
		party[i].attested.reattest_ms = 1;
	run(SITES);
	if (fed.ret)
		fail_msg("%s", fed.failure.text);
	for (i = 0; i < SITES; i++) {
		if (site[i].ret)
			fail_msg("%s: %s", site[i].name, site[i].failure.text);
		assert_true(party[i].gave > 3);
	}
	assert_true(aggregator.gave > 3 * SITES);
}

static void count_round(void *arg, const struct wire_head *head, const struct wire_task *task)
{
	struct party *p = arg;

	(void)head;
	(void)task;
	p->rounds++;
}

/* As fed_site has it, with a count of rounds. */
static int reach_counted(void *arg, struct link *link, struct failure *failure)
{
	struct party *p = arg;
	size_t i = (size_t)(p - party);

	site[i].client.heard = count_round;
	site[i].client.heard_arg = p;
	return party_reach(arg, link, failure);
}

/* Once when the channel opened, and in each round, or each second one, exactly. */
static void test_rounds(void **state)
{
	unsigned int every, rounds, i;

	for (every = 1; every <= 2; every++) {
		reattest_rounds = every;
		for (i = 0; i < SITES; i++) {
			site[i].connect = reach_counted;
			site[i].reattest_rounds = 3 - every;
		}
		run(SITES);
		if (fed.ret)
			fail_msg("%s", fed.failure.text);
		rounds = party[0].rounds;
		assert_true(rounds > 3);
		for (i = 0; i < SITES; i++) {
			assert_int_equal(party[i].rounds, rounds);
			assert_int_equal(party[i].gave, 1 + (rounds + every - 1) / every);
		}
		assert_int_equal(aggregator.gave,
				 SITES * (1 + (rounds + 2 - every) / (3 - every)));
		teardown(state);
		setup(state);
	}
	run(SITES);
}

/* The plan alone says it, to both sides. */
static void test_rounds_by_plan(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < SITES; i++) {
		site[i].connect = reach_counted;
		site[i].plan = plan_of_rounds;
	}
	plan = plan_of_rounds;
	run(SITES);
	assert_int_equal(fed.ret, 0);
	for (i = 0; i < SITES; i++)
		assert_int_equal(party[i].gave, 1 + (party[i].rounds + 1) / 2);
	assert_int_equal(aggregator.gave, SITES * (1 + (party[0].rounds + 1) / 2));
}

/* One that turned into something else is found out in that round, and the rest go on. */
static void test_turned(void **state)
{
	(void)state;
	reattest_rounds = 1;
	party[1].turns_at = 3;
	site[1].connect = reach_counted;
	run(2);
	if (fed.ret)
		fail_msg("%s", fed.failure.text);
	assert_int_equal(party[1].rounds, 2);
	assert_true(fed_said(&fed, "b", "evidence refused: "));
	assert_int_equal(site[1].failure.exit, EXIT_REFUSED);
	assert_true(!site[0].ret && !site[2].ret);
}

/* No site answers an aggregator that has. */
static void test_aggregator_turned(void **state)
{
	size_t i;

	(void)state;
	aggregator.turns_at = SITES;
	for (i = 0; i < SITES; i++) {
		site[i].connect = reach_counted;
		site[i].reattest_rounds = 1;
	}
	run(1);
	assert_int_equal(fed.ret, -1);
	assert_int_equal(fed.failure.exit, EXIT_NETWORK);
	for (i = 0; i < SITES; i++) {
		assert_int_equal(party[i].rounds, 1);
		assert_int_equal(site[i].failure.exit, EXIT_REFUSED);
	}
}

/* A worker that declared another plan is not let in, by its evidence; the rest go on. */
static void test_wrong_site(void **state)
{
	(void)state;
	party[1].declared = 1;
	run(2);
	assert_int_equal(fed.ret, 0);
	assert_int_equal(site[1].failure.exit, EXIT_REFUSED);
	assert_non_null(strstr(site[1].failure.text, "refused by the other side"));
	assert_false(party[1].left);
	assert_true(fed_said(&fed, "", "evidence refused: "));
	assert_true(!site[0].ret && !site[2].ret);
}

/* Nor does a site let an aggregator have anything that it does not know. */
static void test_wrong_aggregator(void **state)
{
	size_t i;

	(void)state;
	aggregator.declared = 1;
	run(1);
	assert_int_equal(fed.ret, -1);
	assert_int_equal(fed.failure.exit, EXIT_NETWORK);
	for (i = 0; i < SITES; i++)
		assert_int_equal(site[i].failure.exit, EXIT_REFUSED);
}

/* Evidence of one session, and a claim to be another. */
static void test_other_session(void **state)
{
	(void)state;
	party[1].session = 77;
	run(2);
	assert_int_equal(fed.ret, 0);
	assert_int_equal(site[1].ret, -1);
	assert_true(fed_said(&fed, "b", "it sent a frame that does not belong there"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_whole),
		TEST(test_again),
		TEST(test_rounds),
		TEST(test_rounds_by_plan),
		TEST(test_turned),
		TEST(test_aggregator_turned),
		TEST(test_wrong_site),
		TEST(test_wrong_aggregator),
		TEST(test_other_session),
	};

	return cmocka_run_group_tests(tests, party_keys, party_keys_end);
}
