/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A circuit breaker: a provider that answers garbage, or fails again and again,
 * is left in peace for a while, and then asked once before everybody may come
 * again. The time is a parameter. Whoever calls serialises the calls.
 */
#ifndef WARD_BREAKER_H
#define WARD_BREAKER_H

#include <linux/types.h>

/* Failures in a row that open it. */
#define WARD_BREAKER_FAILURES	3
/* The cool-down doubles with each probe that fails, this many times at most. */
#define WARD_BREAKER_DOUBLINGS	5

enum ward_breaker_state {
	WARD_BREAKER_CLOSED,		/* calls pass */
	WARD_BREAKER_OPEN,		/* none does, until the cool-down is over */
	WARD_BREAKER_PROBING,		/* one is on its way */
};

/* What a call of the provider was worth. */
enum ward_verdict {
	WARD_VERDICT_GOOD,
	WARD_VERDICT_NEUTRAL,		/* says nothing about the provider */
	WARD_VERDICT_FAILED,
	WARD_VERDICT_GARBAGE,
};

/* What changed, by the numbers that WARD_EVENT_BREAKER's reason has. */
enum ward_breaker_change {
	WARD_BREAKER_CLOSES = 0,
	WARD_BREAKER_OPENS_GARBAGE = 1,
	WARD_BREAKER_OPENS_FAILED = 2,
	WARD_BREAKER_STAYS_OPEN = 3,	/* the probe came to nothing */
	WARD_BREAKER_NO_CHANGE,
};

/**
 * struct ward_breaker - the breaker of one provider
 * @state: WARD_BREAKER_*
 * @failures: in a row
 * @doublings: of the cool-down
 * @opens_ns: OPEN: from when a probe may pass
 * @cooldown_ns: setting; 0 = it never opens
 */
struct ward_breaker {
	enum ward_breaker_state state;
	u32 failures;
	u32 doublings;
	u64 opens_ns;
	u64 cooldown_ns;
};

void ward_breaker_init(struct ward_breaker *breaker, u64 cooldown_ns);
/* May a request come in? While it is shut, *@wait is how long it stays so. */
bool ward_breaker_shut(const struct ward_breaker *breaker, u64 now, u64 *wait);
/* A request comes in, which was not shut out: it is the probe, unless closed. */
void ward_breaker_enter(struct ward_breaker *breaker);
/* The probe went away before a call was made for it: the next one may be it. */
void ward_breaker_abandon(struct ward_breaker *breaker, u64 now);
/* A call is over. */
enum ward_breaker_change ward_breaker_judge(struct ward_breaker *breaker,
					    enum ward_verdict verdict, u64 now);
/* Another provider, or another setting: it closes. */
enum ward_breaker_change ward_breaker_reset(struct ward_breaker *breaker);

#endif /* WARD_BREAKER_H */
