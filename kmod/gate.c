// SPDX-License-Identifier: GPL-2.0-only
/*
 * See gate.h. Calls are paced, so that requests wait and share one; users are
 * told at once when they ask too often, since to let them wait would only fill
 * the line. A request that is refused costs its user no token.
 */
#ifdef __KERNEL__
#include <linux/container_of.h>
#include <linux/errno.h>
#endif

#include "gate.h"

#define COST_FIRST_NS	50000000ull	/* 50 ms: a guess before any call */

void ward_gate_init(struct ward_gate *gate, const struct ward_pace *pace)
{
	ward_line_init(&gate->line);
	gate->pace = *pace;
	gate->at = 0;
	gate->call_cost_ns = COST_FIRST_NS;
	ward_breaker_init(&gate->breaker, pace->cooldown_ns);
}

/* What has been taken stays taken; how it counts is the new rate's to say. */
void ward_gate_set(struct ward_gate *gate, const struct ward_pace *pace, u64 now)
{
	gate->pace = *pace;
	gate->at = ward_rate_settle(&pace->calls, gate->at, now);
	gate->breaker.cooldown_ns = pace->cooldown_ns;
}

static bool has_room(const struct ward_gate *gate, const struct ward_gate_user *user,
		     const struct ward_place *place)
{
	return gate->line.waiting < WARD_GATE_MAX &&
	       user->line.waiting < WARD_GATE_USER_MAX &&
	       (!place->alone || user->line.alone < WARD_GATE_USER_ALONE);
}

/* 0 or -EAGAIN; *@retry is set either way. */
static int admit(const struct ward_gate *gate, const struct ward_gate_user *user,
		 const struct ward_place *place, u64 deadline, u64 now, u64 *retry)
{
	*retry = ward_rate_wait(&gate->pace.calls, gate->at, now);
	if (*retry && now + *retry >= deadline)
		return -EAGAIN;
	if (!has_room(gate, user, place)) {
		*retry += gate->call_cost_ns;
		return -EAGAIN;
	}
	*retry = ward_rate_wait(&gate->pace.asks, user->at, now);
	return *retry ? -EAGAIN : 0;
}

int ward_gate_enter(struct ward_gate *gate, struct ward_line_session *session,
		    struct ward_place *place, u64 deadline, u64 now, u64 *retry)
{
	struct ward_gate_user *user = container_of(session->user, struct ward_gate_user,
						   line);
	int rc;

	if (ward_breaker_shut(&gate->breaker, now, retry)) {
		/* While a probe is under way nobody knows. */
		if (!*retry)
			*retry = ward_gate_wait(gate, now) + gate->call_cost_ns;
		return -EHOSTDOWN;
	}
	user->at = ward_rate_settle(&gate->pace.asks, user->at, now);
	rc = admit(gate, user, place, deadline, now, retry);
	if (rc)
		return rc;
	user->at = ward_rate_take(&gate->pace.asks, user->at, now);
	ward_breaker_enter(&gate->breaker);
	ward_line_join(&gate->line, session, place);
	return 0;
}

void ward_gate_leave(struct ward_gate *gate, struct ward_place *place, u64 now)
{
	ward_line_leave(&gate->line, place);
	ward_breaker_abandon(&gate->breaker, now);
}

u64 ward_gate_wait(const struct ward_gate *gate, u64 now)
{
	return ward_rate_wait(&gate->pace.calls, gate->at, now);
}

void ward_gate_call(struct ward_gate *gate, u64 now)
{
	gate->at = ward_rate_take(&gate->pace.calls, gate->at, now);
}

enum ward_breaker_change ward_gate_called(struct ward_gate *gate, u64 cost_ns,
					  enum ward_verdict verdict, u64 now)
{
	gate->call_cost_ns = (gate->call_cost_ns * 7 + cost_ns) / 8;
	return ward_breaker_judge(&gate->breaker, verdict, now);
}
