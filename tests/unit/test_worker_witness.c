// SPDX-License-Identifier: MIT
/*
 * Sites that send numbers which no rows can have given: refused, and why is told; and honest
 * ones, of whatever plan, whom nobody takes for such.
 */
#include "federation_bench.h"

#define ROWS	240
#define SITES	3

static char *text;
static struct fed fed;
static struct fed_site site[SITES];

static void begin_sites(const char *plan)
{
	static const char *const names[SITES] = { "a", "b", "c" };
	static const size_t cut[] = { 0, ROWS / 6, ROWS / 2, ROWS };
	size_t i;

	for (i = 0; i < SITES; i++)
		site[i] = (struct fed_site){
			.name = names[i], .text = world_lines(text, cut[i], cut[i + 1]),
			.plan = plan,
		};
}

static int setup(void **state)
{
	size_t len;

	(void)state;
	text = bench_table(5, ROWS, &len);
	begin_sites(fed_plan);
	return 0;
}

static int teardown(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < SITES; i++)
		fed_site_end(&site[i]);
	fed_end(&fed);
	assert_int_equal(fed.bench.live, 0);
	free(text);
	return 0;
}

/* ---- those that tell the truth ------------------------------------------------------ */

/* The label is a class or a value, rows are standardised one way or another, values lack. */
static void test_honest(void **state)
{
	static const char *const labels[] = {
		"\"column\":\"ill\",\"above\":0", "\"column\":\"dose\",\"value\":true",
	};
	static const char *const scales[] = { "pooled", "site", "none" };
	char plan[1024];
	size_t i;

	for (i = 0; i < 6; i++) {
		snprintf(plan, sizeof(plan),
			 "{\"ward-plan\":1,\"name\":\"bench\",\"features\":[{\"column\":\"age\"},"
			 "{\"column\":\"%s\"}],\"label\":{%s},\"missing\":\"mean\","
			 "\"standardise\":\"%s\",\"split\":{\"rule\":\"every\",\"every\":4},"
			 "\"runs\":[{\"name\":\"newton\",\"method\":\"newton\",\"l2\":0.001},"
			 "{\"name\":\"lbfgs\",\"method\":\"lbfgs\",\"l2\":0.01,\"max_steps\":50},"
			 "{\"name\":\"fedavg\",\"method\":\"sgd\",\"epochs\":1,\"rate\":1e-4,"
			 "\"rounds\":2}]}", i & 1 ? "kind" : "dose", labels[i & 1], scales[i / 2]);
		begin_sites(plan);
		fed_begin(&fed, plan, SITES, SITES);
		fed_run_with(&fed, site, SITES, SITES);
		if (fed.ret)
			fail_msg("%s: %s%s", plan, fed.told.text, fed.failure.text);
		assert_true(!site[0].ret && !site[1].ret && !site[2].ret);
		teardown(state);
		setup(state);
	}
	fed_begin(&fed, fed_plan, 1, 1);
}

/* ---- those that do not ------------------------------------------------------------------ */

static uint32_t type_of(const uint8_t *frame)
{
	struct wire_head head;

	return wire_head_get(frame, &head) ? 0 : head.type;
}

struct poison {
	uint32_t type;
	size_t at;		/* in the frame */
	uint64_t value;		/* written there, little endian */
	unsigned int done;
};

static int poison(void *arg, uint8_t *frame, size_t len)
{
	struct poison *p = arg;
	size_t i;

	if (type_of(frame) != p->type)
		return 0;
	p->done++;
	for (i = 0; i < 8 && p->at + i < len; i++)
		frame[p->at + i] = (uint8_t)(p->value >> 8 * i);
	return 0;
}

/* What is written of the site in the middle. */
static void check_card(bool nothing)
{
	const struct site *b = &fed.federation.site[1];

	assert_true(!nothing || (!b->rows && !b->train && !b->dropped));
	assert_true(isfinite(b->scaler.scale[0]) && b->scaler.scale[0] > 0);
}

static void test_poisoned(void **state)
{
	static const struct {
		struct poison poison;
		const char *said;
	} cases[] = {
		{ { WIRE_MOMENTS, 16 + 8, UINT64_MAX, 0 }, "the rows that it counted make no sense" },
		{ { WIRE_MOMENTS, 16 + 40 + 32, 0x7ff0000000000000, 0 }, "it sent a number that is not finite" },
		{ { WIRE_MOMENTS, 16 + 40 + 64, 0xbff0000000000000, 0 }, "the rows that it counted make no sense" },
		{ { WIRE_MOMENTS, 16 + 40 + 32, 0x7f00000000000000, 0 }, "the rows that it counted make no sense" },
		{ { WIRE_MOMENTS, 16 + 32, 1 << 20, 0 }, "the rows that it counted make no sense" },
		{ { WIRE_MOMENTS, 16 + 40, 0x3fe0000000000000, 0 }, "the rows that it counted make no sense" },
		{ { WIRE_SUMS, 24, 0x7ff0000000000000, 0 }, "it sent a number that is not finite" },
		{ { WIRE_UPDATE, 24, 0x7ff8000000000000, 0 }, "it sent a number that is not finite" },
		{ { WIRE_SUMS, 16, 1, 0 }, "the rows that it counted make no sense" },
		{ { WIRE_SUMS, 16 + 16, 0x7ff8000000000000, 0 }, "it sent a number that is not finite" },
		{ { WIRE_SUMS, 16 + 16 + 40, 0x7ff8000000000000, 0 }, "it sent a number that is not finite" },
		{ { WIRE_SUMS, 16 + 16, 0x43e0000000000000, 0 }, "what it sent is larger than" },
		{ { WIRE_UPDATE, 16, 7, 0 }, "the rows that it counted make no sense" },
		{ { WIRE_UPDATE, 16 + 24, 0xfff0000000000000, 0 }, "it sent a number that is not finite" },
		{ { WIRE_UPDATE, 16 + 24, 0x40f0000000000000, 0 }, "what it sent is larger than" },
		{ { WIRE_FIGURES, 16 + 8, 1, 0 }, "the rows that it counted make no sense" },
		{ { WIRE_FIGURES, 16, 1, 0 }, "it sent a frame that does not belong there" },
		{ { WIRE_SUMS, 4, 3, 0 }, "it sent a frame that does not belong there" },
		{ { WIRE_SUMS, 8, 12345, 0 }, "it sent a frame that does not belong there" },
		{ { WIRE_UPDATE, 0, UINT64_MAX, 0 }, "it sent a frame that does not belong there" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct poison p = cases[i].poison;

		site[1].hook = poison;
		site[1].arg = &p;
		fed_begin(&fed, fed_plan, SITES, 2);
		fed_run_with(&fed, site, SITES, SITES);
		if (fed.ret)
			fail_msg("case %zu: %s", i, fed.failure.text);
		if (!p.done || !fed_said(&fed, "b", cases[i].said))
			fail_msg("case %zu: %s", i, fed.told.text);
		assert_int_equal(site[1].ret, -1);
		assert_true(site[1].failure.exit == EXIT_REFUSED ||
			    site[1].failure.exit == EXIT_NETWORK);
		assert_true(!site[0].ret && !site[2].ret && isfinite(fed.model[2].theta[0]));
		check_card(p.type == WIRE_MOMENTS);
		teardown(state);
		setup(state);
	}
	fed_begin(&fed, fed_plan, 1, 1);
}

/*
 * Numbers that are finite and small, and that no rows can have given. The plan's rows have four
 * features: in a frame the gradient begins at 32, the Hessian at 72, figures' numbers at 40.
 */
static void test_lies(void **state)
{
	static const struct {
		struct poison poison;
		double value;
	} cases[] = {
		{ { .type = WIRE_SUMS, .at = 24 }, -1 },		/* loss */
		{ { .type = WIRE_SUMS, .at = 24 }, 1e250 },
		{ { .type = WIRE_SUMS, .at = 32 }, 1e4 },		/* slopes are below 1 */
		{ { .type = WIRE_SUMS, .at = 64 }, -1e4 },		/* of the bias */
		{ { .type = WIRE_SUMS, .at = 72 }, -1 },		/* diagonal */
		{ { .type = WIRE_SUMS, .at = 72 }, 1e4 },
		{ { .type = WIRE_SUMS, .at = 80 }, 1e4 },		/* beside it */
		{ { .type = WIRE_SUMS, .at = 184 }, 1e4 },		/* the last: the bias's */
		{ { .type = WIRE_UPDATE, .at = 24 }, -1 },
		{ { .type = WIRE_UPDATE, .at = 24 }, 1e250 },
		{ { .type = WIRE_FIGURES, .at = 32 }, 0 },		/* no label 1, and tenths with */
		{ { .type = WIRE_FIGURES, .at = 40 }, 1.5 },		/* accuracy */
		{ { .type = WIRE_FIGURES, .at = 40 }, NAN },
		{ { .type = WIRE_FIGURES, .at = 48 }, -0.5 },		/* AUC */
		{ { .type = WIRE_FIGURES, .at = 56 }, INFINITY },	/* its error */
		{ { .type = WIRE_FIGURES, .at = 64 }, INFINITY },	/* loss */
		{ { .type = WIRE_FIGURES, .at = 72 }, 3 },		/* Brier score */
		{ { .type = WIRE_FIGURES, .at = 80 }, -1 },		/* calibration error */
		{ { .type = WIRE_FIGURES, .at = 88 }, 1 },		/* of values */
		{ { .type = WIRE_FIGURES, .at = 128 }, 1 },		/* rows of the first tenth */
		{ { .type = WIRE_FIGURES, .at = 144 }, NAN },		/* what it expected */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct poison p = cases[i].poison;

		memcpy(&p.value, &cases[i].value, sizeof(p.value));
		site[1].hook = poison;
		site[1].arg = &p;
		fed_begin(&fed, fed_plan, SITES, 2);
		fed_run_with(&fed, site, SITES, SITES);
		if (fed.ret)
			fail_msg("case %zu: %s", i, fed.failure.text);
		if (!p.done || !fed_said(&fed, "b", "it sent numbers that its rows cannot have given"))
			fail_msg("case %zu: %s", i, fed.told.text);
		assert_int_equal(site[1].failure.exit, EXIT_REFUSED);
		assert_true(!site[0].ret && !site[2].ret && isfinite(fed.model[2].theta[0]));
		assert_true(isfinite(fed.model[0].pooled.accuracy));
		teardown(state);
		setup(state);
	}
	fed_begin(&fed, fed_plan, 1, 1);
}

/* Refused for a lie is gone: the quorum decides. */
static void test_lies_and_quorum(void **state)
{
	static const uint32_t types[] = { WIRE_MOMENTS, WIRE_SUMS, WIRE_UPDATE };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct poison p = {
			.type = types[i], .at = types[i] == WIRE_MOMENTS ? 88 : 32,
			.value = 0x7ff8000000000000,
		};

		site[1].hook = poison;
		site[1].arg = &p;
		fed_begin(&fed, fed_plan, SITES, SITES);
		fed_run_with(&fed, site, SITES, SITES);
		assert_int_equal(fed.ret, -1);
		assert_int_equal(fed.failure.exit, EXIT_NETWORK);
		assert_non_null(strstr(fed.failure.text, "quorum"));
		assert_true(fed_said(&fed, "b", "it sent a number that is not finite"));
		teardown(state);
		setup(state);
	}
	fed_begin(&fed, fed_plan, 1, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_honest),
		TEST(test_poisoned),
		TEST(test_lies),
		TEST(test_lies_and_quorum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
