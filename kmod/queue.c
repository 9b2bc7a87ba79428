// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of requests: the gate under its lock, and what is told of it.
 * request.c has the worker that empties it.
 *
 * ward_ledger_lock is taken under queue_lock, so that records of the breaker
 * stand in the order of its changes; nothing else is.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>

#include "request.h"

static DEFINE_SPINLOCK(queue_lock);	/* protects what follows */
static struct ward_gate gate;
static struct ward_attest_stats stats;
static u64 provider_seen;		/* whom the breaker judges */

static atomic64_t reused;

static struct ward_request *request_at(struct ward_place *place)
{
	return container_of(place, struct ward_request, place);
}

/* ---- the breaker ------------------------------------------------------------- */

static void record_breaker(enum ward_breaker_change change, int rc)
{
	const struct ward_breaker *breaker = &gate.breaker;
	struct ward_event ev = {
		.type = cpu_to_le16(WARD_EVENT_BREAKER),
		.reason = cpu_to_le16(change),
		.id = cpu_to_le64(-rc),
	};

	lockdep_assert_held(&queue_lock);
	if (change == WARD_BREAKER_NO_CHANGE)
		return;
	if (change != WARD_BREAKER_CLOSES)
		ev.cost_ns = cpu_to_le64(breaker->cooldown_ns << breaker->doublings);
	ward_ledger_system(&ev);
}

/* What one provider did is not held against the next. */
static void look_at_provider(void)
{
	u64 now = ward_ledger_providers();

	lockdep_assert_held(&queue_lock);
	if (provider_seen == now)
		return;
	provider_seen = now;
	record_breaker(ward_breaker_reset(&gate.breaker), 0);
}

/* ---- in and out ----------------------------------------------------------------- */

/**
 * ward_queue_join() - wait for the worker
 * @req: not in the queue; a reference goes with it
 * @deadline_ns: CLOCK_BOOTTIME
 *
 * Return: 0; -EAGAIN or -EHOSTDOWN, and @req's retry_ns is set
 */
int ward_queue_join(struct ward_request *req, u64 deadline_ns)
{
	int rc;

	guard(spinlock)(&queue_lock);
	look_at_provider();
	req->submitted_ns = ktime_get_boottime_ns();
	rc = ward_gate_enter(&gate, &req->session->line, &req->place, deadline_ns,
			     req->submitted_ns, &req->retry_ns);
	if (rc) {
		stats.refused++;
		return rc;
	}
	kref_get(&req->ref);
	req->queued = true;
	return 0;
}

/**
 * ward_queue_leave() - take a request back
 * @req: its caller wants no answer
 *
 * Return: it was still in the queue, whose reference is the caller's now
 */
bool ward_queue_leave(struct ward_request *req)
{
	guard(spinlock)(&queue_lock);
	if (!req->queued)
		return false;
	req->queued = false;
	ward_gate_leave(&gate, &req->place, ktime_get_boottime_ns());
	return true;
}

static void take(struct ward_place *place, struct list_head *taken)
{
	lockdep_assert_held(&queue_lock);
	request_at(place)->queued = false;
	list_add_tail(&place->node, taken);
}

/* Whose turn it is, and those that may share a call with it. */
static unsigned int take_call(struct list_head *taken)
{
	struct ward_place *place = ward_line_next(&gate.line, false);
	unsigned int n = 0;

	while (place) {
		take(place, taken);
		n++;
		place = place->alone || n == WARD_PATH_MAX ? NULL :
			ward_line_next(&gate.line, true);
	}
	return n;
}

static void take_all(struct list_head *taken)
{
	struct ward_place *place;

	while ((place = ward_line_next(&gate.line, false)))
		take(place, taken);
}

/**
 * ward_queue_take() - what the next call serves
 * @taken: gets requests, linked by their place, with the queue's references
 * @wait_ns: how long until there is a call for those that wait; 0 = none does
 *
 * Return: requests taken: one that goes alone, or up to WARD_PATH_MAX that do not;
 * a call is to be made unless 0
 */
unsigned int ward_queue_take(struct list_head *taken, u64 *wait_ns)
{
	u64 now = ktime_get_boottime_ns();

	guard(spinlock)(&queue_lock);
	look_at_provider();
	*wait_ns = 0;
	if (!gate.line.waiting)
		return 0;
	*wait_ns = ward_gate_wait(&gate, now);
	if (*wait_ns)
		return 0;
	ward_gate_call(&gate, now);
	return take_call(taken);
}

/**
 * ward_queue_called() - the call is over
 * @call: how it went
 * @shut_out: gets those that waited, where the breaker opens: they are failed
 */
void ward_queue_called(const struct ward_called *call, struct list_head *shut_out)
{
	u64 now = ktime_get_boottime_ns(), wait;
	enum ward_verdict verdict = call->verdict;
	enum ward_breaker_change change;
	struct ward_place *place;

	guard(spinlock)(&queue_lock);
	stats.calls++;
	stats.errors += !!call->rc;
	stats.served += call->rc ? 0 : call->leaves;
	/* It may have answered after another took its place. */
	if (provider_seen != ward_ledger_providers())
		verdict = WARD_VERDICT_NEUTRAL;
	change = ward_gate_called(&gate, call->cost_ns, verdict, now);
	record_breaker(change, call->rc);
	if (!ward_breaker_shut(&gate.breaker, now, &wait))
		return;
	take_all(shut_out);
	list_for_each_entry(place, shut_out, node)
		request_at(place)->retry_ns = wait;
}

void ward_queue_reused(void)
{
	atomic64_inc(&reused);
}

/* ---- settings and figures ------------------------------------------------------------ */

void ward_attest_stats(struct ward_attest_stats *out)
{
	u64 now = ktime_get_boottime_ns();

	guard(spinlock)(&queue_lock);
	*out = stats;
	out->reused = atomic64_read(&reused);
	out->queued = gate.line.waiting;
	out->tokens = ward_rate_tokens(&gate.pace.calls, gate.at, now);
	out->next_call_ns = ward_gate_wait(&gate, now);
	out->breaker = gate.breaker.state;
	if (gate.breaker.state != WARD_BREAKER_CLOSED)
		ward_breaker_shut(&gate.breaker, now, &out->probe_ns);
}

static u32 ms_of(u64 ns)
{
	return (u32)div_u64(ns, NSEC_PER_MSEC);
}

void ward_pace_get(struct ward_paces *out)
{
	guard(spinlock)(&queue_lock);
	out->value[WARD_PACE_CALL_MS] = ms_of(gate.pace.calls.interval_ns);
	out->value[WARD_PACE_CALL_BURST] = gate.pace.calls.burst;
	out->value[WARD_PACE_ASK_MS] = ms_of(gate.pace.asks.interval_ns);
	out->value[WARD_PACE_ASK_BURST] = gate.pace.asks.burst;
	out->value[WARD_PACE_COOLDOWN_MS] = ms_of(gate.pace.cooldown_ns);
}

static void apply(struct ward_pace *pace, enum ward_pace_knob knob, u32 value)
{
	u64 ns = value * (u64)NSEC_PER_MSEC;

	switch (knob) {
	case WARD_PACE_CALL_MS:
		pace->calls.interval_ns = ns;
		break;
	case WARD_PACE_CALL_BURST:
		pace->calls.burst = value;
		break;
	case WARD_PACE_ASK_MS:
		pace->asks.interval_ns = ns;
		break;
	case WARD_PACE_ASK_BURST:
		pace->asks.burst = value;
		break;
	default:
		pace->cooldown_ns = ns;
	}
}

static void record_knob(enum ward_pace_knob knob, u32 value)
{
	struct ward_event ev = {
		.type = cpu_to_le16(WARD_EVENT_LIMIT),
		.reason = cpu_to_le16(WARD_LIMIT_CALL_MS + knob),
		.bytes = cpu_to_le64(value),
	};

	ward_ledger_system(&ev);
}

static bool is_burst(enum ward_pace_knob knob)
{
	return knob == WARD_PACE_CALL_BURST || knob == WARD_PACE_ASK_BURST;
}

/* 0, or what is wrong with a value, for people. */
const char *ward_pace_fault(enum ward_pace_knob knob, u32 value)
{
	if (is_burst(knob) && (!value || value > WARD_RATE_BURST_MAX))
		return "a burst is 1 to 4096";
	if (!is_burst(knob) && value > WARD_RATE_INTERVAL_MAX_MS)
		return "more than an hour";
	return NULL;
}

/**
 * ward_pace_set() - new settings, recorded
 * @paces: those that are named, without fault
 */
void ward_pace_set(const struct ward_paces *paces)
{
	enum ward_pace_knob knob;
	struct ward_pace pace;

	guard(spinlock)(&queue_lock);
	pace = gate.pace;
	for (knob = 0; knob < WARD_PACE_KNOBS; knob++) {
		if (!(paces->named & BIT(knob)))
			continue;
		apply(&pace, knob, paces->value[knob]);
		record_knob(knob, paces->value[knob]);
	}
	ward_gate_set(&gate, &pace, ktime_get_boottime_ns());
	if (!pace.cooldown_ns)
		record_breaker(ward_breaker_reset(&gate.breaker), 0);
}

/* ---- the room --------------------------------------------------------------------------- */

static uint params[WARD_PACE_KNOBS] = {
	[WARD_PACE_CALL_MS] = 2000,
	[WARD_PACE_CALL_BURST] = 8,
	[WARD_PACE_ASK_MS] = 250,
	[WARD_PACE_ASK_BURST] = 64,
	[WARD_PACE_COOLDOWN_MS] = 30000,
};

module_param_named(attest_interval_ms, params[WARD_PACE_CALL_MS], uint, 0444);
MODULE_PARM_DESC(attest_interval_ms, "from one call of the provider to the next, sustained; 0 = no pacing (2000)");
module_param_named(attest_burst, params[WARD_PACE_CALL_BURST], uint, 0444);
MODULE_PARM_DESC(attest_burst, "calls of the provider at once after a quiet time (8)");
module_param_named(attest_user_interval_ms, params[WARD_PACE_ASK_MS], uint, 0444);
MODULE_PARM_DESC(attest_user_interval_ms, "from one request of a user to the next, sustained; 0 = no bound (250)");
module_param_named(attest_user_burst, params[WARD_PACE_ASK_BURST], uint, 0444);
MODULE_PARM_DESC(attest_user_burst, "requests of a user at once after a quiet time (64)");
module_param_named(attest_cooldown_ms, params[WARD_PACE_COOLDOWN_MS], uint, 0444);
MODULE_PARM_DESC(attest_cooldown_ms, "how long a provider that failed is left alone; 0 = not at all (30000)");

/* A parameter without sense is said so, and left at what it stands for: the bound. */
static u32 param(enum ward_pace_knob knob)
{
	const char *fault = ward_pace_fault(knob, params[knob]);

	if (!fault)
		return params[knob];
	pr_warn("ward: a parameter attest_* is %u: %s\n", params[knob], fault);
	if (!is_burst(knob))
		return WARD_RATE_INTERVAL_MAX_MS;
	return params[knob] ? WARD_RATE_BURST_MAX : 1;
}

void ward_queue_init(void)
{
	struct ward_pace pace = { 0 };
	enum ward_pace_knob knob;

	for (knob = 0; knob < WARD_PACE_KNOBS; knob++)
		apply(&pace, knob, param(knob));
	ward_gate_init(&gate, &pace);
}
