// SPDX-License-Identifier: MIT
/*
 * Clocks that differ: the policy's clock_leeway. What holds as of the time of the
 * verification is judged then. What does not because of a date alone may hold by a clock
 * that is so much behind or ahead: one time for all of a piece, its certificates and the
 * collateral to it, so that never two of them are believed that were not valid together.
 */
#include "kind.h"

static bool is_of_clock(int reason)
{
	return reason == WV_CERTIFICATE_EXPIRED || reason == WV_CERTIFICATE_NOT_YET ||
	       reason == WV_COLLATERAL_EXPIRED || reason == WV_COLLATERAL_NOT_YET ||
	       reason == WV_CLOCK_SUSPECT;
}

static int appraise_at(struct judge *j, const struct kind *k, const struct wv_evidence *e,
		       int64_t now)
{
	const struct wv_appraisal *given = j->a;
	struct wv_appraisal a = *given;
	int rc;

	a.now = now;
	j->a = &a;
	rc = k->appraise(j, e);
	j->a = given;
	return rc;
}

/* Nobody is told, and nothing is kept. */
static bool holds_at(const struct judge *j, const struct kind *k, const struct wv_evidence *e,
		     int64_t now)
{
	struct wv_verdict v = *j->v;
	struct judge dry = *j;

	dry.v = &v;
	dry.rules = (struct rules){ .fault = &v.fault, .v = &v };
	return !is_of_clock(appraise_at(&dry, k, e, now));
}

/* While nobody looks on, the common case costs one appraisal. */
static bool holds_now(struct judge *j, const struct kind *k, const struct wv_evidence *e, int *rc)
{
	struct wv_verdict v = *j->v;
	struct judge before = *j;

	*rc = k->appraise(j, e);
	if (!is_of_clock(*rc))
		return true;
	*j->v = v;
	*j = before;
	return false;
}

int leeway_appraise(struct judge *j, const struct kind *k, const struct wv_evidence *e)
{
	int64_t now = j->a->now, leeway = (int64_t)j->p->session.clock_leeway;
	int rc;

	if (!leeway)
		return k->appraise(j, e);
	if (!j->rules.each && holds_now(j, k, e, &rc))
		return rc;
	if (!holds_at(j, k, e, now)) {
		if (holds_at(j, k, e, now - leeway))
			now -= leeway;
		else if (holds_at(j, k, e, now + leeway))
			now += leeway;
	}
	return appraise_at(j, k, e, now);
}
