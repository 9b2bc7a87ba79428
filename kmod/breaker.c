// SPDX-License-Identifier: GPL-2.0-only
/*
 * See breaker.h. Garbage opens it at once: what answers with another's evidence
 * is not merely busy. A failure may pass, and three in a row are no accident.
 * Nobody is probed unless somebody asks: the first request after the cool-down
 * is the probe, and those that come while it is under way are still shut out.
 */
#include "breaker.h"

void ward_breaker_init(struct ward_breaker *breaker, u64 cooldown_ns)
{
	*breaker = (struct ward_breaker) { .cooldown_ns = cooldown_ns };
}

bool ward_breaker_shut(const struct ward_breaker *breaker, u64 now, u64 *wait)
{
	*wait = 0;
	if (breaker->state == WARD_BREAKER_OPEN && breaker->opens_ns > now)
		*wait = breaker->opens_ns - now;
	return breaker->state == WARD_BREAKER_PROBING || *wait;
}

void ward_breaker_enter(struct ward_breaker *breaker)
{
	if (breaker->state != WARD_BREAKER_CLOSED)
		breaker->state = WARD_BREAKER_PROBING;
}

void ward_breaker_abandon(struct ward_breaker *breaker, u64 now)
{
	if (breaker->state != WARD_BREAKER_PROBING)
		return;
	breaker->state = WARD_BREAKER_OPEN;
	breaker->opens_ns = now;
}

static enum ward_breaker_change closes(struct ward_breaker *breaker)
{
	bool was_closed = breaker->state == WARD_BREAKER_CLOSED;

	ward_breaker_init(breaker, breaker->cooldown_ns);
	return was_closed ? WARD_BREAKER_NO_CHANGE : WARD_BREAKER_CLOSES;
}

static void opens(struct ward_breaker *breaker, u64 now)
{
	breaker->state = WARD_BREAKER_OPEN;
	breaker->opens_ns = now + (breaker->cooldown_ns << breaker->doublings);
}

static enum ward_breaker_change judge_bad(struct ward_breaker *breaker,
					  enum ward_verdict verdict, u64 now)
{
	bool garbage = verdict == WARD_VERDICT_GARBAGE;

	breaker->failures++;
	if (!garbage && breaker->failures < WARD_BREAKER_FAILURES)
		return WARD_BREAKER_NO_CHANGE;
	opens(breaker, now);
	return garbage ? WARD_BREAKER_OPENS_GARBAGE : WARD_BREAKER_OPENS_FAILED;
}

static enum ward_breaker_change judge_probe(struct ward_breaker *breaker, u64 now)
{
	if (breaker->doublings < WARD_BREAKER_DOUBLINGS)
		breaker->doublings++;
	opens(breaker, now);
	return WARD_BREAKER_STAYS_OPEN;
}

enum ward_breaker_change ward_breaker_judge(struct ward_breaker *breaker,
					    enum ward_verdict verdict, u64 now)
{
	bool probing = breaker->state == WARD_BREAKER_PROBING;

	if (verdict == WARD_VERDICT_GOOD)
		return closes(breaker);
	if (verdict == WARD_VERDICT_NEUTRAL) {
		ward_breaker_abandon(breaker, now);
		return WARD_BREAKER_NO_CHANGE;
	}
	if (!breaker->cooldown_ns || breaker->state == WARD_BREAKER_OPEN)
		return WARD_BREAKER_NO_CHANGE;
	return probing ? judge_probe(breaker, now) : judge_bad(breaker, verdict, now);
}

enum ward_breaker_change ward_breaker_reset(struct ward_breaker *breaker)
{
	return closes(breaker);
}
