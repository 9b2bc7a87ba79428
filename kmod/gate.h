/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may ask for evidence, in which order, and when the provider is called:
 * a fair line, a bucket of calls, a bucket of requests for each user, and a
 * breaker. The time is a parameter, and nothing here waits: tests/unit compiles
 * it and runs it by a clock of its own. Whoever calls serialises the calls.
 */
#ifndef WARD_GATE_H
#define WARD_GATE_H

#include "breaker.h"
#include "line.h"
#include "rate.h"

#define WARD_GATE_MAX		256	/* requests that wait */
#define WARD_GATE_USER_MAX	64	/* of them on one user's sessions */
/* Of these that go alone: each is a call, and keeps its place for as long. */
#define WARD_GATE_USER_ALONE	8

/**
 * struct ward_gate_user - a user, as the gate knows them
 * @line: their part of it
 * @at: their bucket
 */
struct ward_gate_user {
	struct ward_line_user line;
	u64 at;
};

/**
 * struct ward_pace - settings
 * @calls: of the provider, by everybody
 * @asks: requests, by each user
 * @cooldown_ns: of the breaker; 0 = it never opens
 */
struct ward_pace {
	struct ward_rate calls;
	struct ward_rate asks;
	u64 cooldown_ns;
};

/**
 * struct ward_gate - the way to a provider
 * @line: who waits for a call
 * @pace: settings
 * @at: bucket of calls
 * @call_cost_ns: what a call takes, moving average
 * @breaker: see there. While it probes, nobody but the probe is in line
 */
struct ward_gate {
	struct ward_line line;
	struct ward_pace pace;
	u64 at;
	u64 call_cost_ns;
	struct ward_breaker breaker;
};

void ward_gate_init(struct ward_gate *gate, const struct ward_pace *pace);
void ward_gate_set(struct ward_gate *gate, const struct ward_pace *pace, u64 now);
/*
 * Get in line until a call is made. 0; or -EHOSTDOWN (the breaker is open), -EAGAIN
 * (no call can come before @deadline; no room; too many requests of this user),
 * and *@retry is how long from now it is worth coming again.
 */
int ward_gate_enter(struct ward_gate *gate, struct ward_line_session *session,
		    struct ward_place *place, u64 deadline, u64 now, u64 *retry);
/* Get out of line before the call. */
void ward_gate_leave(struct ward_gate *gate, struct ward_place *place, u64 now);
/* How long until a call may be made; 0 = now. */
u64 ward_gate_wait(const struct ward_gate *gate, u64 now);
/* A call is made for those that ward_line_next() gives. */
void ward_gate_call(struct ward_gate *gate, u64 now);
/* It is over. */
enum ward_breaker_change ward_gate_called(struct ward_gate *gate, u64 cost_ns,
					  enum ward_verdict verdict, u64 now);

#endif /* WARD_GATE_H */
