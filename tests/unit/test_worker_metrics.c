// SPDX-License-Identifier: MIT
/* AUC, accuracy and loss against counting all pairs. */
#include "worker_bench.h"

#include "../../userspace/worker/loss.h"
#include "../../userspace/worker/metrics.h"

#define MAX 500

static const struct net classes = { .inputs = 1, .outputs = 1, .loss = LOSS_LOG };

struct sample {
	size_t count;
	double score[MAX];
	double label[MAX];
};

static double slow_auc(const struct sample *s)
{
	double won = 0, pairs = 0;
	size_t i, j;

	for (i = 0; i < s->count; i++) {
		for (j = 0; j < s->count; j++) {
			if (s->label[i] == 0 || s->label[j] == 1)
				continue;
			pairs++;
			won += s->score[i] > s->score[j];
			won += (s->score[i] == s->score[j]) / 2.0;
		}
	}
	return won / pairs;
}

static void measure(const struct sample *s, uint64_t announced, struct metrics *out)
{
	struct metrics_collector collector;
	struct bench_memory bench = { 0 };
	struct memory_backend backend = bench_backend(&bench);
	struct memory memory;
	size_t i;

	memory_init(&memory, &backend, 4 << 20);
	assert_int_equal(metrics_init(&collector, &memory, &classes, announced), 0);
	for (i = 0; i < s->count; i++)	/* a first use, cleared */
		metrics_add(&collector, &(double){ -s->score[i] }, &s->label[i]);
	metrics_clear(&collector);
	for (i = 0; i < s->count; i++)
		metrics_add(&collector, &s->score[i], &s->label[i]);
	metrics_finish(&collector, out);
	memory_release(&memory, NULL);
	assert_int_equal(bench.live, 0);
}

/* @levels: how many scores there may be; few make many ties. */
static void draw(struct sample *s, uint64_t *seed, uint64_t levels)
{
	size_t i;

	s->count = 2 + random_below(seed, MAX - 2);
	for (i = 0; i < s->count; i++) {
		s->label[i] = (double)random_below(seed, 2);
		s->score[i] = (double)random_below(seed, levels) / (double)levels * 6 - 3 +
			      s->label[i] / 2;
	}
	s->label[0] = 0;
	s->label[1] = 1;
}

static void test_against_pairs(void **state)
{
	static struct sample s;
	struct metrics exact, binned;
	uint64_t seed = 5;
	int i;

	(void)state;
	for (i = 0; i < 300; i++) {
		size_t k, right = 0;
		double loss = 0;

		draw(&s, &seed, i % 3 ? 1ull << (1 + i % 40) : 3);
		measure(&s, s.count, &exact);
		measure(&s, METRICS_EXACT + 1, &binned);
		for (k = 0; k < s.count; k++) {
			right += (loss_chance(s.score[k]) >= 0.5) == (s.label[k] == 1);
			loss += loss_value(LOSS_LOG, s.score[k], s.label[k]) / (double)s.count;
		}
		assert_true(fabs(exact.auc - slow_auc(&s)) < 1e-12);
		assert_true(exact.auc_error == 0);
		assert_true(fabs(binned.auc - exact.auc) <= binned.auc_error + 1e-15);
		assert_true(fabs(exact.accuracy - (double)right / (double)s.count) < 1e-15);
		assert_true(binned.accuracy == exact.accuracy && binned.loss == exact.loss);
		assert_true(fabs(exact.loss - loss) < 1e-12);
	}
}

static void test_edges(void **state)
{
	static struct sample s = { .count = 4, .score = { 1, 2, 3, 4 } };
	struct metrics out;

	(void)state;
	measure(&s, 4, &out);
	assert_true(isnan(out.auc) && out.rows == 4 && out.positive == 0);
	s.label[2] = s.label[3] = 1;
	measure(&s, 4, &out);
	assert_true(out.auc == 1 && out.accuracy == 0.5);
	s.label[2] = s.label[3] = 0;
	s.label[0] = s.label[1] = 1;
	measure(&s, 4, &out);
	assert_true(out.auc == 0);
	measure(&s, 3, &out);	/* one more than announced: no AUC rather than a wrong one */
	assert_true(isnan(out.auc) && out.accuracy == 0.5);
	s.count = 0;
	measure(&s, 0, &out);
	assert_true(isnan(out.auc) && isnan(out.accuracy) && out.rows == 0);
}

/* By the definition, over rows in tenths of probability. */
static void test_calibration(void **state)
{
	static const double chance[] = { 0.05, 0.15, 0.15, 0.95, 0.999999999, 0.55 };
	static const double label[] = { 0, 1, 0, 1, 1, 0 };
	struct sample s = { .count = 6 };
	struct metrics out;
	double brier = 0;
	size_t i;

	(void)state;
	for (i = 0; i < 6; i++) {
		s.score[i] = log(chance[i] / (1 - chance[i]));
		s.label[i] = label[i];
		brier += (chance[i] - label[i]) * (chance[i] - label[i]) / 6;
	}
	measure(&s, 6, &out);
	assert_true(fabs(out.brier - brier) < 1e-12);
	assert_true(fabs(out.calibration - (0.05 + 0.7 + 0.05 + 0.55) / 6) < 1e-8);
	assert_int_equal(out.decile[1].rows, 2);
	assert_int_equal(out.decile[1].positive, 1);
	assert_int_equal(out.decile[9].rows, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calibration),
		cmocka_unit_test(test_against_pairs),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
