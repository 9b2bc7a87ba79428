// SPDX-License-Identifier: MIT
/*
 * The kernel's gate to a provider, compiled here and run by a clock of its own:
 * who is served in which order, how often the provider is called, who is told
 * to come again and when, and what opens and closes the breaker.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "kernel_list.h"

/* What the sources want of the kernel. */
typedef uint32_t u32;
typedef uint64_t u64;
#define min(a, b)		((a) < (b) ? (a) : (b))
#define div64_u64(a, b)		((u64)(a) / (b))

#include "../../kmod/breaker.c"
#include "../../kmod/line.c"
#include "../../kmod/gate.c"

#define MS	1000000ull
#define SECOND	(1000 * MS)
#define FOREVER	(~0ull)

enum { LEAVES = 64 };

static const struct ward_pace pace_default = {
	.calls = { 2 * SECOND, 8 },
	.asks = { 250 * MS, 64 },
	.cooldown_ns = 30 * SECOND,
};

static const struct ward_pace pace_none = {
	.calls = { 0, 1 },
	.asks = { 0, 1 },
};

static u64 next(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* ---- a gate with users, sessions and requests ----------------------------------------- */

enum { USERS = 8, SESSIONS = 8, REQUESTS = 4096 };

static struct ward_gate gate;
static struct ward_gate_user users[USERS];
static struct ward_line_session sessions[USERS][SESSIONS];
static struct ward_place places[REQUESTS];

static void gate_new(const struct ward_pace *pace)
{
	int u, s;

	ward_gate_init(&gate, pace);
	for (u = 0; u < USERS; u++) {
		users[u].at = 0;
		ward_line_user_init(&users[u].line);
		for (s = 0; s < SESSIONS; s++)
			ward_line_session_init(&sessions[u][s], &users[u].line);
	}
}

static int enter(int user, int session, int request, u64 deadline, u64 now, u64 *retry)
{
	return ward_gate_enter(&gate, &sessions[user][session], &places[request],
			       deadline, now, retry);
}

static void must_enter(int user, int session, int request, u64 now)
{
	u64 retry;

	assert_int_equal(enter(user, session, request, FOREVER, now, &retry), 0);
}

static int user_of(const struct ward_place *place)
{
	return (int)(container_of(place->session->user, struct ward_gate_user, line) - users);
}

static int session_of(const struct ward_place *place)
{
	return (int)(place->session - &sessions[0][0]);
}

/* The same for the gate: calls and users that were slow are so no longer. */
static void another_pace_holds_at_once(void **state)
{
	const struct ward_pace slow = { { 3600 * SECOND, 1 }, { 3600 * SECOND, 1 }, 0 };
	const struct ward_pace fast = { { SECOND, 1 }, { SECOND, 1 }, 0 };
	u64 now = SECOND, retry;

	(void)state;
	gate_new(&slow);
	must_enter(0, 0, 0, now);
	ward_gate_call(&gate, now);
	assert_non_null(ward_line_next(&gate.line, false));
	ward_gate_set(&gate, &fast, now);
	assert_int_equal(ward_gate_wait(&gate, now), SECOND);
	assert_int_equal(ward_gate_wait(&gate, now + SECOND), 0);
	assert_int_equal(enter(0, 0, 0, FOREVER, now, &retry), -EAGAIN);
	assert_int_equal(retry, SECOND);
	must_enter(0, 0, 0, now + SECOND);
}

/*
 * Users with one to SESSIONS sessions, all of them with requests waiting: at
 * every moment no user has been served more than once more often than another
 * who still waits, nor a session than another of its user, and each session's
 * requests go in the order in which they came.
 */
static void order_is_fair_to_one_position(void **state)
{
	static int served_user[USERS], served[USERS * SESSIONS];
	int last[USERS * SESSIONS], n = 0, u, s, i, t;
	struct ward_place *place;

	(void)state;
	gate_new(&pace_none);
	memset(served_user, 0, sizeof(served_user));
	memset(served, 0, sizeof(served));
	memset(last, -1, sizeof(last));
	/* The greedy come first and with all they have. */
	for (u = 0; u < 4; u++)
		for (s = 0; s <= 2 * u; s++)
			for (i = 0; i < 60 / (2 * u + 1); i++)
				must_enter(u, s, n++, 0);
	for (; n; n--) {
		place = ward_line_next(&gate.line, false);
		assert_non_null(place);
		u = user_of(place);
		s = session_of(place);
		assert_true(place - places > last[s]);
		last[s] = (int)(place - places);
		served_user[u]++;
		served[s]++;
		for (i = 0; i < 4; i++)
			assert_true(!users[i].line.waiting ||
				    served_user[u] <= served_user[i] + 1);
		for (t = u * SESSIONS; t <= u * SESSIONS + 2 * u; t++)
			assert_true(list_empty(&sessions[0][t].places) ||
				    served[s] <= served[t] + 1);
	}
	assert_null(ward_line_next(&gate.line, false));
	assert_int_equal(gate.line.waiting, 0);
}

/* Who comes late among many of a greedy user's requests is served next but one. */
static void modest_user_is_not_kept_waiting(void **state)
{
	int i;

	(void)state;
	gate_new(&pace_none);
	for (i = 0; i < 60; i++)
		must_enter(0, i % SESSIONS, i, 0);
	must_enter(1, 0, 100, 0);
	assert_int_equal(user_of(ward_line_next(&gate.line, false)), 0);
	assert_ptr_equal(ward_line_next(&gate.line, false), &places[100]);
}

/* ---- the worker, by a clock of its own ----------------------------------------------------- */

struct worker {
	u64 free_at;		/* until when it is busy with a call */
	u64 cost;
	int calls;
	u64 first, last;	/* calls began */
};

/*
 * What request.c's worker does at @now: a call, unless it is at one. It serves
 * those that wait, up to LEAVES; their numbers in @order.
 */
static int work(struct worker *w, u64 now, int *order)
{
	struct ward_place *place;
	int n = 0;

	if (now < w->free_at || !gate.line.waiting || ward_gate_wait(&gate, now))
		return 0;
	ward_gate_call(&gate, now);
	while (n < LEAVES && (place = ward_line_next(&gate.line, n))) {
		order[n++] = (int)(place - places);
		if (place->alone)
			break;
	}
	ward_gate_called(&gate, w->cost, WARD_VERDICT_GOOD, now + w->cost);
	w->free_at = now + w->cost;
	w->last = now;
	if (!w->calls++)
		w->first = now;
	return n;
}

/*
 * A call that many share passes over those that go alone, and whatever their session
 * has behind them; these keep their turn, and have the next calls.
 */
static void who_goes_alone_keeps_the_turn(void **state)
{

	(void)state;
	gate_new(&pace_none);
	memset(places, 0, sizeof(places));
	places[1].alone = places[4].alone = true;
	must_enter(0, 0, 0, 0);
	must_enter(1, 0, 1, 0);		/* alone, and the next two sessions' are not */
	must_enter(1, 0, 7, 0);		/* behind it */
	must_enter(1, 1, 2, 0);
	must_enter(2, 0, 3, 0);
	must_enter(0, 1, 5, 0);
	must_enter(3, 0, 4, 0);
	must_enter(3, 1, 6, 0);
	/* Turns: user 0, 1 (by its second session), 2, 3 (the same), 0. */
	assert_ptr_equal(ward_line_next(&gate.line, false), &places[0]);
	assert_ptr_equal(ward_line_next(&gate.line, true), &places[2]);
	assert_ptr_equal(ward_line_next(&gate.line, true), &places[3]);
	assert_ptr_equal(ward_line_next(&gate.line, true), &places[6]);
	assert_ptr_equal(ward_line_next(&gate.line, true), &places[5]);
	assert_null(ward_line_next(&gate.line, true));
	assert_int_equal(gate.line.waiting, 3);
	/* Whoever had a turn in that call is behind. */
	assert_ptr_equal(ward_line_next(&gate.line, false), &places[1]);
	assert_ptr_equal(ward_line_next(&gate.line, false), &places[4]);
	assert_ptr_equal(ward_line_next(&gate.line, true), &places[7]);
	assert_null(ward_line_next(&gate.line, false));
	memset(places, 0, sizeof(places));
}

/*
 * One user asks for calls of its own without end, another for shared ones: neither
 * waits for more than one call of the other's.
 */
static void calls_alone_and_shared_take_turns(void **state)
{
	struct worker w = { .cost = MS };
	int order[LEAVES], i, n;
	u64 now = SECOND;

	(void)state;
	gate_new(&pace_none);
	memset(places, 0, sizeof(places));
	for (i = 0; i < WARD_GATE_USER_ALONE; i++) {
		places[i].alone = true;
		must_enter(0, i % SESSIONS, i, now);
		must_enter(1, i % SESSIONS, 100 + i, now);
	}
	for (i = 0; i < 32; i++, now += 2 * MS) {
		n = work(&w, now, order);
		assert_true(i % 2 ? n > 1 : n == 1);
		assert_int_equal(places[order[0]].alone, !(i % 2));
		/* They come again at once. */
		while (n--)
			must_enter(!places[order[n]].alone, order[n] % SESSIONS, order[n], now);
	}
	memset(places, 0, sizeof(places));
}

/* The same against a plain model, with requests that come and go at random. */
static void line_keeps_its_books(void **state)
{
	static bool in_line[REQUESTS];
	u64 seed = 7;
	int i, n = 0, op;

	(void)state;
	gate_new(&pace_none);
	memset(in_line, 0, sizeof(in_line));
	for (op = 0; op < 100000; op++) {
		struct ward_place *place;
		u64 retry;

		i = (int)(next(&seed) % 512);
		if (next(&seed) % 3 == 0) {
			place = ward_line_next(&gate.line, false);
			assert_int_equal(place != NULL, n != 0);
			if (place) {
				assert_true(in_line[place - places]);
				in_line[place - places] = false;
				n--;
			}
		} else if (in_line[i]) {
			ward_gate_leave(&gate, &places[i], 0);
			in_line[i] = false;
			n--;
		} else if (!enter(i % USERS, (i / USERS) % SESSIONS, i, FOREVER, 0, &retry)) {
			in_line[i] = true;
			n++;
		}
		assert_int_equal(gate.line.waiting, n);
	}
}

/* ---- calls ---------------------------------------------------------------------- */

/*
 * 64 clients of four users come at once, within less than a call takes: the first
 * has a call of its own, all the others share the second.
 */
static void sixty_four_clients_share_two_calls(void **state)
{
	struct worker w = { .cost = 20 * MS };
	int order[2 * LEAVES], n = 0, i, later[4] = { 0 };
	u64 now = 100 * SECOND;

	(void)state;
	gate_new(&pace_default);
	for (i = 0; i < 64; i++, now += 10000) {
		must_enter(i / 16, i % 4, i, now);
		n += work(&w, now, order + n);
	}
	assert_int_equal(n, 1);
	for (; n < 64 && now < 200 * SECOND; now += MS)
		n += work(&w, now, order + n);
	assert_int_equal(n, 64);
	assert_int_equal(w.calls, 2);
	assert_int_equal(order[0], 0);
	/* In turns: each four leaves are of the four users. */
	for (i = 1; i < 61; i++) {
		later[order[i] / 16]++;
		assert_true(later[order[i] / 16] <= (i + 3) / 4);
	}
}

/* The provider's rate holds whatever 512 clients do, and all are served by it. */
static void calls_are_paced(void **state)
{
	struct worker w = { .cost = 5 * MS };
	int order[LEAVES], in_line[512] = { 0 }, n, i, total = 0;
	u64 now, seed = 3, retry;

	(void)state;
	gate_new(&pace_default);
	gate.pace.asks = pace_none.asks;
	for (now = 0; now < 100 * SECOND; now += MS) {
		for (i = 0; i < 4; i++) {
			int who = (int)(next(&seed) % 512);

			if (!in_line[who] && !enter(who % USERS, who / USERS % SESSIONS, who,
						    FOREVER, now, &retry))
				in_line[who] = 1;
		}
		n = work(&w, now, order);
		for (i = 0; i < n; i++)
			in_line[order[i]] = 0;
		total += n;
	}
	/* Eight at once, and one every two seconds after. */
	assert_true(w.calls <= 8 + 50 && w.calls >= 8 + 48);
	assert_true(total >= 50 * LEAVES);
}

/* ---- who is told to come again ---------------------------------------------------------------- */

static void user_that_asks_too_often(void **state)
{
	u64 now = 10 * SECOND, retry;
	int i;

	(void)state;
	gate_new(&pace_default);
	gate.pace.calls.interval_ns = 0;
	for (i = 0; i < 64; i++) {
		must_enter(0, i % SESSIONS, i, now);
		assert_non_null(ward_line_next(&gate.line, false));
	}
	now += 100 * MS;
	assert_int_equal(enter(0, 0, 64, FOREVER, now, &retry), -EAGAIN);
	assert_int_equal(retry, 150 * MS);
	/* To ask in vain costs nothing, another user has tokens of their own. */
	assert_int_equal(enter(0, 1, 64, FOREVER, now, &retry), -EAGAIN);
	assert_int_equal(retry, 150 * MS);
	must_enter(1, 0, 65, now);
	assert_int_equal(enter(0, 0, 64, FOREVER, now + retry - 1, &retry), -EAGAIN);
	assert_int_equal(retry, 1);
	must_enter(0, 0, 64, now + 150 * MS);
}

/* No wait that must be in vain; one that may come right is begun. */
static void deadline_before_the_next_call(void **state)
{
	u64 now = 10 * SECOND, retry;
	int i;

	(void)state;
	gate_new(&pace_default);
	for (i = 0; i < 8; i++)
		ward_gate_call(&gate, now);
	assert_int_equal(enter(0, 0, 0, now + 2 * SECOND, now, &retry), -EAGAIN);
	assert_int_equal(retry, 2 * SECOND);
	assert_int_equal(users[0].at, 0);
	assert_int_equal(enter(0, 0, 0, now + 2 * SECOND + 1, now, &retry), 0);
	/* With a call to be had at once the deadline is the waiter's affair. */
	gate_new(&pace_default);
	assert_int_equal(enter(0, 0, 0, now + 1, now, &retry), 0);
}

static void no_room(void **state)
{
	u64 now = 10 * SECOND, retry;
	int i;

	(void)state;
	gate_new(&pace_none);
	for (i = 0; i < WARD_GATE_USER_MAX; i++)
		must_enter(0, i % SESSIONS, i, now);
	assert_int_equal(enter(0, 0, i, FOREVER, now, &retry), -EAGAIN);
	assert_int_equal(retry, COST_FIRST_NS);
	for (; i < WARD_GATE_MAX; i++)
		must_enter(i / WARD_GATE_USER_MAX, 0, i, now);
	assert_int_equal(enter(USERS - 1, 0, i, FOREVER, now, &retry), -EAGAIN);
	assert_non_null(ward_line_next(&gate.line, false));
	must_enter(USERS - 1, 0, i, now);
}

/* Others, and what the user shares, are not held back. */
static void few_go_alone(void **state)
{
	const int last = WARD_GATE_USER_ALONE;
	u64 retry;

	(void)state;
	gate_new(&pace_none);
	for (int i = 0; i <= last; i++)
		places[i].alone = true;
	for (int i = 0; i < last; i++)
		must_enter(0, i % SESSIONS, i, 0);
	assert_int_equal(enter(0, 0, last, FOREVER, 0, &retry), -EAGAIN);
	must_enter(0, 0, last + 1, 0);
	must_enter(1, 0, last, 0);
	ward_gate_leave(&gate, &places[0], 0);
	must_enter(0, 0, 0, 0);
	memset(places, 0, sizeof(places));
}

/* ---- the breaker --------------------------------------------------------------------------------- */

#define C	WARD_BREAKER_CLOSED
#define O	WARD_BREAKER_OPEN
#define P	WARD_BREAKER_PROBING

/*
 * What happens, after which it is in a state, and what is told of it. "enter" is
 * a request that comes @at; -EHOSTDOWN where it is shut out.
 */
static const struct step {
	enum { ENTER, LEAVE, JUDGE, RESET } op;
	int arg;		/* of JUDGE: the verdict; of ENTER: what it gets */
	u64 at;			/* seconds */
	enum ward_breaker_state state;
	enum ward_breaker_change change;
} steps[] = {
#define NO	WARD_BREAKER_NO_CHANGE
	{ JUDGE, WARD_VERDICT_FAILED, 1, C, NO },
	{ JUDGE, WARD_VERDICT_FAILED, 1, C, NO },
	{ JUDGE, WARD_VERDICT_GOOD, 1, C, NO },		/* not in a row any more */
	{ JUDGE, WARD_VERDICT_FAILED, 1, C, NO },
	{ JUDGE, WARD_VERDICT_FAILED, 1, C, NO },
	{ JUDGE, WARD_VERDICT_NEUTRAL, 1, C, NO },	/* neither counts nor clears */
	{ ENTER, 0, 1, C, NO },
	{ JUDGE, WARD_VERDICT_FAILED, 2, O, WARD_BREAKER_OPENS_FAILED },
	{ ENTER, -EHOSTDOWN, 2, O, NO },
	{ JUDGE, WARD_VERDICT_FAILED, 3, O, NO },
	{ ENTER, -EHOSTDOWN, 31, O, NO },
	{ ENTER, 0, 32, P, NO },
	{ ENTER, -EHOSTDOWN, 32, P, NO },		/* one probe */
	{ LEAVE, 0, 33, O, NO },			/* killed before its call */
	{ ENTER, 0, 33, P, NO },
	{ JUDGE, WARD_VERDICT_NEUTRAL, 34, O, NO },
	{ ENTER, 0, 34, P, NO },
	{ JUDGE, WARD_VERDICT_FAILED, 40, O, WARD_BREAKER_STAYS_OPEN },
	{ ENTER, -EHOSTDOWN, 99, O, NO },		/* twice as long */
	{ ENTER, 0, 100, P, NO },
	{ JUDGE, WARD_VERDICT_GARBAGE, 100, O, WARD_BREAKER_STAYS_OPEN },
	{ ENTER, -EHOSTDOWN, 219, O, NO },		/* four times */
	{ ENTER, 0, 220, P, NO },
	{ JUDGE, WARD_VERDICT_GOOD, 221, C, WARD_BREAKER_CLOSES },
	{ ENTER, 0, 221, C, NO },
	{ JUDGE, WARD_VERDICT_GARBAGE, 222, O, WARD_BREAKER_OPENS_GARBAGE },
	{ ENTER, -EHOSTDOWN, 251, O, NO },		/* once as long again */
	{ RESET, 0, 251, C, WARD_BREAKER_CLOSES },
	{ RESET, 0, 251, C, NO },
	{ JUDGE, WARD_VERDICT_FAILED, 252, C, NO },	/* from the start */
	{ JUDGE, WARD_VERDICT_FAILED, 252, C, NO },
	{ JUDGE, WARD_VERDICT_FAILED, 252, O, WARD_BREAKER_OPENS_FAILED },
#undef NO
};

static enum ward_breaker_change take_step(const struct step *step, int i)
{
	u64 now = step->at * SECOND, retry = 0;

	switch (step->op) {
	case ENTER:
		assert_int_equal(enter(0, 0, i, FOREVER, now, &retry), step->arg);
		if (step->arg)
			assert_true(retry > 0);
		/* The probe stays in line for LEAVE; the others' call is made. */
		else if (step->state == WARD_BREAKER_CLOSED)
			assert_non_null(ward_line_next(&gate.line, false));
		return WARD_BREAKER_NO_CHANGE;
	case LEAVE:
		ward_gate_leave(&gate, list_first_entry(&sessions[0][0].places,
							struct ward_place, node), now);
		return WARD_BREAKER_NO_CHANGE;
	case JUDGE:
		ward_line_next(&gate.line, false);
		return ward_gate_called(&gate, MS, (enum ward_verdict)step->arg, now);
	default:
		return ward_breaker_reset(&gate.breaker);
	}
}

static void breaker_transitions(void **state)
{
	size_t i;

	gate_new(&pace_default);
	(void)state, gate.pace.calls = pace_none.calls;
	gate.pace.asks = pace_none.asks;
	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		if (take_step(&steps[i], (int)i) != steps[i].change ||
		    gate.breaker.state != steps[i].state)
			fail_msg("step %zu: state %d", i, gate.breaker.state);
	}
}

/* The cool-down grows to a bound, and what it tells is exact. */
static void breaker_cools_down_to_a_bound(void **state)
{
	u64 now = SECOND, retry, expected = 30 * SECOND;
	int i;

	(void)state;
	gate_new(&pace_default);
	ward_gate_called(&gate, MS, WARD_VERDICT_GARBAGE, now);
	for (i = 0; i < 12; i++) {
		assert_int_equal(enter(0, 0, 0, FOREVER, now, &retry), -EHOSTDOWN);
		assert_int_equal(retry, expected);
		now += retry;
		assert_int_equal(enter(0, 0, 0, FOREVER, now - 1, &retry), -EHOSTDOWN);
		must_enter(0, 0, 0, now);
		assert_non_null(ward_line_next(&gate.line, false));
		ward_gate_called(&gate, MS, WARD_VERDICT_FAILED, now);
		if (i < WARD_BREAKER_DOUBLINGS)
			expected *= 2;
	}
	assert_int_equal(expected, 32 * 30 * SECOND);
}

static void no_breaker(void **state)
{
	int i;

	(void)state;
	gate_new(&pace_none);
	for (i = 0; i < 100; i++)
		ward_gate_called(&gate, MS, i % 2 ? WARD_VERDICT_GARBAGE :
				 WARD_VERDICT_FAILED, i);
	must_enter(0, 0, 0, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_pace_holds_at_once),
		cmocka_unit_test(order_is_fair_to_one_position),
		cmocka_unit_test(modest_user_is_not_kept_waiting),
		cmocka_unit_test(who_goes_alone_keeps_the_turn),
		cmocka_unit_test(calls_alone_and_shared_take_turns),
		cmocka_unit_test(few_go_alone),
		cmocka_unit_test(line_keeps_its_books),
		cmocka_unit_test(sixty_four_clients_share_two_calls),
		cmocka_unit_test(calls_are_paced),
		cmocka_unit_test(user_that_asks_too_often),
		cmocka_unit_test(deadline_before_the_next_call),
		cmocka_unit_test(no_room),
		cmocka_unit_test(breaker_transitions),
		cmocka_unit_test(breaker_cools_down_to_a_bound),
		cmocka_unit_test(no_breaker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
