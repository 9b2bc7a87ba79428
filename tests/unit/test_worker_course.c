// SPDX-License-Identifier: MIT
/* Rows that follow each other: where courses end, which windows count, and a real one. */
#include "worker_bench.h"

#include "support.h"

#include "../../userspace/worker/train.h"

#define PAST	3
#define AHEAD	2
#define WIDTH	(PAST + AHEAD)

static const char *const names[] = { "who", "at", "note", "gl" };

static const char plan_text[] =
	"{\"ward-plan\":1,\"name\":\"course\",\"course\":{\"by\":\"who\",\"time\":\"at\",\"step\":300,"
	"\"column\":\"gl\",\"past\":3,\"ahead\":2},\"standardise\":\"none\","
	"\"split\":{\"rule\":\"tail\",\"head\":0.5,\"tail\":0.5},"
	"\"runs\":[{\"name\":\"linear\",\"method\":\"newton\"}]}";

/* ---- one site ------------------------------------------------------------------ */

struct reading {
	struct bench_memory bench;
	struct memory memory;
	struct ring ring;
	struct bench_text text;
	struct plan *plan;
	struct site site;
	struct cohort cohort;
	struct failure failure;
};

/* @kept: how many rows, to be kept as numbers; 0 = none are */
static int read_kept(struct reading *r, const char *plan, const char *text, size_t len,
		     size_t chunk, size_t columns, const char *const *column, uint64_t kept)
{
	struct memory_backend backend;

	memset(r, 0, sizeof(*r));
	backend = bench_backend(&r->bench);
	memory_init(&r->memory, &backend, 8 << 20);
	r->plan = bench_plan(plan);
	r->text = (struct bench_text){ .text = text, .len = len, .chunk = chunk };
	assert_int_equal(ring_init(&r->ring, &r->memory, chunk, 4, 1, &r->failure), 0);
	r->site = (struct site){
		.name = "ward3", .source = bench_source(&r->text), .expected = kept,
		.table = { .name = "ward3", .columns = columns, .names = column,
			   .missing = "?", .delimiter = ',', .header = columns == 3 },
	};
	r->cohort = (struct cohort){ .plan = r->plan, .memory = &r->memory, .ring = &r->ring,
				     .sites = 1, .site = &r->site };
	if (site_init(&r->site, r->plan, &r->ring, &r->memory, &r->failure))
		return -1;
	if (kept)
		assert_true(site_keep(&r->site, 8 << 20) > 0);
	return cohort_survey(&r->cohort, &r->failure);
}

static int read_site(struct reading *r, const char *plan, const char *text, size_t len,
		     size_t chunk, size_t columns, const char *const *column)
{
	return read_kept(r, plan, text, len, chunk, columns, column, 0);
}

static void reading_end(struct reading *r)
{
	site_end(&r->site);
	ring_end(&r->ring);
	memory_release(&r->memory, NULL);
	assert_int_equal(r->bench.live, 0);
	plan_free(r->plan);
}

/* ---- windows ---------------------------------------------------------------------- */

struct windows {
	size_t count;
	double x[64][WIDTH];
};

static void keep(void *arg, const double *x, const double *y)
{
	struct windows *w = arg;

	assert_true(w->count < 64);
	memcpy(w->x[w->count], x, PAST * sizeof(*x));
	memcpy(w->x[w->count++] + PAST, y, AHEAD * sizeof(*y));
}

/* Courses of 10, 11 (of another), 5 behind a gap and 6 behind a missing value. */
static char *make_table(size_t *len)
{
	char *text = malloc(8192), *at = text;
	int i;

	assert_non_null(text);
	for (i = 0; i < 10; i++)
		at += sprintf(at, "p1,%d,\"a, \"\"b\"\"\",%d\n", 300 * i, 100 + i);
	for (i = 10; i < 21; i++)
		at += sprintf(at, "\"p2\",%d,,%d\n", 300 * i, 200 + i);
	for (i = 30; i < 35; i++)
		at += sprintf(at, "p2,%d,x,%d\n", 300 * i, 300 + i);
	at += sprintf(at, "p2,%d,x,?\n", 300 * 35);
	for (i = 36; i < 42; i++)
		at += sprintf(at, "p2,%d,x,%d\n", 300 * i, 400 + i);
	*len = (size_t)(at - text);
	return text;
}

/* Windows of a course of @length rows whose first value is @first, by the definition. */
static void add_windows(struct windows *w, double first, int length, bool test)
{
	int from = test ? length - length / 2 : 0, to = test ? length : length / 2, i, j;

	if (test)
		from = (int)(0.5 * length);
	for (i = from; i + WIDTH <= to; i++, w->count++) {
		for (j = 0; j < WIDTH; j++)
			w->x[w->count][j] = first + i + j;
	}
}

static void expect_windows(struct windows *w, bool test)
{
	w->count = 0;
	add_windows(w, 100, 10, test);
	add_windows(w, 210, 11, test);
	add_windows(w, 330, 5, test);
	add_windows(w, 436, 6, test);
}

static void check_windows(uint64_t kept)
{
	static struct windows got, want;
	struct reading r;
	size_t len, chunk;
	char *text = make_table(&len);
	int part;

	for (chunk = 1; chunk < 200; chunk += 13) {
		if (read_kept(&r, plan_text, text, len, chunk, 4, names, kept))
			fail_msg("%s", r.failure.text);
		for (part = COHORT_TRAIN; part <= COHORT_TEST; part++) {
			got.count = 0;
			assert_int_equal(cohort_walk(&r.cohort, 0, part, keep, &got, &r.failure), 0);
			expect_windows(&want, part == COHORT_TEST);
			assert_true(want.count > 0);
			assert_int_equal(got.count, want.count);
			assert_memory_equal(got.x, want.x, want.count * sizeof(want.x[0]));
		}
		assert_int_equal(r.site.rows, 33);
		assert_int_equal(r.site.train + r.site.test + r.site.dropped, 33);
		reading_end(&r);
	}
	free(text);
}

static void test_windows(void **state)
{
	(void)state;
	check_windows(0);
	check_windows(33);
}

/* A straight line goes on as a straight line. */
static void test_line_is_learnt(void **state)
{
	struct reading r;
	struct model model;
	char *text = malloc(20000), *at = text;
	int i;

	(void)state;
	assert_non_null(text);
	for (i = 0; i < 200; i++)
		at += sprintf(at, "p,%d,x,%d\n", 300 * i, 3 * i + 10);
	for (i = 0; i < 200; i++)
		at += sprintf(at, "q,%d,x,%d\n", 300 * i, 500 - 2 * i);
	if (read_site(&r, plan_text, text, (size_t)(at - text), 4096, 4, names) ||
	    train_model(&r.cohort, &r.plan->run[0], NULL, &model, &r.failure))
		fail_msg("%s", r.failure.text);
	assert_int_equal(model.net.outputs, AHEAD);
	assert_true(model.pooled.mae < 1e-4 && model.pooled.r2 > 0.999999);
	model_clear(&model);
	reading_end(&r);
	free(text);
}

static void test_refused(void **state)
{
	static const char *const other[] = { "who", "when", "note", "gl" };
	struct reading r;

	(void)state;
	assert_int_equal(read_site(&r, plan_text, "p,0,x,1\n", 8, 64, 4, other), -1);
	assert_non_null(strstr(r.failure.text, "no column at"));
	reading_end(&r);
	assert_int_equal(read_site(&r, plan_text, "p,0,x,1\n", 8, 64, 4, names), -1);
	assert_non_null(strstr(r.failure.text, "no training rows"));
	reading_end(&r);
	assert_int_equal(read_site(&r, plan_text, "p,soon,x,1\n", 11, 64, 4, names), -1);
	assert_non_null(strstr(r.failure.text, "line 1: column 2 (at): is neither a moment"));
	reading_end(&r);
}

/* ---- the shipped plan on 208 patients ------------------------------------------------ */

static char *slurp_glucose(size_t *len)
{
	const char *roots[] = { getenv("WARD_DATASETS"), "../shared/datasets",
				"../../shared/datasets" };
	char path[512], *text;
	FILE *file = NULL;
	size_t i;

	for (i = 0; !file && i < 3; i++) {
		snprintf(path, sizeof(path), "%s/cgm/colas2019.csv", roots[i] ? roots[i] : ".");
		file = fopen(path, "r");
	}
	if (!file)
		return NULL;
	text = malloc(4 << 20);
	assert_non_null(text);
	*len = fread(text, 1, 4 << 20, file);
	fclose(file);
	return text;
}

static void test_glucose(void **state)
{
	static const char *const columns[] = { "id", "time", "gl" };
	struct failure failure = { 0 };
	struct plan *plan = NULL;
	char *shipped = calloc(1, 4096), *text;
	FILE *file = fopen("userspace/worker/plans/glucose.json", "r");
	struct reading r;
	struct model model;
	size_t len = 0;

	(void)state;
	assert_non_null(shipped);
	assert_non_null(file);
	assert_true(fread(shipped, 1, 4095, file) > 0);
	fclose(file);
	assert_int_equal(plan_parse(shipped, strlen(shipped), &plan, &failure), 0);
	plan_free(plan);
	text = slurp_glucose(&len);
	if (!text) {
		free(shipped);
		ut_skip(UT_NO_DATASETS);
	}
	if (read_site(&r, shipped, text, len, 65536, 3, columns) ||
	    train_model(&r.cohort, &r.plan->run[0], NULL, &model, &r.failure))
		fail_msg("%s", r.failure.text);
	print_message("%llu windows to train, %llu to test; median squared error %.3f, absolute %.3f\n",
		      (unsigned long long)r.cohort.train, (unsigned long long)r.cohort.test,
		      model.pooled.median_se, model.pooled.median_ae);
	assert_int_equal(r.site.rows, 114253);
	assert_true(model.converged);
	assert_true(model.pooled.median_se <= 27.3);
	assert_true(model.pooled.median_ae <= 4.37);
	model_clear(&model);
	reading_end(&r);
	free(text);
	free(shipped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_line_is_learnt),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_glucose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
