// SPDX-License-Identifier: MIT
/* A table that nobody has seen before trains by every method, or says where it is wrong. */
#include "worker_bench.h"

#include <inttypes.h>

#include "../../userspace/worker/train.h"

#define COLUMNS		4
#define MILLION		1000000
#define CHUNK		65536
#define ROW_LEN		16	/* of the million: "%06u,%03u,1,%u\r\n" */

static const char *const columns[COLUMNS] = { "Gr\xc3\xb6\xc3\x9f" "e", "b", "c", "ill" };

#define PLAN(LABEL, MISSING, SPLIT) \
	"{\"ward-plan\":1,\"name\":\"any\",\"features\":[{\"column\":\"Gr\xc3\xb6\xc3\x9f" "e\"}," \
	"{\"column\":\"b\"},{\"column\":\"c\"}],\"label\":{\"column\":\"ill\"," LABEL "}," \
	"\"missing\":\"" MISSING "\",\"split\":" SPLIT ",\"runs\":[" \
	"{\"name\":\"newton\",\"method\":\"newton\"}," \
	"{\"name\":\"lbfgs\",\"method\":\"lbfgs\",\"hidden\":[3],\"max_steps\":20}," \
	"{\"name\":\"sgd\",\"method\":\"sgd\",\"epochs\":2,\"rate\":0.1}," \
	"{\"name\":\"adam\",\"method\":\"adam\",\"hidden\":[3],\"epochs\":2,\"rate\":0.01}]}"
#define EVERY3 "{\"rule\":\"every\",\"every\":3}"

static const char classes[] = PLAN("\"above\":0", "mean", EVERY3);
static const char values[] = PLAN("\"value\":true", "mean", EVERY3);
static const char complete[] = PLAN("\"above\":0", "drop", EVERY3);

struct bench {
	struct bench_memory bench;
	struct memory memory;
	struct ring ring;
	struct plan *plan;
	struct site site;
	struct cohort cohort;
	struct failure failure;
};

static int begin(struct bench *b, const char *plan, const struct source *source, bool header)
{
	struct memory_backend backend = bench_backend(&b->bench);

	memory_init(&b->memory, &backend, 1 << 20);
	b->plan = bench_plan(plan);
	assert_int_equal(ring_init(&b->ring, &b->memory, source->chunk_bytes, 6, 1, &b->failure), 0);
	assert_int_equal(ring_read_ahead(&b->ring, &b->failure), 0);
	b->site = (struct site){
		.name = "north", .source = *source,
		.table = { .name = "north", .columns = COLUMNS, .names = columns, .missing = "?",
			   .delimiter = ',', .header = header },
	};
	b->cohort = (struct cohort){
		.plan = b->plan, .memory = &b->memory, .ring = &b->ring, .sites = 1,
		.site = &b->site,
	};
	return site_init(&b->site, b->plan, &b->ring, &b->memory, &b->failure) ||
	       cohort_survey(&b->cohort, &b->failure) ? -1 : 0;
}

static void end(struct bench *b)
{
	site_end(&b->site);
	ring_end(&b->ring);
	memory_release(&b->memory, NULL);
	plan_free(b->plan);
	assert_int_equal(b->bench.live, 0);
}

static void train_all(struct bench *b)
{
	struct model model;
	size_t run, i;

	for (run = 0; run < b->plan->runs; run++) {
		if (train_model(&b->cohort, &b->plan->run[run], NULL, &model, &b->failure))
			fail_msg("%s: %s", b->plan->run[run].name, b->failure.text);
		for (i = 0; i < net_params(&model.net); i++)
			assert_true(isfinite(model.theta[i]));
		assert_true(isfinite(model.loss));
		model_clear(&model);
	}
}

static void trains(const char *plan, const char *text, bool header)
{
	struct bench_text table = { .text = text, .len = strlen(text), .chunk = 7 };
	struct source source = bench_source(&table);
	struct bench b = { 0 };

	if (begin(&b, plan, &source, header))
		fail_msg("%s", b.failure.text);
	train_all(&b);
	end(&b);
}

static void refused(const char *plan, const char *text, const char *words)
{
	struct bench_text table = { .text = text, .len = strlen(text), .chunk = 7 };
	struct source source = bench_source(&table);
	struct bench b = { 0 };

	assert_int_equal(begin(&b, plan, &source, false), -1);
	assert_int_equal(b.failure.exit, EXIT_DAMAGED);
	if (!strstr(b.failure.text, words))
		fail_msg("'%s' lacks '%s'", b.failure.text, words);
	end(&b);
}

/* Marks, quotes, line ends and letters that programs put there. */
static void test_of_other_programs(void **state)
{
	(void)state;
	trains(classes, "\xef\xbb\xbf\"Gr\xc3\xb6\xc3\x9f" "e\",b,\"c\",ill\r\n"
	       "\"1\",2,\"3\",0\r\n2,\"?\",1,\"1\"\r\n3,5,1e-3,1\r\n-4,+6,.5,0\r\n5,1,2,1", true);
	refused(classes, "1,2,3,0\r\n\"4,5,6,1\r\n", "line 2: column 1 (Gr\xc3\xb6\xc3\x9f" "e)");
	refused(classes, "1,2,3,0\n4,5,x,1\n", "line 2: column 3 (c)");
	refused(classes, "1,2,3,0\n4,5,\xc3\xbc,1\n", "line 2: column 3 (c)");
	refused(classes, "1,2,3,0\n4,5,1\n", "line 2: 3 fields, 4 are expected");
	refused(classes, "1,2,3,0\n\n4,5,1,1\n", "line 2: is empty");
	refused(classes, "1,2,3,0\n4,5,6,1e999\n", "line 2: column 4 (ill)");
}

/* Columns that are constant, that depend on each other, that have no value at all. */
static void test_columns_that_tell_nothing(void **state)
{
	(void)state;
	trains(classes, "1,7,2,0\n2,7,4,1\n3,7,6,1\n4,7,8,0\n5,7,10,1\n", false);
	trains(classes, "0,0,0,0\n0,0,0,1\n0,0,0,1\n0,0,0,0\n", false);
	trains(classes, "1,?,2,0\n2,?,4,1\n3,?,6,1\n4,?,8,0\n5,?,10,1\n", false);
	trains(values, "1,7,2,5\n2,7,4,5\n3,7,6,5\n4,7,8,5\n", false);
	trains(classes, "1e300,1,2,0\n2e300,7,1e-300,1\n-1e300,7,6,1\n3,7,8,0\n", false);
	refused(complete, "1,?,2,0\n2,?,4,1\n", "no training rows");
}

/* Where rows have one class nothing can be told apart; where only those to train have, it can. */
static void test_one_class(void **state)
{
	(void)state;
	refused(classes, "1,2,3,1\n2,3,4,1\n3,4,5,1\n", "same label");
	refused(classes, "1,2,3,0\n2,3,4,0\n3,4,5,0\n", "column ill");
	trains(classes, "1,2,3,1\n2,3,5,1\n3,4,5,0\n4,1,5,1\n1,1,6,1\n3,7,5,0\n", false);
	trains(values, "1,2,3,1\n2,3,4,1\n3,4,5,1\n", false);
}

/* ---- a million rows ---------------------------------------------------------------- */

static void put_row(char *out, uint64_t row)
{
	char text[64];
	unsigned int b = (unsigned int)(random_mix(row) % 1000);
	unsigned int ill = (row % 100 + b / 10 + random_mix(~row) % 50) > 120;

	assert_int_equal(snprintf(text, sizeof(text), "%06u,%03u,1,%u\r\n", (unsigned int)row, b, ill),
			 ROW_LEN);
	memcpy(out, text, ROW_LEN);
}

static int open_million(void *arg, uint64_t chunk, uint8_t *out, size_t *len,
			struct failure *failure)
{
	uint64_t first = chunk * CHUNK / ROW_LEN, row;

	(void)arg;
	(void)failure;
	for (row = 0; row < CHUNK / ROW_LEN && first + row < MILLION; row++)
		put_row((char *)out + row * ROW_LEN, first + row);
	*len = row * ROW_LEN;
	return 0;
}

static void test_a_million_rows(void **state)
{
	const struct source source = {
		.chunks = ((uint64_t)MILLION * ROW_LEN + CHUNK - 1) / CHUNK, .chunk_bytes = CHUNK,
		.open = open_million,
	};
	struct bench b = { 0 };
	struct model model;

	(void)state;
	if (begin(&b, PLAN("\"above\":0", "mean", "{\"rule\":\"every\",\"every\":100}"), &source, false))
		fail_msg("%s", b.failure.text);
	assert_int_equal(b.site.rows, MILLION);
	assert_int_equal(b.cohort.train + b.cohort.test, MILLION);
	if (train_model(&b.cohort, &b.plan->run[0], NULL, &model, &b.failure))
		fail_msg("%s", b.failure.text);
	assert_true(model.converged && model.pooled.auc > 0.6);
	assert_true(b.bench.peak <= 1 << 20);
	model_clear(&model);
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_other_programs),
		cmocka_unit_test(test_columns_that_tell_nothing),
		cmocka_unit_test(test_one_class),
		cmocka_unit_test(test_a_million_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
