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

/* ---- rows that are kept ------------------------------------------------------------- */

struct keeping {
	struct bench_memory bench;
	struct memory memory;
	struct bench_text text;
	struct plan *plan;
	struct site site;
	struct ring ring;
};

static size_t begin_keeping(struct keeping *k, uint64_t expected, size_t most, size_t budget)
{
	struct memory_backend backend;
	struct failure failure = { 0 };

	memset(k, 0, sizeof(*k));
	backend = bench_backend(&k->bench);
	memory_init(&k->memory, &backend, budget);
	k->plan = bench_plan(plan_text);
	k->text = (struct bench_text){ .text = table_text, .len = strlen(table_text), .chunk = 40 };
	assert_int_equal(ring_init(&k->ring, &k->memory, 40, 1, 1, &failure), 0);
	k->site = (struct site){
		.name = "north", .source = bench_source(&k->text), .expected = expected,
		.table = { .name = "north", .columns = 5, .names = columns, .missing = "?",
			   .delimiter = ',', .header = true },
	};
	if (site_init(&k->site, k->plan, &k->ring, &k->memory, &failure))
		fail_msg("%s", failure.text);
	return site_keep(&k->site, most);
}

static void survey(struct keeping *k)
{
	struct failure failure = { 0 };
	double x[FEATURES + 1];

	if (site_survey(&k->site, x, &failure))
		fail_msg("%s", failure.text);
	assert_int_equal(k->site.rows, ROWS);
	assert_int_equal(k->site.train, ROWS - 1);
	assert_int_equal(k->site.dropped, 1);
	assert_true(k->site.stats.mean[1] == 55);
}

static void end_keeping(struct keeping *k)
{
	site_end(&k->site);
	ring_end(&k->ring);
	memory_release(&k->memory, NULL);
	plan_free(k->plan);
	assert_int_equal(k->bench.live, 0);
}

static void test_kept_rows(void **state)
{
	struct keeping k;
	uint64_t opened;

	(void)state;
	assert_true(begin_keeping(&k, ROWS, 1 << 20, 1 << 20) > 0);
	survey(&k);
	opened = k.text.opened;
	survey(&k);
	site_rewind(&k.site);
	check_rows(&k.site);
	assert_int_equal(k.text.opened, opened);	/* of the text nothing was read again */
	assert_true(site_unkeep(&k.site) > 0);
	assert_int_equal(site_unkeep(&k.site), 0);
	survey(&k);
	site_rewind(&k.site);
	check_rows(&k.site);
	assert_true(k.text.opened > opened);
	end_keeping(&k);
}

/* In the midst of a pass: it goes on with the next row, and no other. */
static void test_given_back_at_any_row(void **state)
{
	struct failure failure = { 0 };
	double x[FEATURES + 1];
	struct site_row row = { .x = x };
	size_t at, r;

	(void)state;
	for (at = 0; at < ROWS; at++) {
		struct keeping k;

		begin_keeping(&k, ROWS, 1 << 20, 1 << 20);
		survey(&k);
		site_rewind(&k.site);
		for (r = 0; r < ROWS - 1; r++) {
			if (r == at)
				assert_true(site_unkeep(&k.site) > 0);
			assert_int_equal(site_next(&k.site, &row, &failure), 1);
			assert_true(isnan(want[r][1]) ? isnan(x[1]) : x[1] == want[r][1]);
		}
		if (r == at)
			assert_true(site_unkeep(&k.site) > 0);
		assert_int_equal(site_next(&k.site, &row, &failure), 0);
		end_keeping(&k);
	}
}

/* Too many, unknown how many, more than was promised, no room: then they are read. */
static void test_not_kept(void **state)
{
	struct failure failure = { 0 };
	double x[FEATURES + 1];
	struct keeping k;

	(void)state;
	assert_int_equal(begin_keeping(&k, 0, 1 << 20, 1 << 20), 0);
	survey(&k);
	end_keeping(&k);
	assert_int_equal(begin_keeping(&k, UINT64_MAX, SIZE_MAX - 1, 1 << 20), 0);
	assert_int_equal(site_keep(&k.site, 100), 0);
	end_keeping(&k);
	begin_keeping(&k, 3, 1 << 20, 1 << 20);
	assert_int_equal(site_survey(&k.site, x, &failure), -1);
	assert_non_null(strstr(failure.text, "6 rows, its header promises 3"));
	assert_false(k.site.kept.whole);
	end_keeping(&k);
	begin_keeping(&k, ROWS, 1 << 20, 1 << 20);
	k.site.kept.room = 1 << 20;
	survey(&k);
	assert_false(k.site.kept.whole);
	end_keeping(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_kept_rows),
		cmocka_unit_test(test_given_back_at_any_row),
		cmocka_unit_test(test_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
