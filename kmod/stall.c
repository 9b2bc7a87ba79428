// SPDX-License-Identifier: GPL-2.0-only
/*
 * The share of time in which something stalled, as pressure stall information
 * averages it: a sample every two seconds, decaying exponentially over 10, 60
 * and 300 s. Nothing ticks: time is accounted when the state changes and when
 * somebody asks, and whole periods of one state are folded in at once, so a
 * machine without stalls spends nothing on them.
 *
 * Arithmetic alone, so that tests/unit compiles it and holds it to a model.
 */
#ifdef __KERNEL__
#include <linux/bits.h>
#include <linux/math64.h>
#endif

#include "stall.h"

enum { SHIFT = 24 };			/* fraction bits; a product stays below 2^62 */

#define ONE		BIT_ULL(SHIFT)
#define PERIOD_NS	2000000000u
#define WHOLE		10000ull	/* all of the time, in 1/100 percent */

/* exp(-2 s / 10 s), of 60 s and of 300 s. */
static const u64 decay[WARD_STALL_SPANS] = { 13736023, 16227193, 16665740 };

/* @base of ONE to the power of @n. */
static u64 power(u64 base, u64 n)
{
	u64 result = ONE;

	for (; n; n >>= 1) {
		if (n & 1)
			result = (result * base) >> SHIFT;
		base = (base * base) >> SHIFT;
	}
	return result;
}

/* @n periods, in each of which @share of the time was stalled. */
static void fold(struct ward_meter *m, u64 share, u64 n)
{
	unsigned int i;
	u64 keep, sum;

	for (i = 0; i < WARD_STALL_SPANS; i++) {
		keep = power(decay[i], n);
		sum = m->avg[i] * keep + share * (ONE - keep);
		/* Rounded towards the share, so that it is reached. */
		if (share >= m->avg[i])
			sum += ONE - 1;
		m->avg[i] = sum >> SHIFT;
	}
}

static void spend(struct ward_meter *m, u64 ns)
{
	m->at += ns;
	if (!m->on)
		return;
	m->stalled += ns;
	m->total += ns;
}

static void close_period(struct ward_meter *m)
{
	fold(m, div_u64((m->stalled * WHOLE) << 8, PERIOD_NS) << (SHIFT - 8), 1);
	m->stalled = 0;
	m->end += PERIOD_NS;
}

/* Periods from @m->at on that lie between two changes of state. */
static void pass_periods(struct ward_meter *m, u64 n)
{
	u64 ns = n * PERIOD_NS;

	fold(m, m->on ? WHOLE << SHIFT : 0, n);
	m->at += ns;
	m->end += ns;
	if (m->on)
		m->total += ns;
}

static void advance(struct ward_meter *m, u64 now)
{
	u64 n;

	if (now <= m->at)
		return;
	if (now >= m->end) {
		spend(m, m->end - m->at);
		close_period(m);
		n = div_u64(now - m->at, PERIOD_NS);
		if (n)
			pass_periods(m, n);
	}
	spend(m, now - m->at);
}

void ward_meter_init(struct ward_meter *m, u64 now)
{
	*m = (struct ward_meter) { .at = now, .end = now + PERIOD_NS };
}

/* From @now on it stalls, or doesn't. */
void ward_meter_set(struct ward_meter *m, bool on, u64 now)
{
	advance(m, now);
	m->on = on;
}

/* The averages as of the last period that is over, the total as of @now. */
void ward_meter_read(struct ward_meter *m, u64 now, struct ward_stall *out)
{
	advance(m, now);
	*out = (struct ward_stall) {
		.avg10 = m->avg[0] >> SHIFT,
		.avg60 = m->avg[1] >> SHIFT,
		.avg300 = m->avg[2] >> SHIFT,
		.total_us = div_u64(m->total, 1000),
	};
}
