// SPDX-License-Identifier: MIT
/*
 * What wardctl makes of the figures of `ward-train bench`: medians, ratios by rounds, what is
 * no result at all; and pictures that are as large as they say. That bars are as long as their
 * figures is looked at from outside, by tests/cli/bench_bars.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/wardctl/bench.h"
#include "../../userspace/wardctl/canvas.h"

#define WEIGHTS "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER   "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct bench b;

static int setup(void **state)
{
	(void)state;
	memset(&b, 0, sizeof(b));
	b.rounds = 3;
	b.memory[BENCH_PLAIN].wanted = b.memory[BENCH_WARD].wanted = true;
	return 0;
}

/* A result with that total, four fifths of which are computing. */
static const char *result(const char *memory, unsigned int total, const char *weights)
{
	static char text[1024];

	snprintf(text, sizeof(text),
		 "{\"memory\":\"%s\",\"not_measured\":{\"instructions_user\":\"no counter\","
		 "\"system_calls\":\"no tracefs\"},"
		 "\"ns\":{\"compute\":%u,\"memory\":%u,\"decrypt\":0,\"system_calls\":7,"
		 "\"total\":%u,\"training\":%u},"
		 "\"counts\":{\"epochs\":4,\"page_faults\":2},\"weights\":\"%s\"}",
		 memory, total / 5 * 4, total / 5, total, total / 5 * 4, weights);
	return text;
}

static void medians_are_of_the_middle(void **state)
{
	struct bench_series s = { .v = { 9, 1, 5 }, .n = 3 };

	(void)state;
	assert_true(bench_median(&s) == 5 && bench_least(&s) == 1 && bench_most(&s) == 9);
	s.v[s.n++] = 7;
	assert_true(bench_median(&s) == 6);
	s.n = 0;
	assert_true(isnan(bench_median(&s)) && isnan(bench_least(&s)) && isnan(bench_most(&s)));
}

/* Each round against its own: the medians' ratio would be 1.5. */
static void ratios_are_by_rounds(void **state)
{
	static const unsigned int plain[] = { 100, 1000, 2000 }, ward[] = { 200, 1500, 2000 };
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_true(bench_take(&b, BENCH_PLAIN, result("plain", plain[i] * 3, WEIGHTS)));
		assert_true(bench_take(&b, BENCH_WARD, result("ward", ward[i] * 3, WEIGHTS)));
	}
	assert_true(bench_to_plain(&b, BENCH_WARD, BENCH_TOTAL) == 1.5);
	b.memory[BENCH_WARD].series[BENCH_TOTAL].v[1] = 9000;	/* 2, 3 and 1 times plain's */
	assert_true(bench_to_plain(&b, BENCH_WARD, BENCH_TOTAL) == 2);
	assert_true(bench_to_plain(&b, BENCH_PLAIN, BENCH_TOTAL) == 1);
	assert_true(bench_per_epoch(&b, BENCH_PLAIN) == 1000 * 3 / 5 * 4 / 4.0);
	assert_true(isnan(bench_to_plain(&b, BENCH_WARD, BENCH_USER)));
	assert_true(isnan(bench_to_plain(&b, BENCH_WARD, BENCH_DECRYPT)));	/* plain's is 0 */
}

static void what_is_missing_has_its_reason(void **state)
{
	(void)state;
	assert_true(bench_take(&b, BENCH_PLAIN, result("plain", 50, WEIGHTS)));
	assert_true(bench_measured(&b, BENCH_PLAIN));
	assert_string_equal(b.memory[BENCH_PLAIN].why[BENCH_USER], "no counter");
	assert_string_equal(b.memory[BENCH_PLAIN].why[BENCH_CALL_COUNT], "no tracefs");
	/* the time in them is there, though their number is not */
	assert_true(bench_median(&b.memory[BENCH_PLAIN].series[BENCH_CALLS]) == 7);
	assert_string_equal(b.memory[BENCH_PLAIN].why[BENCH_CALLS], "");

	assert_true(bench_take(&b, BENCH_WARD, "{\"memory\":\"ward\",\"not_measured\":"
			       "{\"memory\":\"no module\"}}"));
	assert_false(bench_measured(&b, BENCH_WARD));
	assert_string_equal(b.memory[BENCH_WARD].lacking, "no module");
	assert_false(bench_measured(&b, BENCH_SECRET));	/* nobody asked for it */
}

static void what_is_no_result_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "{}", "{\"memory\":\"plain\"}", "{\"memory\":7}",
		"{\"memory\":\"plain\",\"ns\":{\"total\":1},\"counts\":{},\"weights\":\"00\"}",
		"{\"memory\":\"plain\",\"ns\":{\"total\":\"1\"},\"counts\":{},\"weights\":\"" WEIGHTS "\"}",
		"{\"memory\":\"plain\",\"ns\":{\"total\":1},\"counts\":[],\"weights\":\"" WEIGHTS "\"}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (bench_take(&b, BENCH_PLAIN, texts[i]))
			fail_msg("taken: %s", texts[i]);
	assert_false(bench_take(&b, BENCH_PLAIN, result("ward", 5, WEIGHTS)));
	assert_false(bench_measured(&b, BENCH_PLAIN));
}

static void other_weights_are_seen(void **state)
{
	(void)state;
	assert_true(bench_take(&b, BENCH_PLAIN, result("plain", 50, WEIGHTS)));
	assert_true(bench_take(&b, BENCH_WARD, result("ward", 50, WEIGHTS)));
	assert_true(bench_same_weights(&b));
	assert_true(bench_take(&b, BENCH_WARD, result("ward", 50, OTHER)));
	assert_false(bench_same_weights(&b));

	setup(NULL);
	assert_true(bench_take(&b, BENCH_PLAIN, result("plain", 50, WEIGHTS)));
	assert_true(bench_take(&b, BENCH_WARD, result("ward", 50, OTHER)));
	assert_false(bench_same_weights(&b));
}

/* ---- pictures ---------------------------------------------------------------------- */

static uint32_t pixel(const struct canvas *c, int x, int y)
{
	const uint8_t *at = c->rgb + 3 * (y * c->width + x);

	return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

static void areas_end_where_they_should(void **state)
{
	struct canvas c;

	(void)state;
	assert_int_equal(canvas_new(&c, 10, 6), 0);
	canvas_rect(&c, 2, 1, 3, 2, 0x123456);
	assert_int_equal(pixel(&c, 2, 1), 0x123456);
	assert_int_equal(pixel(&c, 4, 2), 0x123456);
	assert_int_equal(pixel(&c, 5, 2), 0xffffff);
	assert_int_equal(pixel(&c, 4, 3), 0xffffff);
	canvas_rect(&c, -5, -5, 100, 100, 0x00ff00);	/* no further than the picture */
	assert_int_equal(pixel(&c, 0, 0), 0x00ff00);
	assert_int_equal(pixel(&c, 9, 5), 0x00ff00);
	canvas_free(&c);
}

/* Every letter leaves ink, within its width, and no two look alike. */
static void letters_are_told_apart(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				      ".,:;-_/()[]%=+'\"<>!?*#|\x01";
	struct canvas seen[sizeof(letters)];
	size_t i, j;

	(void)state;
	for (i = 0; letters[i]; i++) {
		char text[2] = { letters[i], 0 };
		size_t bytes = 40 * 40 * 3, ink = 0;

		assert_int_equal(canvas_new(&seen[i], 40, 40), 0);
		canvas_text(&seen[i], 10, 30, 14, 0, text);
		for (j = 0; j < bytes; j++)
			ink += seen[i].rgb[j] != 0xff;
		if (!ink)
			fail_msg("'%c' is blank", letters[i]);
		for (j = 0; j < i; j++)
			if (!memcmp(seen[i].rgb, seen[j].rgb, bytes))
				fail_msg("'%c' looks like '%c'", letters[i], letters[j]);
		assert_true(canvas_text_width(14, text) > 0);
	}
	for (j = 0; j < i; j++)
		canvas_free(&seen[j]);
	assert_int_equal(canvas_text_width(14, ""), 0);
}

static void a_bench_without_figures_can_be_drawn(void **state)
{
	uint8_t *png;
	size_t len;

	(void)state;
	snprintf(b.memory[BENCH_WARD].lacking, BENCH_WHY_LEN, "%0350d", 0);
	assert_int_equal(bench_draw(&b, "nothing", &png, &len), 0);
	assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
	free(png);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(medians_are_of_the_middle, setup),
		cmocka_unit_test_setup(ratios_are_by_rounds, setup),
		cmocka_unit_test_setup(what_is_missing_has_its_reason, setup),
		cmocka_unit_test_setup(what_is_no_result_is_refused, setup),
		cmocka_unit_test_setup(other_weights_are_seen, setup),
		cmocka_unit_test_setup(areas_end_where_they_should, setup),
		cmocka_unit_test_setup(letters_are_told_apart, setup),
		cmocka_unit_test_setup(a_bench_without_figures_can_be_drawn, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
