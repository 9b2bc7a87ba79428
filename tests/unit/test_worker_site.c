// SPDX-License-Identifier: MIT
/* Columns as a plan names them: words, labels as words, and what nobody asked for. */
#include "worker_bench.h"

#define FEATURES	4
#define ROWS		6

static const char *const columns[] = { "name", "sex", "age", "kind", "ill" };

static const char plan_text[] =
	"{\"ward-plan\":1,\"name\":\"words\",\"features\":["
	"{\"column\":\"sex\",\"levels\":[\"f\"]},{\"column\":\"age\"},"
	"{\"column\":\"kind\",\"levels\":[\"a, b\",\"c\"]}],"
	"\"label\":{\"column\":\"ill\",\"equals\":\"yes\"},\"missing\":\"mean\","
	"\"standardise\":\"none\",\"split\":{\"rule\":\"every\",\"every\":1000},"
	"\"runs\":[{\"name\":\"m\",\"method\":\"newton\"}]}";

static const char table_text[] =
	"\xef\xbb\xbf" "name,sex,\"age\",kind,ill\r\n"
	"\"M\xc3\xbcller, A.\",f,40,\"a, b\",yes\r\n"
	"1e999,m,50,c,no\r\n"
	",f,?,d,yes\r\n"
	"x,?,60,\"c\",\"yes\"\r\n"
	"y,m,70,?,maybe\r\n"
	"z,m,80,c,?\r\n";

/* Of rows that count: the last has no label. */
static const double want[ROWS - 1][FEATURES + 1] = {
	{ 1, 40, 1, 0, 1 }, { 0, 50, 0, 1, 0 }, { 1, NAN, 0, 0, 1 }, { NAN, 60, 0, 1, 1 },
	{ 0, 70, NAN, NAN, 0 },
};

static void check_rows(struct site *site)
{
	struct failure failure = { 0 };
	double x[FEATURES + 1];
	struct site_row row = { .x = x };
	size_t r, i;

	for (r = 0; r < ROWS - 1; r++) {
		if (site_next(site, &row, &failure) != 1)
			fail_msg("row %zu: %s", r, failure.text);
		for (i = 0; i <= FEATURES; i++)
			assert_true(isnan(want[r][i]) ? isnan(x[i]) : x[i] == want[r][i]);
	}
	assert_int_equal(site_next(site, &row, &failure), 0);
}

static void test_words(void **state)
{
	struct bench_memory bench = { 0 };
	struct memory_backend backend = bench_backend(&bench);
	struct bench_text text = { .text = table_text, .len = strlen(table_text) };
	struct plan *plan = bench_plan(plan_text);
	struct failure failure = { 0 };
	struct memory memory;
	struct site site;
	struct ring ring;

	(void)state;
	assert_int_equal(plan->features, FEATURES);
	assert_int_equal(site_row_width(plan), FEATURES + 1);
	for (text.chunk = 1; text.chunk < text.len; text.chunk += 7) {
		memory_init(&memory, &backend, 1 << 20);
		assert_int_equal(ring_init(&ring, &memory, text.chunk, 4, 1, &failure), 0);
		site = (struct site){
			.name = "north", .source = bench_source(&text),
			.table = { .name = "north", .columns = 5, .names = columns,
				   .missing = "?", .delimiter = ',', .header = true },
		};
		if (site_init(&site, plan, &ring, &memory, &failure))
			fail_msg("%s", failure.text);
		check_rows(&site);
		site_rewind(&site);
		check_rows(&site);
		site_end(&site);
		ring_end(&ring);
		memory_release(&memory, NULL);
	}
	plan_free(plan);
	assert_int_equal(bench.live, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
