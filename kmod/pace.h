/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast evidence may be asked for, and what is told of asking: what control_pace.c
 * shares with queue.c and request.c.
 */
#ifndef WARD_PACE_H
#define WARD_PACE_H

#include "gate.h"

/* Settings, in the order in which WARD_EVENT_LIMIT's reasons count them. */
enum ward_pace_knob {
	WARD_PACE_CALL_MS,
	WARD_PACE_CALL_BURST,
	WARD_PACE_ASK_MS,
	WARD_PACE_ASK_BURST,
	WARD_PACE_COOLDOWN_MS,
	WARD_PACE_KNOBS,
};

/* The first of those reasons. */
#define WARD_LIMIT_CALL_MS	5

/**
 * struct ward_paces - some of the settings
 * @named: bit n: setting n is meant
 * @value: milliseconds, or tokens
 */
struct ward_paces {
	unsigned long named;
	u32 value[WARD_PACE_KNOBS];
};

/**
 * struct ward_attest_stats - what became of requests
 * @calls: of the provider
 * @errors: calls that failed
 * @served: requests answered with new evidence
 * @refused: requests with EAGAIN or EHOSTDOWN
 * @reused: requests answered with evidence of an earlier one
 * @queued: requests that wait
 * @tokens: calls that may be made at once
 * @next_call_ns: how long until one may be made
 * @breaker: enum ward_breaker_state
 * @probe_ns: how long until a probe may pass, while the breaker is open
 */
struct ward_attest_stats {
	u64 calls;
	u64 errors;
	u64 served;
	u64 refused;
	u64 reused;
	u32 queued;
	u32 tokens;
	u64 next_call_ns;
	u32 breaker;
	u64 probe_ns;
};

void ward_attest_stats(struct ward_attest_stats *out);

const char *ward_pace_fault(enum ward_pace_knob knob, u32 value);
void ward_pace_get(struct ward_paces *out);
/* Takes effect at once, for those that wait too. */
void ward_attest_pace(const struct ward_paces *paces);
/* The same without waking the worker; queue.c. */
void ward_pace_set(const struct ward_paces *paces);

#endif /* WARD_PACE_H */
