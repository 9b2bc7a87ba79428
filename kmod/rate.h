/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Token buckets. The whole state of one is a moment: a token that is taken puts
 * it an interval further ahead, and it may be no further ahead of now than the
 * burst allows. Nothing ticks, nothing is rounded, and when there will be a
 * token again is exact.
 *
 * Arithmetic alone, so that tests/unit compiles it.
 */
#ifndef WARD_RATE_H
#define WARD_RATE_H

#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/math64.h>
#include <linux/minmax.h>
#endif

/* So that no product of the two overflows. */
#define WARD_RATE_INTERVAL_MAX_MS	3600000u
#define WARD_RATE_BURST_MAX		4096u

/**
 * struct ward_rate - how fast
 * @interval_ns: from one token to the next; 0 = as fast as you like
 * @burst: tokens that a full bucket holds, at least 1
 */
struct ward_rate {
	u64 interval_ns;
	u32 burst;
};

/* What has been taken, in time. */
static inline u64 ward_rate_debt(const struct ward_rate *rate, u64 at, u64 now)
{
	return at > now ? min(at - now, rate->interval_ns * rate->burst) : 0;
}

/* The rate was a slower one: from now on the bucket is no more than empty. */
static inline u64 ward_rate_settle(const struct ward_rate *rate, u64 at, u64 now)
{
	return min(at, now + rate->interval_ns * rate->burst);
}

/* How long until there is a token in the bucket @at; 0 = there is one. */
static inline u64 ward_rate_wait(const struct ward_rate *rate, u64 at, u64 now)
{
	u64 debt = ward_rate_debt(rate, at, now);
	u64 slack = rate->interval_ns * (rate->burst - 1);

	return debt > slack ? debt - slack : 0;
}

/* The bucket after a token was taken. */
static inline u64 ward_rate_take(const struct ward_rate *rate, u64 at, u64 now)
{
	return now + ward_rate_debt(rate, at, now) + rate->interval_ns;
}

/* Whole tokens that are left. */
static inline u32 ward_rate_tokens(const struct ward_rate *rate, u64 at, u64 now)
{
	u64 debt = ward_rate_debt(rate, at, now);

	if (!rate->interval_ns)
		return rate->burst;
	return rate->burst - (u32)div64_u64(debt + rate->interval_ns - 1, rate->interval_ns);
}

#endif /* WARD_RATE_H */
