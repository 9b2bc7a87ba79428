// SPDX-License-Identifier: MIT
/* The kernel's token buckets, compiled here and run by a clock of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What the source wants of the kernel. */
typedef uint32_t u32;
typedef uint64_t u64;
#define min(a, b)		((a) < (b) ? (a) : (b))
#define div64_u64(a, b)		((u64)(a) / (b))

#include "../../kmod/rate.h"

#define MS	1000000ull
#define SECOND	(1000 * MS)

static u64 next(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Any window of W holds at most burst + W / interval tokens: all of them are tried. */
static void bucket_keeps_its_rate_in_every_window(void **state)
{
	enum { TAKEN = 400 };
	static const struct ward_rate rates[] = {
		{ 2 * SECOND, 8 }, { 250 * MS, 64 }, { 7, 3 }, { 1, 1 }, { SECOND, 1 },
	};
	static u64 when[TAKEN];
	u64 seed = 42, now, at;
	size_t r;
	int n, i, j;

	(void)state;
	for (r = 0; r < sizeof(rates) / sizeof(*rates); r++) {
		now = 1000 * SECOND;
		at = 0;
		for (n = 0; n < TAKEN; ) {
			now += next(&seed) % (next(&seed) % 8 ? rates[r].interval_ns / 2 + 1 :
					      20 * rates[r].interval_ns);
			if (ward_rate_wait(&rates[r], at, now))
				continue;
			at = ward_rate_take(&rates[r], at, now);
			when[n++] = now;
		}
		for (i = 0; i < TAKEN; i++)
			for (j = i; j < TAKEN; j++)
				assert_true((u64)(j - i + 1) <= rates[r].burst +
					    (when[j] - when[i]) / rates[r].interval_ns);
	}
}

/* When there will be a token is exact: not a nanosecond before, and then there is. */
static void bucket_tells_exactly_when(void **state)
{
	const struct ward_rate rate = { 2 * SECOND, 8 };
	u64 now = 5 * SECOND, at = 0, wait;
	int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		assert_int_equal(ward_rate_tokens(&rate, at, now), 8 - i);
		assert_int_equal(ward_rate_wait(&rate, at, now), 0);
		at = ward_rate_take(&rate, at, now);
	}
	assert_int_equal(ward_rate_tokens(&rate, at, now), 0);
	now += 500 * MS;
	wait = ward_rate_wait(&rate, at, now);
	assert_int_equal(wait, 1500 * MS);
	assert_int_equal(ward_rate_wait(&rate, at, now + wait - 1), 1);
	assert_int_equal(ward_rate_wait(&rate, at, now + wait), 0);
	assert_int_equal(ward_rate_tokens(&rate, at, now + wait - 1), 0);
	assert_int_equal(ward_rate_tokens(&rate, at, now + wait), 1);
	/* Full again, and no fuller. */
	assert_int_equal(ward_rate_tokens(&rate, at, now + 3600 * SECOND), 8);
}

static void bucket_of_no_rate_never_waits(void **state)
{
	const struct ward_rate rate = { 0, 1 };
	u64 at = 0;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		assert_int_equal(ward_rate_wait(&rate, at, 7), 0);
		at = ward_rate_take(&rate, at, 7);
	}
	assert_int_equal(ward_rate_tokens(&rate, at, 7), 1);
}

/* A slow rate that becomes a fast one doesn't wait by the slow one's debt. */
static void bucket_of_another_rate(void **state)
{
	const struct ward_rate slow = { 3600 * SECOND, 4096 }, fast = { SECOND, 2 };
	u64 at = 0, now = SECOND;
	int i;

	(void)state;
	for (i = 0; i < 4096; i++)
		at = ward_rate_take(&slow, at, now);
	assert_int_equal(ward_rate_wait(&slow, at, now), 3600 * SECOND);
	at = ward_rate_settle(&fast, at, now);
	assert_int_equal(ward_rate_wait(&fast, at, now), SECOND);
	assert_int_equal(ward_rate_wait(&fast, at, now + SECOND), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bucket_keeps_its_rate_in_every_window),
		cmocka_unit_test(bucket_tells_exactly_when),
		cmocka_unit_test(bucket_of_no_rate_never_waits),
		cmocka_unit_test(bucket_of_another_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
