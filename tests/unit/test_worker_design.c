// SPDX-License-Identifier: MIT
/* A row of features from a table's values, with and without a label. */
#include "worker_bench.h"

#include "../../userspace/worker/design.h"

static const char plan_text[] =
	"{\"ward-plan\":1,\"name\":\"words\",\"features\":["
	"{\"column\":\"sex\",\"levels\":[\"f\",\"m\"]},{\"column\":\"age\"},"
	"{\"column\":\"kind\",\"levels\":[2,3]}],"
	"\"label\":{\"column\":\"ill\",\"above\":0},\"missing\":\"drop\","
	"\"split\":{\"rule\":\"every\",\"every\":1000},"
	"\"runs\":[{\"name\":\"m\",\"method\":\"newton\"}]}";

#define FEATURES 5

static const char *const labelled[] = { "kind", "ill", "age", "sex" };
static const char *const bare[] = { "sex", "kind", "age" };

static int begin(struct design *design, struct plan *plan, const char *const *names,
		 size_t columns, bool unlabelled, struct failure *failure)
{
	*failure = (struct failure){ 0 };
	*design = (struct design){
		.name = "t", .names = names, .columns = columns, .unlabelled = unlabelled,
	};
	return design_init(design, plan, NULL, failure);
}

static void test_labelled(void **state)
{
	static const double want[FEATURES + 1] = { 0, 1, 41, 0, 1, 1 };
	struct plan *plan = bench_plan(plan_text);
	double x[FEATURES + 1];
	struct failure failure;
	struct design design;

	(void)state;
	assert_int_equal(begin(&design, plan, labelled, 4, false, &failure), 0);
	assert_int_equal(design_use(&design)[3].kind, FIELD_WORD);
	assert_int_equal(design_use(&design)[3].count, 2);
	assert_int_equal(design_row(&design, (double[]){ 3, 2, 41, 1 }, x), 1);
	assert_memory_equal(x, want, sizeof(x));
	assert_int_equal(design_row(&design, (double[]){ 3, NAN, 41, 1 }, x), 0);
	assert_int_equal(design_row(&design, (double[]){ 3, 2, NAN, 1 }, x), 0);
	design_end(&design);
	assert_int_equal(begin(&design, plan, bare, 3, false, &failure), -1);
	assert_non_null(strstr(failure.text, "no column ill"));
	design_end(&design);
	plan_free(plan);
}

/* The row that is served is the one that was trained with, to the bit. */
static void test_unlabelled(void **state)
{
	static const double want[FEATURES] = { 1, 0, 62.5, 1, 0 };
	struct plan *plan = bench_plan(plan_text);
	struct failure failure;
	struct design design;
	double x[FEATURES + 1] = { [FEATURES] = -7 };

	(void)state;
	assert_int_equal(begin(&design, plan, bare, 3, true, &failure), 0);
	assert_int_equal(design_row(&design, (double[]){ 0, 2, 62.5 }, x), 1);
	assert_memory_equal(x, want, sizeof(want));
	assert_true(x[FEATURES] == -7);
	assert_int_equal(design_row(&design, (double[]){ 0, NAN, 62.5 }, x), 0);
	design_end(&design);
	/* a label that is there all the same is not looked at */
	assert_int_equal(begin(&design, plan, labelled, 4, true, &failure), 0);
	assert_int_equal(design_use(&design)[1].kind, FIELD_SKIP);
	assert_int_equal(design_row(&design, (double[]){ 2, NAN, 62.5, 0 }, x), 1);
	assert_memory_equal(x, want, sizeof(want));
	design_end(&design);
	assert_int_equal(begin(&design, plan, bare, 2, true, &failure), -1);
	assert_non_null(strstr(failure.text, "no column age"));
	design_end(&design);
	plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labelled),
		cmocka_unit_test(test_unlabelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
