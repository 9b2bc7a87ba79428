// SPDX-License-Identifier: MIT
/* Tables cut into chunks at every place, and tables that are wrong. */
#include "worker_bench.h"

#include "../../userspace/worker/table.h"

static const char *const names[] = { "a", "b", "c" };

struct reading {
	struct bench_memory bench;
	struct memory memory;
	struct table table;
	struct failure failure;
	size_t rows;
	double row[64][3];
};

static void reading_begin(struct reading *r, bool header)
{
	struct memory_backend backend;

	memset(r, 0, sizeof(*r));
	backend = bench_backend(&r->bench);
	memory_init(&r->memory, &backend, 1 << 20);
	r->table = (struct table){
		.name = "t", .columns = 3, .names = names, .missing = "?",
		.delimiter = ',', .header = header,
	};
	assert_int_equal(table_init(&r->table, &r->memory, &r->failure), 0);
}

static void reading_end(struct reading *r)
{
	table_end(&r->table);
	memory_release(&r->memory, NULL);
	assert_int_equal(r->bench.live, 0);
}

/* Each piece lies in memory of its own, wiped once it is used up. */
static int feed(struct reading *r, const char *text, size_t len, bool last)
{
	uint8_t *piece = malloc(len ? len : 1);
	int got;

	assert_non_null(piece);
	memcpy(piece, text, len);
	table_feed(&r->table, piece, len, last);
	while ((got = table_next(&r->table, r->row[r->rows], &r->failure)) == 1) {
		r->rows++;
		assert_true(r->rows < 64);
	}
	memset(piece, '9', len);
	free(piece);
	return got;
}

static const char good[] =
	"1,2.5,?\r\n-3e2, 4 ,5\n?,?,?\n6.000000000000000000000001,7,8\n9,10,11";
static const double good_rows[5][3] = {
	{ 1, 2.5, NAN }, { -300, 4, 5 }, { NAN, NAN, NAN }, { 6, 7, 8 }, { 9, 10, 11 },
};

static void check_good(const struct reading *r)
{
	size_t i, j;

	assert_int_equal(r->failure.exit, EXIT_OK);
	assert_int_equal(r->rows, 5);
	for (i = 0; i < 5; i++) {
		for (j = 0; j < 3; j++)
			assert_true(isnan(good_rows[i][j]) ? isnan(r->row[i][j]) :
				    good_rows[i][j] == r->row[i][j]);
	}
}

static void test_every_cut(void **state)
{
	size_t len = strlen(good), a, b;
	struct reading r;

	(void)state;
	for (a = 0; a <= len; a++) {
		for (b = a; b <= len; b++) {
			reading_begin(&r, false);
			assert_int_equal(feed(&r, good, a, false), 0);
			assert_int_equal(feed(&r, good + a, b - a, false), 0);
			assert_int_equal(feed(&r, good + b, len - b, true), 0);
			check_good(&r);
			reading_end(&r);
		}
	}
}

static void test_byte_by_byte(void **state)
{
	static const char text[] = "a,b,c\n1,2.5,?\r\n-3e2, 4 ,5\n?,?,?\n"
				   "6.000000000000000000000001,7,8\n9,10,11\n";
	size_t i, len = strlen(text);
	struct reading r;

	(void)state;
	reading_begin(&r, true);
	for (i = 0; i < len; i++)
		assert_int_equal(feed(&r, text + i, 1, i + 1 == len), 0);
	check_good(&r);
	table_rewind(&r.table);
	r.rows = 0;
	assert_int_equal(feed(&r, text, len, true), 0);
	check_good(&r);
	reading_end(&r);
}

/* The message names the line, and the column where one is at fault. */
static void refused(const char *text, size_t len, bool header, const char *says)
{
	size_t cut;
	struct reading r;
	int got;

	for (cut = 0; cut <= len && cut < 200; cut++) {
		reading_begin(&r, header);
		got = feed(&r, text, cut, false);
		if (!got)
			got = feed(&r, text + cut, len - cut, true);
		assert_int_equal(got, -1);
		assert_int_equal(r.failure.exit, EXIT_DAMAGED);
		if (!strstr(r.failure.text, says))
			fail_msg("'%s' does not say '%s'", r.failure.text, says);
		reading_end(&r);
	}
}

static void test_bad_tables(void **state)
{
	static const struct { const char *text, *says; bool header; } cases[] = {
		{ "1,2\n", "t: line 1: 2 fields, 3 are expected", false },
		{ "1,2,3\n1,2,3,4\n", "t: line 2: 4 fields, 3 are expected", false },
		{ "1,2,3\n\n4,5,6\n", "t: line 2: is empty", false },
		{ "1,2,3\n\r\n4,5,6\n", "t: line 2: is empty", false },
		{ "1,2,3\n1,x,3\n", "t: line 2: column 2 (b): is neither", false },
		{ "1,,3\n", "t: line 1: column 2 (b): is neither", false },
		{ "1,2,1e999\n", "t: line 1: column 3 (c): is too large", false },
		{ "1,2,nan\n", "line 1: column 3 (c): is neither", false },
		{ "\"1,2,3\n", "line 1: column 1 (a): a quote that is not closed", false },
		{ "1,\"2\"x,3\n", "line 1: column 2 (b): a quote that is not closed in its line, or text behind", false },
		{ "1,\"2\n\",3\n", "line 1: column 2 (b): a quote that is not closed", false },
		{ "1,2,\"x\"\n", "line 1: column 3 (c): is neither", false },
		{ "1;2;3\n", "line 1: column 1 (a): is neither", false },
		{ "a,b\n1,2,3\n", "line 1: does not name the columns", true },
		{ "a,b,d\n1,2,3\n", "line 1: column 3 (c): is not what the header calls it", true },
		{ "a,b,c,d\n1,2,3\n", "line 1: does not name the columns", true },
		{ "1,2,3\n", "line 1: column 1 (a): is not what the header calls it", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refused(cases[i].text, strlen(cases[i].text), cases[i].header,
			cases[i].says);
	refused("1,2,3\n1,\0,3\n", 12, false, "line 2: column 2 (b): is neither");
}

/* A secret never gets into a message. */
static void test_no_value_in_message(void **state)
{
	struct reading r;

	(void)state;
	reading_begin(&r, false);
	assert_int_equal(feed(&r, "1,2,hunter2\n", 12, true), -1);
	assert_null(strstr(r.failure.text, "hunter2"));
	reading_end(&r);
}

static void test_long_lines(void **state)
{
	size_t len = TABLE_LINE_MAX;
	char *text = malloc(len + 2);
	struct reading r;
	size_t at;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', len + 2);
	memcpy(text, "1,2,3", 5);
	text[len] = '\n';
	reading_begin(&r, false);
	for (at = 0; at < len; at += 4096)
		assert_int_equal(feed(&r, text + at, 4096, false), 0);
	assert_int_equal(feed(&r, text + len, 1, true), 0);
	assert_int_equal(r.rows, 1);
	reading_end(&r);

	text[len] = ' ';
	text[len + 1] = '\n';
	reading_begin(&r, false);
	assert_int_equal(feed(&r, text, len + 2, true), -1);
	assert_non_null(strstr(r.failure.text, "line 1: longer than 65536"));
	reading_end(&r);
	free(text);
}

static void test_no_room(void **state)
{
	struct reading r;
	char line[9000];

	(void)state;
	memset(line, ' ', sizeof(line));
	reading_begin(&r, false);
	r.memory.budget = r.memory.live + MEMORY_PAGE;
	assert_int_equal(feed(&r, line, sizeof(line), false), -1);
	assert_int_equal(r.failure.exit, EXIT_DEVICE);
	assert_non_null(strstr(r.failure.text, "--budget"));
	reading_end(&r);
}

/* ---- tables as other programs write them ------------------------------------------- */

static void test_quotes_mark_and_cr(void **state)
{
	static const char text[] = "\xef\xbb\xbf\"a\",\"b\" ,c\r\n\"1\", \"2.5\" ,\"?\"\r\n"
				   "\"-3e2\",4,5\r\n";
	size_t i, len = strlen(text);
	struct reading r;

	(void)state;
	reading_begin(&r, true);
	for (i = 0; i < len; i++)
		assert_int_equal(feed(&r, text + i, 1, i + 1 == len), 0);
	assert_int_equal(r.rows, 2);
	assert_true(r.row[0][0] == 1 && r.row[0][1] == 2.5 && isnan(r.row[0][2]));
	assert_true(r.row[1][0] == -300 && r.row[1][2] == 5);
	reading_end(&r);
}

static void read_with(struct reading *r, const struct field_use *use, const char *text)
{
	reading_begin(r, false);
	r->table.use = use;
	if (feed(r, text, strlen(text), true))
		fail_msg("%s", r->failure.text);
}

static void test_words_names_and_what_is_skipped(void **state)
{
	static const char *const words[] = { "no", "say \"yes\", or" };
	static const struct field_use use[] = {
		{ FIELD_WORD, words, 2 }, { .kind = FIELD_SKIP }, { .kind = FIELD_NAME },
	};
	struct reading r;

	(void)state;
	read_with(&r, use, "no,\xc3\xa4rger,p1\n\"say \"\"yes\"\", or\",\"1,2\",\"p1\"\n?,,p2\nnot,3,p2\n");
	assert_int_equal(r.rows, 4);
	assert_true(r.row[0][0] == 0 && r.row[1][0] == 1 && isnan(r.row[2][0]));
	assert_true(r.row[3][0] == FIELD_OTHER);
	assert_true(r.row[0][1] == 0 && r.row[1][1] == 0);
	assert_true(r.row[0][2] == r.row[1][2] && r.row[2][2] == r.row[3][2]);
	assert_true(r.row[0][2] != r.row[2][2]);
	reading_end(&r);
}

static void test_moments(void **state)
{
	static const struct field_use use[] = {
		{ .kind = FIELD_TIME }, { .kind = FIELD_TIME }, { .kind = FIELD_TIME },
	};
	static const char *const bad[] = {
		"2012-13-01,1,1\n", "2011-02-29,1,1\n", "2012-02-29 24:00,1,1\n",
		"2012-02-29X10:00,1,1\n", "2012-02-29 10:00:,1,1\n", "2012-2-29,1,1\n",
		"2012-02-29 10:00:00+01:00,1,1\n",
	};
	struct reading r;
	size_t i;

	(void)state;
	read_with(&r, use, "1970-01-01,1970-01-01 00:05,1969-12-31T23:59:59Z\n"
			   "2012-02-29 23:00:01,300,2000-03-01\n");
	assert_true(r.row[0][0] == 0 && r.row[0][1] == 300 && r.row[0][2] == -1);
	assert_true(r.row[1][0] == 1330556401 && r.row[1][1] == 300 && r.row[1][2] == 951868800);
	reading_end(&r);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		reading_begin(&r, false);
		r.table.use = use;
		assert_int_equal(feed(&r, bad[i], strlen(bad[i]), true), -1);
		assert_non_null(strstr(r.failure.text, "line 1: column 1 (a): is neither a moment"));
		reading_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_bad_tables),
		cmocka_unit_test(test_quotes_mark_and_cr),
		cmocka_unit_test(test_words_names_and_what_is_skipped),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_no_value_in_message),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
