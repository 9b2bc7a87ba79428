// SPDX-License-Identifier: MIT
/* Plans: what is taken in, what is refused, and the shipped ones on real tables. */
#include "support.h"
#include "worker_bench.h"

#include "../../userspace/worker/train.h"

#define HEAD "{\"ward-plan\":1,\"name\":\"n\","
#define FEATURES "\"features\":[{\"column\":\"a\"}],"
#define LABEL "\"label\":{\"column\":\"y\",\"above\":0},"
#define SPLIT "\"split\":{\"rule\":\"every\",\"every\":5},"
#define COURSE "\"course\":{\"column\":\"a\",\"past\":2,\"ahead\":1},"
#define TAIL "\"split\":{\"rule\":\"tail\",\"head\":0.7,\"tail\":0.2},"
#define RUNS "\"runs\":[{\"name\":\"m\",\"method\":\"newton\"}]}"

static void test_split_rules(void **state)
{
	struct plan *plan;
	size_t test = 0, i;

	(void)state;
	plan = bench_plan(HEAD FEATURES LABEL SPLIT RUNS);
	for (i = 0; i < 100; i++)
		assert_int_equal(plan_is_test(plan, "x", i, 0), i % 5 == 4);
	assert_true(plan_names_site(plan, "x"));
	plan_free(plan);

	plan = bench_plan(HEAD FEATURES LABEL
			  "\"split\":{\"rule\":\"rows\",\"test\":{\"x\":[0,[3,5],9],\"y\":[]}}," RUNS);
	for (i = 0; i < 20; i++)
		assert_int_equal(plan_is_test(plan, "x", i, 0),
				 i == 0 || (i >= 3 && i <= 5) || i == 9);
	assert_false(plan_is_test(plan, "y", 0, 0));
	assert_true(plan_names_site(plan, "y"));
	assert_false(plan_names_site(plan, "z"));
	plan_free(plan);

	plan = bench_plan(HEAD FEATURES LABEL
			  "\"split\":{\"rule\":\"hash\",\"seed\":1,\"fraction\":0.25}," RUNS);
	for (i = 0; i < 10000; i++)
		test += plan_is_test(plan, "x", i, 0);
	assert_true(test > 2300 && test < 2700);
	plan_free(plan);
}

static void test_refused(void **state)
{
	static const struct { const char *text, *says; } cases[] = {
		{ "", "line 1" },
		{ "[]", "must be an object" },
		{ "{}", "ward-plan: is missing" },
		{ "{\"ward-plan\":2,\"name\":\"n\"," FEATURES LABEL SPLIT RUNS, "must be 1" },
		{ HEAD FEATURES LABEL SPLIT "\"x\":1," RUNS, "x: is not known" },
		{ HEAD FEATURES FEATURES LABEL SPLIT RUNS, "duplicate" },
		{ HEAD LABEL SPLIT RUNS, "features: is missing" },
		{ HEAD "\"features\":[]," LABEL SPLIT RUNS, "at least one" },
		{ HEAD "\"features\":[{\"column\":\"a\"},{\"column\":\"a\"}]," LABEL SPLIT RUNS,
		  "used twice" },
		{ HEAD "\"features\":[{\"column\":\"a\",\"levels\":[1,\"2\"]}]," LABEL SPLIT RUNS,
		  "array of numbers" },
		{ HEAD "\"features\":[{\"column\":\"a\",\"levels\":[1,1]}]," LABEL SPLIT RUNS,
		  "used twice" },
		{ HEAD "\"features\":[{\"columm\":\"a\"}]," LABEL SPLIT RUNS, "columm: is not known" },
		{ HEAD FEATURES "\"label\":{\"column\":\"y\"}," SPLIT RUNS,
		  "above, equals and value" },
		{ HEAD FEATURES "\"label\":{\"above\":0,\"equals\":1}," SPLIT RUNS,
		  "above, equals and value" },
		{ HEAD FEATURES "\"label\":{\"value\":true,\"above\":1}," SPLIT RUNS,
		  "above, equals and value" },
		{ HEAD FEATURES "\"label\":{\"value\":1}," SPLIT RUNS, "label.value: must be true" },
		{ HEAD FEATURES LABEL "\"reattest_rounds\":0," SPLIT RUNS,
		  "reattest_rounds: is not a whole number, or out of range" },
		{ HEAD FEATURES LABEL "\"missing\":\"zero\"," SPLIT RUNS, "none of the words" },
		{ HEAD FEATURES LABEL "\"split\":{\"rule\":\"every\"}," RUNS, "rule rows takes" },
		{ HEAD FEATURES LABEL "\"split\":{\"rule\":\"every\",\"every\":1}," RUNS,
		  "split.every: is not a whole number, or out of range" },
		{ HEAD FEATURES LABEL "\"split\":{\"rule\":\"hash\",\"every\":3}," RUNS,
		  "rule rows takes" },
		{ HEAD FEATURES LABEL "\"split\":{\"rule\":\"rows\",\"test\":{\"x\":[3,2]}}," RUNS,
		  "ascending" },
		{ HEAD FEATURES LABEL "\"split\":{\"rule\":\"rows\",\"test\":{\"x\":[[3,2]]}}," RUNS,
		  "ascending" },
		{ HEAD FEATURES LABEL "\"split\":{\"rule\":\"rows\",\"test\":{\"x\":[-1]}}," RUNS,
		  "ascending" },
		{ HEAD "\"features\":[{\"column\":\"a\",\"levels\":[\"x\",1]}]," LABEL SPLIT RUNS,
		  "array of numbers or of texts" },
		{ HEAD "\"features\":[{\"column\":\"a\",\"levels\":[\"x\",\"x\"]}]," LABEL SPLIT RUNS,
		  "used twice" },
		{ HEAD "\"features\":[{\"column\":\"a\",\"levels\":[\"x\"]},{\"column\":\"b\"},"
		  "{\"column\":\"a\",\"levels\":[\"y\"]}]," LABEL SPLIT RUNS, "stand in one list" },
		{ HEAD COURSE FEATURES LABEL TAIL RUNS, "in place of features and label" },
		{ HEAD COURSE SPLIT RUNS, "split.rule: is tail where" },
		{ HEAD FEATURES LABEL TAIL RUNS, "split.rule: is tail where" },
		{ HEAD COURSE "\"split\":{\"rule\":\"tail\",\"head\":0.7}," RUNS, "tail head and tail" },
		{ HEAD COURSE "\"split\":{\"rule\":\"tail\",\"head\":0.7,\"tail\":0.4}," RUNS,
		  "more than the whole" },
		{ HEAD "\"course\":{\"column\":\"a\",\"past\":2}," TAIL RUNS, "ahead: is missing" },
		{ HEAD "\"course\":{\"column\":\"a\",\"past\":2,\"ahead\":65}," TAIL RUNS,
		  "course.ahead" },
		{ HEAD "\"course\":{\"column\":\"a\",\"past\":2,\"ahead\":1,\"time\":\"t\"}," TAIL RUNS,
		  "time and step go together" },
		{ HEAD FEATURES LABEL SPLIT "\"runs\":[]}", "1 to 8 runs" },
		{ HEAD FEATURES LABEL SPLIT "\"runs\":[{\"name\":\"m\"}]}", "method: is missing" },
		{ HEAD FEATURES LABEL SPLIT "\"runs\":[{\"name\":\"../m\",\"method\":\"sgd\"}]}",
		  "may hold" },
		{ HEAD FEATURES LABEL SPLIT
		  "\"runs\":[{\"name\":\"m\",\"method\":\"sgd\",\"momentum\":1}]}", "runs.momentum" },
		{ HEAD FEATURES LABEL SPLIT
		  "\"runs\":[{\"name\":\"m\",\"method\":\"sgd\",\"batch\":1.5}]}", "runs.batch" },
		{ HEAD FEATURES LABEL SPLIT
		  "\"runs\":[{\"name\":\"m\",\"method\":\"newton\",\"hidden\":[4]}]}",
		  "newton takes no hidden layers" },
		{ HEAD FEATURES LABEL SPLIT
		  "\"runs\":[{\"name\":\"m\",\"method\":\"adam\",\"hidden\":[1,1,1,1,1]}]}",
		  "at most 4 widths" },
		{ HEAD FEATURES LABEL SPLIT
		  "\"runs\":[{\"name\":\"m\",\"method\":\"adam\",\"hidden\":[4,0]}]}",
		  "from 1 to 1024" },
		{ HEAD FEATURES LABEL SPLIT
		  "\"runs\":[{\"name\":\"m\",\"method\":\"adam\",\"activation\":\"step\"}]}",
		  "runs.activation" },
		{ HEAD FEATURES LABEL SPLIT
		  "\"runs\":[{\"name\":\"m\",\"method\":\"sgd\"},{\"name\":\"m\",\"method\":\"sgd\"}]}",
		  "stands twice" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct failure failure = { 0 };
		struct plan *plan = NULL;

		assert_int_equal(plan_parse(cases[i].text, strlen(cases[i].text), &plan,
					    &failure), -1);
		assert_null(plan);
		assert_int_equal(failure.exit, EXIT_DAMAGED);
		if (!strstr(failure.text, cases[i].says))
			fail_msg("case %zu: '%s' does not say '%s'", i, failure.text,
				 cases[i].says);
	}
}

/* A plan cut anywhere is refused, never half taken. */
static void test_cut(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < strlen(bench_plan_text); i++) {
		struct failure failure = { 0 };
		struct plan *plan = NULL;

		assert_int_equal(plan_parse(bench_plan_text, i, &plan, &failure), -1);
		assert_int_equal(failure.exit, EXIT_DAMAGED);
	}
}

/* ---- the shipped plan on the four hospitals ------------------------------------- */

#define HOSPITALS 4

static const char *const hospitals[HOSPITALS] = {
	"cleveland", "hungarian", "switzerland", "va",
};

static const char *const columns[] = {
	"age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang",
	"oldpeak", "slope", "ca", "thal", "num",
};

static char *slurp(const char *name, size_t *len)
{
	const char *roots[] = { getenv("WARD_DATASETS"), "../shared/datasets",
				"../../shared/datasets" };
	char path[512], *text;
	FILE *file = NULL;
	size_t i;

	for (i = 0; !file && i < 3; i++) {
		if (!roots[i])
			continue;
		snprintf(path, sizeof(path), "%s/uci_heart_disease/processed.%s.data",
			 roots[i], name);
		file = fopen(path, "r");
	}
	if (!file)
		return NULL;
	text = malloc(1 << 16);
	assert_non_null(text);
	*len = fread(text, 1, 1 << 16, file);
	fclose(file);
	return text;
}

static struct plan *shipped(const char *path)
{
	struct failure failure = { 0 };
	struct plan *plan = NULL;

	if (plan_load(path, &plan, &failure))
		fail_msg("%s", failure.text);
	return plan;
}

static void site_begin(struct site *site, struct bench_text *text, size_t i)
{
	*site = (struct site){
		.index = (unsigned int)i, .name = hospitals[i],
		.source = bench_source(text),
		.table = { .name = hospitals[i], .columns = 14, .names = columns,
			   .missing = "?", .delimiter = ',' },
	};
}

static void check_model(const struct plan_run *run, struct cohort *cohort,
			struct memory *memory)
{
	struct failure failure = { 0 };
	struct model model;

	if (train_model(cohort, run, NULL, &model, &failure))
		fail_msg("%s", failure.text);
	print_message("%s: accuracy %.4f AUC %.4f\n", run->name, model.pooled.accuracy,
		      model.pooled.auc);
	assert_int_equal(model.pooled.rows, 254);
	assert_true(fabs(model.pooled.accuracy - 0.795) < 0.012);
	assert_true(fabs(model.pooled.auc - 0.881) < 0.004);
	assert_true(run->method == PLAN_SGD || (model.converged && model.norm < 1e-8));
	assert_true(memory->peak <= memory->budget);
	model_clear(&model);
}

static void test_heart(void **state)
{
	static const uint64_t train[] = { 199, 172, 30, 85 }, test[] = { 104, 89, 16, 45 };
	struct bench_memory bench = { 0 };
	struct memory_backend backend = bench_backend(&bench);
	struct bench_text text[HOSPITALS] = { 0 };
	struct site site[HOSPITALS];
	struct failure failure = { 0 };
	struct cohort cohort;
	struct memory memory;
	struct ring ring;
	struct plan *plan;
	size_t i;

	(void)state;
	for (i = 0; i < HOSPITALS; i++) {
		text[i].chunk = 4096;
		text[i].text = slurp(hospitals[i], &text[i].len);
		if (!text[i].text)
			ut_skip(UT_NO_DATASETS);
	}
	plan = shipped("userspace/worker/plans/heart.json");
	memory_init(&memory, &backend, 256 << 10);
	assert_int_equal(ring_init(&ring, &memory, 4096, 100, HOSPITALS, &failure), 0);
	for (i = 0; i < HOSPITALS; i++) {
		site_begin(&site[i], &text[i], i);
		if (site_init(&site[i], plan, &ring, &memory, &failure))
			fail_msg("%s", failure.text);
	}
	cohort = (struct cohort){ .plan = plan, .memory = &memory, .ring = &ring,
				  .sites = HOSPITALS, .site = site };
	if (cohort_survey(&cohort, &failure))
		fail_msg("%s", failure.text);
	for (i = 0; i < HOSPITALS; i++) {
		assert_int_equal(site[i].train, train[i]);
		assert_int_equal(site[i].test, test[i]);
	}
	for (i = 0; i < plan->runs; i++)
		check_model(&plan->run[i], &cohort, &memory);
	for (i = 0; i < HOSPITALS; i++) {
		site_end(&site[i]);
		free((char *)text[i].text);
	}
	ring_end(&ring);
	memory_release(&memory, NULL);
	assert_int_equal(bench.live, 0);
	plan_free(plan);
}

/* ---- and the other one on the breast cancer table -------------------------------- */

#define BREAST_COLUMNS	31
#define BREAST_SITES	4

/* sklearn's table as the demonstration cuts it: row i goes to site i mod 4. */
static int cut_breast(struct bench_text text[BREAST_SITES])
{
	const char *cache = getenv("WARD_CACHE"), *home = getenv("HOME");
	char path[512], line[4096];
	FILE *file;
	size_t row;

	snprintf(path, sizeof(path), "%s%s/datasets/breast_cancer.csv", cache ? cache : home,
		 cache ? "" : "/.cache/ward");
	file = fopen(path, "r");
	if (!file)
		return -1;
	assert_non_null(fgets(line, sizeof(line), file));
	for (row = 0; fgets(line, sizeof(line), file); row++) {
		struct bench_text *t = &text[row % BREAST_SITES];

		t->text = realloc((char *)t->text, t->len + sizeof(line));
		assert_non_null(t->text);
		strcpy((char *)t->text + t->len, line);
		t->len += strlen(line);
	}
	fclose(file);
	return 0;
}

struct breast {
	struct bench_memory bench;
	struct bench_text text[BREAST_SITES];
	struct site site[BREAST_SITES];
	const char *names[BREAST_COLUMNS];
	struct memory memory;
	struct ring ring;
	struct cohort cohort;
	struct plan *plan;
};

/* Takes @plan over. */
static void breast_begin(struct breast *b, struct plan *plan)
{
	static const char *const sites[] = { "site0", "site1", "site2", "site3" };
	struct memory_backend backend = bench_backend(&b->bench);
	struct failure failure = { 0 };
	size_t i;

	memset(b, 0, sizeof(*b));
	b->plan = plan;
	assert_int_equal(plan->features, BREAST_COLUMNS - 1);
	if (cut_breast(b->text)) {
		plan_free(plan);
		ut_skip("no breast_cancer.csv in the cache: tests/datasets/tables.sh fetches it");
	}
	for (i = 0; i < BREAST_COLUMNS; i++)
		b->names[i] = i < plan->features ? plan->feature[i].column : plan->label_column;
	memory_init(&b->memory, &backend, 512 << 10);
	assert_int_equal(ring_init(&b->ring, &b->memory, 4096, 8, BREAST_SITES, &failure), 0);
	for (i = 0; i < BREAST_SITES; i++) {
		b->text[i].chunk = 4096;
		b->site[i] = (struct site){
			.index = (unsigned int)i, .name = sites[i],
			.source = bench_source(&b->text[i]),
			.table = { .name = sites[i], .columns = BREAST_COLUMNS,
				   .names = b->names, .delimiter = ',' },
		};
		if (site_init(&b->site[i], plan, &b->ring, &b->memory, &failure))
			fail_msg("%s", failure.text);
	}
	b->cohort = (struct cohort){ .plan = plan, .memory = &b->memory, .ring = &b->ring,
				     .sites = BREAST_SITES, .site = b->site };
	if (cohort_survey(&b->cohort, &failure))
		fail_msg("%s", failure.text);
	assert_int_equal(b->cohort.train + b->cohort.test, 569);
}

static void breast_end(struct breast *b)
{
	size_t i;

	for (i = 0; i < BREAST_SITES; i++) {
		site_end(&b->site[i]);
		free((char *)b->text[i].text);
	}
	ring_end(&b->ring);
	memory_release(&b->memory, NULL);
	assert_int_equal(b->bench.live, 0);
	plan_free(b->plan);
}

static void test_breast(void **state)
{
	struct failure failure = { 0 };
	struct breast b;
	size_t i;

	(void)state;
	breast_begin(&b, shipped("userspace/worker/plans/wdbc.json"));
	for (i = 0; i < b.plan->runs; i++) {
		struct model model;

		if (train_model(&b.cohort, &b.plan->run[i], NULL, &model, &failure))
			fail_msg("%s", failure.text);
		print_message("%s: accuracy %.4f AUC %.4f\n", b.plan->run[i].name,
			      model.pooled.accuracy, model.pooled.auc);
		assert_true(model.pooled.accuracy > 0.965 && model.pooled.auc > 0.99);
		model_clear(&model);
	}
	breast_end(&b);
}

/* Each row is tested once, by a model that never saw it; the one that stays saw all. */
static void test_folds(void **state)
{
	struct plan *plan = shipped("userspace/worker/plans/wdbc.json");
	struct failure failure = { 0 };
	struct model model, whole;
	struct breast b;
	double auc = 0;
	uint64_t rows = 0;
	size_t i;

	(void)state;
	plan->split = PLAN_SPLIT_FOLDS;
	plan->split_folds = 10;
	plan->split_seed = 1;
	breast_begin(&b, plan);
	if (train_model(&b.cohort, &plan->run[0], NULL, &model, &failure))
		fail_msg("%s", failure.text);
	for (i = 0; i < 10; i++) {
		assert_true(model.fold[i].rows > 20 && model.fold[i].rows < 100);
		rows += model.fold[i].rows;
		auc += model.fold[i].auc / 10;
	}
	print_message("10 folds: AUC %.4f, pooled %.4f, accuracy %.4f, calibration %.3f\n", auc,
		      model.pooled.auc, model.pooled.accuracy, model.pooled.calibration);
	assert_int_equal(rows, 569);
	assert_int_equal(model.pooled.rows, 569);
	assert_true(auc >= 0.995 && model.pooled.accuracy >= 0.97);
	assert_true(model.pooled.calibration < 0.05 && model.pooled.brier < 0.05);
	plan->split_folds = 0;
	plan->split = PLAN_SPLIT_HASH;
	plan->split_fraction = 0;
	if (train_model(&b.cohort, &plan->run[0], NULL, &whole, &failure))
		fail_msg("%s", failure.text);
	assert_memory_equal(whole.theta, model.theta, BREAST_COLUMNS * sizeof(double));
	model_clear(&whole);
	model_clear(&model);
	breast_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split_rules),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_heart),
		cmocka_unit_test(test_breast),
		cmocka_unit_test(test_folds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
