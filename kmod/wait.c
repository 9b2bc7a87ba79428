// SPDX-License-Identifier: GPL-2.0-only
/*
 * Charges that wait for room, first come first served.
 *
 * Who makes room grants it, under ward_ledger_lock: a charge is made in the
 * moment in which its wait ends, and nobody else can come between. Who gives up
 * takes the lock to find out whether it was granted meanwhile.
 *
 * What is too big for the room that the machine has left is waited for, and
 * those behind it wait too, or it would never come. What its own session's or
 * user's limit holds up keeps only that session's or user's later charges back.
 */
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>

#include "ledger.h"

/* All under ward_ledger_lock. */
static LIST_HEAD(queue);
static u32 queued;
static u64 passes;

int ward_wait_terms(const struct ward_buf_alloc *cmd, struct ward_patience *out)
{
	u64 latest = ktime_get_boottime_ns() + WARD_WAIT_MAX_NS;

	if (!(cmd->flags & WARD_BUF_WAIT))
		return cmd->deadline_ns || cmd->flags & WARD_BUF_PSI ? -EINVAL : 0;
	if (cmd->deadline_ns > latest)
		return -EINVAL;
	out->deadline_ns = cmd->deadline_ns ?: latest;
	out->restart = cmd->deadline_ns;
	out->psi = cmd->flags & WARD_BUF_PSI;
	return 0;
}

bool ward_wait_any(void)
{
	lockdep_assert_held(&ward_ledger_lock);
	return !list_empty(&queue);
}

u32 ward_wait_count(void)
{
	lockdep_assert_held(&ward_ledger_lock);
	return queued;
}

/* ---- the queue ------------------------------------------------------------------ */

void ward_wait_join(struct ward_waiter *waiter)
{
	lockdep_assert_held(&ward_ledger_lock);
	waiter->task = current;
	waiter->result = WARD_WAITING;
	list_add_tail(&waiter->node, &queue);
	queued++;
	waiter->acct->waiting++;
	waiter->acct->user->waiting++;
	ward_pressure_note(waiter->acct);
}

void ward_wait_leave(struct ward_waiter *waiter)
{
	lockdep_assert_held(&ward_ledger_lock);
	list_del(&waiter->node);
	queued--;
	waiter->acct->waiting--;
	waiter->acct->user->waiting--;
	ward_pressure_note(waiter->acct);
}

/* The waiter is gone once its task sees @result: it takes the lock to look. */
static void end(struct ward_waiter *waiter, int result)
{
	ward_wait_leave(waiter);
	WRITE_ONCE(waiter->result, result);
	wake_up_process(waiter->task);
}

void ward_wait_fail(struct ward_account *acct, int result)
{
	struct ward_waiter *each, *next;

	lockdep_assert_held(&ward_ledger_lock);
	if (acct && !acct->waiting)
		return;
	list_for_each_entry_safe(each, next, &queue, node)
		if (!acct || each->acct == acct)
			end(each, result);
}

/* Keeps back what comes later of the same. */
static void hold(struct ward_waiter *waiter, enum ward_held held)
{
	if (held == WARD_HELD_SESSION)
		waiter->acct->held = passes;
	else
		waiter->acct->user->held = passes;
}

void ward_wait_serve(enum ward_held (*judge)(struct ward_waiter *waiter))
{
	struct ward_waiter *each, *next;
	enum ward_held held;

	lockdep_assert_held(&ward_ledger_lock);
	passes++;
	list_for_each_entry_safe(each, next, &queue, node) {
		if (each->acct->held == passes || each->acct->user->held == passes)
			continue;
		held = judge(each);
		if (held == WARD_HELD_GLOBAL)
			return;
		if (held == WARD_HELD_NOT)
			end(each, each->result);
		else
			hold(each, held);
	}
}

/* ---- sleeping --------------------------------------------------------------------- */

/*
 * Any signal ends the wait: a worker that is asked to stop should not sit here
 * for a minute, and the freezer of suspend needs it too.
 */
int ward_wait_sleep(struct ward_waiter *waiter, u64 deadline_ns)
{
	ktime_t deadline = ns_to_ktime(deadline_ns);
	int ret = 0;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(waiter->result) != WARD_WAITING)
			break;
		ret = signal_pending(current) ? -EINTR : 0;
		if (ret)
			break;
		if (!schedule_hrtimeout_range_clock(&deadline, NSEC_PER_MSEC,
						    HRTIMER_MODE_ABS, CLOCK_BOOTTIME)) {
			ret = -ETIME;
			break;
		}
	}
	__set_current_state(TASK_RUNNING);
	return ret;
}
