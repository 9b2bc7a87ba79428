// SPDX-License-Identifier: MIT
/*
 * The kernel's averages of stalled time, compiled here, against the same
 * averages in floating point over seeded random stalls.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What stall.c wants of the kernel. */
typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
#define BIT_ULL(n)	(1ull << (n))
#define div_u64(a, b)	((u64)(a) / (b))

/* It has external functions whose prototypes stall.h has, and no more. */
#include "../../kmod/stall.c"

enum { ROUNDS = 64, STEPS = 200 };

#define SECOND	1000000000ull
#define PERIOD	(2 * SECOND)

static const double spans[WARD_STALL_SPANS] = { 10, 60, 300 };

/* ---- the model: every period by itself, in floating point ------------------------ */

struct model {
	u64 at;
	u64 end;
	bool on;
	double stalled;
	double total;
	double avg[WARD_STALL_SPANS];
};

static void model_period(struct model *m)
{
	unsigned int i;
	double keep;

	for (i = 0; i < WARD_STALL_SPANS; i++) {
		keep = exp(-2.0 / spans[i]);
		m->avg[i] = m->avg[i] * keep +
			    (1 - keep) * 10000 * m->stalled / (double)PERIOD;
	}
	m->stalled = 0;
	m->end += PERIOD;
}

static void model_to(struct model *m, u64 now)
{
	u64 stop;

	while (m->at < now) {
		stop = now < m->end ? now : m->end;
		if (m->on) {
			m->stalled += (double)(stop - m->at);
			m->total += (double)(stop - m->at);
		}
		m->at = stop;
		if (stop == m->end)
			model_period(m);
	}
}

static void compare(struct model *model, struct ward_meter *meter, u64 now)
{
	struct ward_stall got;
	unsigned int i;

	model_to(model, now);
	ward_meter_read(meter, now, &got);
	const u32 avg[WARD_STALL_SPANS] = { got.avg10, got.avg60, got.avg300 };

	for (i = 0; i < WARD_STALL_SPANS; i++) {
		/* One per cent, and one unit of the last place for small ones. */
		assert_true(fabs(avg[i] - model->avg[i]) <= model->avg[i] / 100 + 1);
	}
	assert_int_equal(got.total_us, (u64)(model->total / 1000));
	assert_int_equal(got.reserved, 0);
}

/* ---- random stalls ------------------------------------------------------------------ */

static u64 state;

static u64 next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* From microseconds to ten minutes, all orders of magnitude alike. */
static u64 random_time(void)
{
	static const u64 most[] = {
		1000, 1000000, 50000000, SECOND, PERIOD, 7 * SECOND, 40 * SECOND,
		600 * SECOND,
	};

	return next() % most[next() % (sizeof(most) / sizeof(most[0]))];
}

static void follow(u64 seed)
{
	u64 now = seed * 977, i;
	struct model model = { .at = now, .end = now + PERIOD };
	struct ward_meter meter;

	state = seed;
	ward_meter_init(&meter, now);
	for (i = 0; i < STEPS; i++) {
		now += random_time();
		if (next() % 3) {
			model_to(&model, now);
			model.on = next() % 2;
			ward_meter_set(&meter, model.on, now);
		} else {
			compare(&model, &meter, now);
		}
	}
	compare(&model, &meter, now);
}

static void test_random_stalls(void **unused)
{
	u64 seed;

	(void)unused;
	for (seed = 1; seed <= ROUNDS; seed++)
		follow(seed * 0x9e3779b97f4a7c15ull | 1);
}

static void test_always_stalled_is_all_of_it(void **unused)
{
	struct ward_meter meter;
	struct ward_stall got;

	(void)unused;
	ward_meter_init(&meter, 5);
	ward_meter_set(&meter, true, 5);
	ward_meter_read(&meter, 5 + 7200 * SECOND, &got);
	assert_int_equal(got.avg10, 10000);
	assert_int_equal(got.avg60, 10000);
	assert_int_equal(got.avg300, 10000);
	assert_int_equal(got.total_us, 7200000000ull);
}

/* Years without a call are one step, and leave nothing. */
static void test_idle_for_years(void **unused)
{
	struct ward_meter meter;
	struct ward_stall got;

	(void)unused;
	ward_meter_init(&meter, 0);
	ward_meter_set(&meter, true, 0);
	ward_meter_set(&meter, false, 100 * SECOND);
	ward_meter_read(&meter, 100000000ull * SECOND, &got);
	assert_int_equal(got.avg10, 0);
	assert_int_equal(got.avg60, 0);
	assert_int_equal(got.avg300, 0);
	assert_int_equal(got.total_us, 100000000);
}

/* It makes no difference whether anybody looks meanwhile. */
static void test_looking_changes_nothing(void **unused)
{
	struct ward_meter seen, unseen;
	struct ward_stall a, b;
	u64 now;

	(void)unused;
	ward_meter_init(&seen, 0);
	ward_meter_init(&unseen, 0);
	ward_meter_set(&seen, true, SECOND);
	ward_meter_set(&unseen, true, SECOND);
	for (now = 2 * SECOND; now < 90 * SECOND; now += SECOND / 3)
		ward_meter_read(&seen, now, &a);
	ward_meter_set(&seen, false, 90 * SECOND);
	ward_meter_set(&unseen, false, 90 * SECOND);
	for (now = 90 * SECOND; now <= 150 * SECOND; now += SECOND / 7)
		ward_meter_read(&seen, now, &a);
	ward_meter_read(&seen, 150 * SECOND, &a);
	ward_meter_read(&unseen, 150 * SECOND, &b);
	assert_true(abs((int)a.avg10 - (int)b.avg10) <= 1);
	assert_true(abs((int)a.avg60 - (int)b.avg60) <= 1);
	assert_true(abs((int)a.avg300 - (int)b.avg300) <= 1);
	assert_int_equal(a.total_us, b.total_us);
}

/* A clock that seems to step back is the same moment. */
static void test_time_never_runs_back(void **unused)
{
	struct ward_meter meter;
	struct ward_stall got;

	(void)unused;
	ward_meter_init(&meter, 10 * SECOND);
	ward_meter_set(&meter, true, 11 * SECOND);
	ward_meter_set(&meter, true, 9 * SECOND);
	ward_meter_read(&meter, 12 * SECOND, &got);
	assert_int_equal(got.total_us, 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_stalls),
		cmocka_unit_test(test_always_stalled_is_all_of_it),
		cmocka_unit_test(test_idle_for_years),
		cmocka_unit_test(test_looking_changes_nothing),
		cmocka_unit_test(test_time_never_runs_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
