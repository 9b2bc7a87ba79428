// SPDX-License-Identifier: MIT
/*
 * A round of federated averaging over attested channels beside the same bytes over plain TCP,
 * aggregator and sites in one process over the loopback, in turns. There are few rows, so that
 * what a round takes is what is sent; training is in all of them. A third kind has both sides
 * prove themselves anew in each round; what makes its evidence, a simulated TEE, is left out of
 * the processor's time, not of the clock's.
 *
 *	round_cost                               figures
 *	round_cost plain|attested|renewed N      one federation of N rounds, for callgrind
 *	                                         (tests/bench/round/instructions)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/attested_bench.h"

#define SITES	3
#define ROWS	24
#define TURNS	15
#define ROUNDS	24
#define ROUNDS_MAX	256

enum kind { PLAIN, ATTESTED, RENEWED, KINDS };

static const char *const kinds[KINDS] = { "plain", "attested", "renewed" };
static const char *const rows_of[KINDS] = {
	"plain TCP", "attested channels", "the same, both proved anew in each round",
};

static struct fed fed;
static struct fed_site site[SITES];
static struct party aggregator, party[SITES];
static char plan[1024], *text;

/** struct instant - a round ended; @wall, @busy in ms */
struct instant {
	double wall, busy;
};

static struct instant instant[ROUNDS_MAX];
static size_t instants;

static double ms_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double evidence_ms(void)
{
	double ms = aggregator.gave_ms;
	size_t i;

	for (i = 0; i < SITES; i++)
		ms += party[i].gave_ms;
	return ms;
}

static void note(void *arg, const struct plan_run *run, uint64_t step, uint64_t steps, double loss)
{
	(void)arg;
	(void)run;
	(void)step;
	(void)steps;
	(void)loss;
	if (instants < ROUNDS_MAX)
		instant[instants++] = (struct instant){
			ms_of(CLOCK_MONOTONIC), ms_of(CLOCK_PROCESS_CPUTIME_ID) - evidence_ms(),
		};
}

static void make_plan(unsigned int rounds)
{
	snprintf(plan, sizeof(plan),
		 "{\"ward-plan\":1,\"name\":\"bench\",\"features\":[{\"column\":\"age\"},"
		 "{\"column\":\"dose\"}],\"label\":{\"column\":\"ill\",\"above\":0},"
		 "\"split\":{\"rule\":\"every\",\"every\":8},"
		 "\"runs\":[{\"name\":\"fedavg\",\"method\":\"sgd\",\"epochs\":1,\"rate\":1e-3,"
		 "\"hidden\":[128,64],\"activation\":\"tanh\",\"rounds\":%u}]}", rounds);
}

static void begin_site(enum kind kind, size_t i, uint16_t port)
{
	static const char *const names[SITES] = { "a", "b", "c" };

	site[i] = (struct fed_site){
		.name = names[i], .plan = plan, .session = (uint8_t)(i + 1),
		.text = world_lines(text, i * ROWS / SITES, (i + 1) * ROWS / SITES),
		.reattest_rounds = kind == RENEWED,
	};
	if (kind == PLAIN)
		return;
	party_begin(&party[i], (uint8_t)(i + 1));
	snprintf(party[i].where, sizeof(party[i].where), "127.0.0.1:%u", port);
	site[i].connect = party_reach;
	site[i].arg = &party[i];
}

static void federation(enum kind kind, unsigned int rounds)
{
	const struct train_hooks hooks = { .progress = note };
	uint16_t port = 0;
	size_t i;

	make_plan(rounds);
	instants = 0;
	if (kind != PLAIN) {
		party_begin(&aggregator, 99);
		port = party_listen(&aggregator);
	}
	fed_begin(&fed, plan, SITES, SITES);
	fed.tcp = true;
	fed.federation.hooks = &hooks;
	fed.roster.options.reattest_rounds = kind == RENEWED;
	if (kind != PLAIN)
		party_accept(&fed);
	for (i = 0; i < SITES; i++) {
		begin_site(kind, i, port);
		fed_join(&fed, &site[i]);
	}
	fed_run(&fed);
	if (fed.ret)
		fail_msg("%s", fed.failure.text);
	for (i = 0; i < SITES; i++)
		fed_site_end(&site[i]);
	if (kind != PLAIN)
		party_accept_end();
	fed_end(&fed);
	for (i = 0; i < SITES && kind != PLAIN; i++)
		attested_close(&party[i].attested);
	if (kind != PLAIN)
		attested_close(&aggregator.attested);
	memset(party, 0, sizeof(party));
	memset(&aggregator, 0, sizeof(aggregator));
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *value, size_t count)
{
	qsort(value, count, sizeof(*value), by_size);
	return (value[(count - 1) / 2] + value[count / 2]) / 2;
}

static void figures(void)
{
	double wall[KINDS][TURNS], busy[KINDS][TURNS], ms[KINDS][2];
	const double rounds = ROUNDS - 1;	/* the first one's end is where it begins */
	struct net net;
	size_t turn, kind;

	for (turn = 0; turn < TURNS; turn++) {
		for (kind = 0; kind < KINDS; kind++) {
			federation((enum kind)kind, ROUNDS);
			assert_int_equal(instants, ROUNDS);
			wall[kind][turn] = (instant[ROUNDS - 1].wall - instant[0].wall) / rounds;
			busy[kind][turn] = (instant[ROUNDS - 1].busy - instant[0].busy) / rounds;
		}
	}
	fed_begin(&fed, plan, 1, 1);
	net = plan_net(fed.plan, &fed.plan->run[0]);
	printf("a round of %d sites, %zu parameters: %zu bytes both ways\n", SITES, net_params(&net),
	       SITES * 2 * (WIRE_HEAD + wire_len(WIRE_ROUND, fed.plan, &fed.plan->run[0], false)));
	fed_end(&fed);
	for (kind = 0; kind < KINDS; kind++) {
		ms[kind][0] = median(wall[kind], TURNS);
		ms[kind][1] = median(busy[kind], TURNS);
		printf("%-44s %8.3f ms   processor %8.3f ms   of plain %5.2f, %5.2f\n", rows_of[kind],
		       ms[kind][0], ms[kind][1], ms[kind][0] / ms[PLAIN][0],
		       ms[kind][1] / ms[PLAIN][1]);
	}
}

static void measure(void **state)
{
	(void)state;
	figures();
}

static enum kind only;
static unsigned int only_rounds;

static void one(void **state)
{
	(void)state;
	federation(only, only_rounds);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest all[] = { cmocka_unit_test(measure) };
	const struct CMUnitTest single[] = { cmocka_unit_test(one) };
	size_t len, i;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	text = bench_table(5, ROWS, &len);
	for (i = 0; argc == 3 && i < KINDS; i++) {
		if (strcmp(argv[1], kinds[i]))
			continue;
		only = (enum kind)i;
		only_rounds = (unsigned int)strtoul(argv[2], NULL, 10);
		return only == PLAIN ? cmocka_run_group_tests(single, NULL, NULL) :
				       cmocka_run_group_tests(single, party_keys, party_keys_end);
	}
	return cmocka_run_group_tests(all, party_keys, party_keys_end);
}
