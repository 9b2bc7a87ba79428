// SPDX-License-Identifier: MIT
/* How much memory there is decides the speed, never the result. */
#include "worker_bench.h"

#include <semaphore.h>
#include <unistd.h>

#include "../../userspace/worker/newton.h"
#include "../../userspace/worker/sgd.h"
#include "../../userspace/worker/train.h"

#define P 4

/* Of the plan's run with hidden layers: 4 features, 8 and 4 units, 1 score. */
#define PARAMS	(4 * 8 + 8 + 8 * 4 + 4 + 4 + 1)

static const struct net net = { .inputs = P, .outputs = 1, .loss = LOSS_LOG };

struct outcome {
	double newton[P + 1];
	double sgd[P + 1];
	double layers[PARAMS];
	uint64_t misses;
	uint64_t hits;
	uint64_t shrinks;
	size_t peak;
};

struct adding {
	struct gradient *sum;
	const double *theta;
};

static void add(void *arg, const double *x, const double *y)
{
	struct adding *adding = arg;

	gradient_add(adding->sum, adding->theta, x, y);
}

static int pass(void *arg, const double *theta, struct gradient *out,
		struct failure *failure)
{
	struct bench_cohort *b = arg;
	struct adding adding = { out, theta };
	size_t i;

	gradient_clear(out);
	for (i = 0; i < BENCH_SITES; i++) {
		if (cohort_walk(&b->cohort, i, COHORT_TRAIN, add, &adding, failure))
			return -1;
	}
	gradient_finish(out, theta, 0.001);
	return 0;
}

static void train_layers(struct bench_cohort *b, double *out)
{
	const struct plan_run *run = &b->plan->run[3];
	struct net shape = plan_net(b->plan, run);
	struct sgd_options adam = { .run = run, .net = &shape };
	struct failure failure = { 0 };
	double *theta = memory_doubles(&b->memory, PARAMS);

	assert_int_equal(net_params(&shape), PARAMS);
	assert_non_null(theta);
	net_begin(&shape, theta, run->seed);
	if (sgd_solve(&adam, &b->cohort, theta, &failure))
		fail_msg("%s", failure.text);
	memcpy(out, theta, PARAMS * sizeof(double));
}

/* @how: rows and rings that are no number of bench_begin() */
static void train_how(struct outcome *out, const struct bench_cohort *how, size_t rows,
		      size_t chunk, size_t ring, size_t budget)
{
	struct bench_cohort b = *how;
	struct solve_options options = {
		.net = &net, .tolerance = 1e-10, .max_steps = 30, .pass = pass, .arg = &b,
	};
	struct sgd_options sgd = { .net = &net };
	struct solve_result result;
	struct failure failure = { 0 };
	double *theta;

	bench_begin(&b, rows, chunk, ring, budget);
	theta = memory_doubles(&b.memory, P + 1);
	assert_non_null(theta);
	if (newton_solve(&options, &b.memory, theta, &result, &failure))
		fail_msg("%s", failure.text);
	memcpy(out->newton, theta, sizeof(out->newton));
	memset(theta, 0, (P + 1) * sizeof(double));
	sgd.run = &b.plan->run[1];
	if (sgd_solve(&sgd, &b.cohort, theta, &failure))
		fail_msg("%s", failure.text);
	memcpy(out->sgd, theta, sizeof(out->sgd));
	train_layers(&b, out->layers);
	out->misses = b.ring.misses;
	out->hits = b.ring.hits;
	out->shrinks = b.ring.shrinks;
	out->peak = b.bench.peak;
	assert_int_equal(b.memory.peak, b.bench.peak);
	bench_end(&b);
}

static void train_as(struct outcome *out, size_t rows, size_t chunk, size_t ring,
		     size_t shrink_at, size_t budget, bool reader)
{
	struct bench_cohort how = { .ring_limit = shrink_at, .reader = reader };

	train_how(out, &how, rows, chunk, ring, budget);
}

static void train(struct outcome *out, size_t rows, size_t chunk, size_t ring,
		  size_t shrink_at, size_t budget)
{
	train_as(out, rows, chunk, ring, shrink_at, budget, false);
}

static void same_weights(const struct outcome *a, const struct outcome *b)
{
	assert_memory_equal(a->newton, b->newton, sizeof(a->newton));
	assert_memory_equal(a->sgd, b->sgd, sizeof(a->sgd));
	assert_memory_equal(a->layers, b->layers, sizeof(a->layers));
}

static void test_ring_size_changes_nothing(void **state)
{
	struct outcome large, small, shrunk, chunked;

	(void)state;
	train(&large, 100, 512, 1000, 0, 16 << 20);
	train(&small, 100, 512, BENCH_SITES, 0, 16 << 20);
	train(&shrunk, 100, 512, 1000, 12, 16 << 20);
	train(&chunked, 100, 97, 1000, 0, 16 << 20);
	assert_int_equal(large.shrinks, 0);
	assert_true(small.misses > 10 * large.misses);
	assert_true(shrunk.shrinks >= 1 && shrunk.misses > large.misses);
	same_weights(&large, &small);
	same_weights(&large, &shrunk);
	same_weights(&large, &chunked);
}

/* Nor does a second thread; and what it decrypts does not depend on how fast it is. */
static void test_reader_changes_nothing(void **state)
{
	static const size_t rings[] = { BENCH_SITES, BENCH_SITES + 1, 2 * BENCH_SITES, 20, 1000 };
	struct outcome alone, two, again;
	size_t i;

	(void)state;
	train(&alone, 100, 512, 1000, 0, 16 << 20);
	for (i = 0; i < sizeof(rings) / sizeof(*rings); i++) {
		train_as(&two, 100, 512, rings[i], 0, 16 << 20, true);
		same_weights(&alone, &two);
		train_as(&again, 100, 512, rings[i], 0, 16 << 20, true);
		assert_memory_equal(&two, &again, sizeof(two));
	}
	assert_int_equal(two.misses, alone.misses);	/* all of it is kept */
	train_as(&two, 100, 512, 1000, 12, 16 << 20, true);
	assert_true(two.shrinks >= 1);
	same_weights(&alone, &two);
	train_as(&two, 100, 97, 7, 0, 16 << 20, true);
	same_weights(&alone, &two);
	train_as(&two, 5000, 4096, 1000, 0, 160 << 10, true);
	assert_true(two.peak <= 160 << 10);
	train(&alone, 5000, 4096, 1000, 0, 160 << 10);
	same_weights(&alone, &two);
}

/* Rows that are kept as numbers are the same, and no chunk is asked for again. */
static void test_kept_rows_change_nothing(void **state)
{
	struct bench_cohort how = { 0 };
	struct outcome read, kept, dropped;
	size_t after;

	(void)state;
	train_how(&read, &how, 100, 512, 1000, 16 << 20);
	how.keep = true;
	train_how(&kept, &how, 100, 512, 1000, 16 << 20);
	same_weights(&read, &kept);
	assert_int_equal(kept.misses, read.misses);
	assert_int_equal(kept.hits, 0);
	assert_true(read.hits > 10 * read.misses);
	how.reader = true;
	train_how(&kept, &how, 100, 512, 1000, 16 << 20);
	same_weights(&read, &kept);
	/* given back while they are gathered, after the survey, in later passes */
	for (after = 1; after < 3 * read.misses; after += 7) {
		how.unkeep_after = after;
		train_how(&dropped, &how, 100, 512, 1000, 16 << 20);
		same_weights(&read, &dropped);
		assert_true(dropped.hits > 0);
	}
}

/* Each fold has other rows for testing, of the same that are kept. */
static void test_kept_rows_of_folds(void **state)
{
	static const char plan[] =
		"{\"ward-plan\":1,\"name\":\"folds\",\"features\":[{\"column\":\"age\"},{\"column\":\"kind\"}],"
		"\"label\":{\"column\":\"ill\",\"above\":0},\"split\":{\"rule\":\"folds\",\"folds\":4},"
		"\"runs\":[{\"name\":\"m\",\"method\":\"newton\",\"l2\":0.01}]}";
	struct metrics fold[2][4];
	double theta[2][3];
	struct model model;
	size_t keep;

	(void)state;
	for (keep = 0; keep < 2; keep++) {
		struct bench_cohort b = { .plan_text = plan, .keep = keep };
		struct failure failure = { 0 };

		bench_begin(&b, 100, 512, 1000, 16 << 20);
		if (train_model(&b.cohort, &b.plan->run[0], NULL, &model, &failure))
			fail_msg("%s", failure.text);
		assert_int_equal(b.ring.hits > 0, !keep);
		assert_true(model.fold[0].rows > 0 && model.fold[3].rows > 0);
		memcpy(fold[keep], model.fold, sizeof(fold[keep]));
		memcpy(theta[keep], model.theta, sizeof(theta[keep]));
		model_clear(&model);
		bench_end(&b);
	}
	assert_memory_equal(fold[0], fold[1], sizeof(fold[0]));
	assert_memory_equal(theta[0], theta[1], sizeof(theta[0]));
}

/* A hundredfold table fits the same budget. */
static void test_budget(void **state)
{
	struct outcome out;
	size_t budget = 160 << 10;

	(void)state;
	train(&out, 50, 4096, 1000, 0, budget);
	assert_true(out.peak <= budget);
	train(&out, 5000, 4096, 1000, 0, budget);
	assert_true(out.peak <= budget && out.peak > budget - 3 * 4096);
}

/* ---- the ring alone ----------------------------------------------------------- */

struct ring_bench {
	struct bench_memory bench;
	struct memory memory;
	struct ring ring;
	struct bench_text text;
	struct source source;
	size_t told_before, told_after;
	bool told_yielded;
};

static void told(void *arg, bool yielded, size_t before, size_t after, uint64_t bytes)
{
	struct ring_bench *r = arg;

	r->told_yielded = yielded;
	r->told_before = before;
	r->told_after = after;
	assert_int_equal(bytes, (before - after) * MEMORY_PAGE);
}

static void ring_bench_begin(struct ring_bench *r, size_t cap, size_t floor)
{
	struct memory_backend backend;
	struct failure failure = { 0 };

	memset(r, 0, sizeof(*r));
	backend = bench_backend(&r->bench);
	memory_init(&r->memory, &backend, 1 << 20);
	r->text = (struct bench_text){ .text = "abcdefghijklmnopqrstuvwxyz", .len = 26,
				       .chunk = 1 };
	r->source = bench_source(&r->text);
	assert_int_equal(ring_init(&r->ring, &r->memory, 1, cap, floor, &failure), 0);
	r->ring.shrunk = told;
	r->ring.shrunk_arg = r;
}

static struct ring_slot *take(struct ring_bench *r, uint64_t chunk)
{
	struct failure failure = { 0 };
	struct ring_slot *slot = NULL;

	if (ring_hold(&r->ring, 0, chunk, &r->source, &slot, &failure))
		return NULL;
	assert_int_equal(slot->len, 1);
	assert_int_equal(slot->block.data[0], 'a' + chunk);
	return slot;
}

static void ring_bench_end(struct ring_bench *r)
{
	ring_end(&r->ring);
	assert_int_equal(r->bench.live, 0);
}

static void test_cyclic_passes(void **state)
{
	struct ring_bench r;
	int round, i;

	(void)state;
	ring_bench_begin(&r, 20, 1);
	for (round = 0; round < 10; round++) {
		for (i = 0; i < 26; i++)
			ring_drop(take(&r, (uint64_t)i));
	}
	assert_int_equal(r.ring.count, 20);
	/* least recently used would miss all 260 */
	assert_true(r.text.opened <= 26 + 9 * 7);
	assert_int_equal(r.ring.hits + r.ring.misses, 260);
	ring_bench_end(&r);
}

static void test_held_stays(void **state)
{
	struct ring_slot *held[4];
	struct ring_bench r;
	uint64_t i;

	(void)state;
	ring_bench_begin(&r, 10, 4);
	for (i = 0; i < 10; i++)
		ring_drop(take(&r, i));
	for (i = 0; i < 4; i++)
		held[i] = take(&r, 2 * i);
	assert_int_equal(ring_shrink(&r.ring), 5 * MEMORY_PAGE);
	assert_int_equal(r.told_before, 10);
	assert_int_equal(r.told_after, 5);
	assert_int_equal(ring_shrink(&r.ring), MEMORY_PAGE);
	assert_int_equal(ring_shrink(&r.ring), 0);
	assert_int_equal(r.ring.count, 4);
	assert_int_equal(r.ring.shrinks, 2);
	for (i = 0; i < 4; i++)
		assert_int_equal(held[i]->block.data[0], 'a' + 2 * i);
	assert_null(take(&r, 25));	/* all held: refused, not taken away */
	ring_drop(held[0]);
	assert_non_null(take(&r, 25));
	ring_bench_end(&r);
}

/* Work comes before what is kept for the next pass. */
static void test_work_comes_first(void **state)
{
	struct memory_block block;
	struct ring_bench r;
	uint64_t i;

	(void)state;
	ring_bench_begin(&r, 20, 4);
	r.memory.budget = 10 * MEMORY_PAGE;
	for (i = 0; i < 10; i++)
		ring_drop(take(&r, i));
	assert_int_equal(r.ring.count, 10);
	assert_int_equal(memory_try(&r.memory, 1, "x", &block), -EDQUOT);
	assert_int_equal(memory_get(&r.memory, 3 * MEMORY_PAGE, "x", &block), 0);
	assert_int_equal(r.ring.count, 7);
	assert_true(r.told_yielded && r.told_before == 10 && r.told_after == 7);
	assert_int_equal(r.ring.cap, 7);
	memory_put(&r.memory, &block);
	assert_int_equal(memory_get(&r.memory, 7 * MEMORY_PAGE, "x", &block), -EDQUOT);
	assert_int_equal(r.ring.count, 4);
	ring_bench_end(&r);
}

static void test_refused_charge(void **state)
{
	struct ring_bench r;
	uint64_t i;

	(void)state;
	ring_bench_begin(&r, 20, 2);
	r.bench.refuse_above = 5 * MEMORY_PAGE;
	for (i = 0; i < 26; i++)
		ring_drop(take(&r, i));
	assert_int_equal(r.ring.count, 5);
	assert_int_equal(r.ring.cap, 5);
	ring_bench_end(&r);
	ring_bench_begin(&r, 20, 2);
	r.bench.refuse_above = 1;
	assert_null(take(&r, 0));
	ring_bench_end(&r);
}

/* ---- reading ahead -------------------------------------------------------------- */

struct gate {
	struct ring_bench r;
	struct source behind;	/* that the gate stands before */
	sem_t came;
	sem_t open;
	uint64_t fails;		/* this chunk does */
};

static int open_behind(void *arg, uint64_t chunk, uint8_t *out, size_t *len,
		       struct failure *failure)
{
	struct gate *gate = arg;

	if (chunk == 1) {
		sem_post(&gate->came);
		sem_wait(&gate->open);
	}
	if (chunk == gate->fails)
		return failed(failure, EXIT_DAMAGED, "chunk %d", (int)chunk);
	return gate->behind.open(gate->behind.arg, chunk, out, len, failure);
}

static void gate_begin(struct gate *gate, size_t cap)
{
	struct failure failure = { 0 };

	ring_bench_begin(&gate->r, cap, 1);
	gate->behind = gate->r.source;
	gate->r.source.open = open_behind;
	gate->r.source.arg = gate;
	gate->fails = UINT64_MAX;
	sem_init(&gate->came, 0, 0);
	sem_init(&gate->open, 0, 0);
	assert_int_equal(ring_read_ahead(&gate->r.ring, &failure), 0);
	alarm(300);	/* who waits in vain has failed */
}

static void gate_end(struct gate *gate)
{
	alarm(0);
	ring_bench_end(&gate->r);
	sem_destroy(&gate->came);
	sem_destroy(&gate->open);
}

/* The second chunk is being opened while the first is held, before anybody asked. */
static void test_reads_ahead(void **state)
{
	struct ring_slot *slot;
	struct gate gate;
	uint64_t i;

	(void)state;
	gate_begin(&gate, 3);
	slot = take(&gate.r, 0);
	sem_wait(&gate.came);
	assert_int_equal(slot->block.data[0], 'a');
	sem_post(&gate.open);
	for (i = 1; i < 26; i++) {
		ring_drop(slot);
		slot = take(&gate.r, i);
	}
	assert_int_equal(gate.r.text.opened, 26);
	assert_int_equal(gate.r.ring.misses, 26);
	assert_int_equal(gate.r.ring.hits, 0);
	assert_int_equal(gate.r.ring.count, 3);
	gate_end(&gate);
}

/* What is under way is waited for before its slot is wiped. */
static void test_ends_while_it_reads(void **state)
{
	struct gate gate;

	(void)state;
	gate_begin(&gate, 3);
	take(&gate.r, 0);
	sem_wait(&gate.came);
	sem_post(&gate.open);
	gate_end(&gate);
	gate_begin(&gate, 3);
	ring_drop(take(&gate.r, 0));
	sem_wait(&gate.came);
	sem_post(&gate.open);
	assert_int_equal(ring_shrink(&gate.r.ring), MEMORY_PAGE);
	assert_int_equal(gate.r.ring.count, 1);
	gate_end(&gate);
}

static void test_fails_ahead(void **state)
{
	struct failure failure = { 0 };
	struct ring_slot *slot;
	struct gate gate;
	uint64_t i;

	(void)state;
	gate_begin(&gate, 3);
	gate.fails = 3;
	sem_post(&gate.open);
	for (i = 0; i < 3; i++)
		ring_drop(take(&gate.r, i));	/* its failure is none of theirs */
	assert_int_equal(ring_hold(&gate.r.ring, 0, 3, &gate.r.source, &slot, &failure), -1);
	assert_string_equal(failure.text, "chunk 3");
	assert_int_equal(failure.exit, EXIT_DAMAGED);
	gate.fails = UINT64_MAX;
	assert_non_null(take(&gate.r, 3));
	gate_end(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring_size_changes_nothing),
		cmocka_unit_test(test_reader_changes_nothing),
		cmocka_unit_test(test_kept_rows_change_nothing),
		cmocka_unit_test(test_kept_rows_of_folds),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_cyclic_passes),
		cmocka_unit_test(test_held_stays),
		cmocka_unit_test(test_work_comes_first),
		cmocka_unit_test(test_refused_charge),
		cmocka_unit_test(test_reads_ahead),
		cmocka_unit_test(test_ends_while_it_reads),
		cmocka_unit_test(test_fails_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
