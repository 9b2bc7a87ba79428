// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leases: until when a session may hold protected memory.
 *
 * The terms stand in the session's account, under ward_ledger_lock, so that
 * claims name them in one moment with the figures. The clock is armed under the
 * same lock: it always goes for the terms that were set last. It runs on
 * CLOCK_BOOTTIME, which time asleep counts for, and in interrupt context, where
 * nothing can be unmapped: it only queues work. The work looks again whether
 * the lease is over, since it may have been renewed in between.
 *
 * Nobody's help is needed for any of it: not the owner's, who may be stopped,
 * hung or gone, nor that of whoever holds the fds. The workers are the kernel's
 * and not bound to a CPU that somebody keeps busy, and each session has work of
 * its own, so that none waits for the wipe of another's memory.
 *
 * Queued work holds the session. There is no armed clock that does, so that a
 * session ends when its user lets go of it, whatever the lease says; its end
 * stops the clock.
 */
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "ward.h"

/* ward_event.reason of WARD_EVENT_LEASE */
enum { LEASE_SET, LEASE_RENEWED, LEASE_RAN_OUT };

/* ward_lease_clock.flags */
enum { LEASE_QUEUED };	/* the work is queued and has not begun to look */

static struct workqueue_struct *lease_queue;
static const struct ward_lease_ops *lease_ops;

static bool is_none(const u8 *anchor)
{
	return !memchr_inv(anchor, 0, WARD_HEAD_LEN);
}

/* The earlier of two moments, 0 being never. */
static u64 earlier(u64 a, u64 b)
{
	return a && b ? min(a, b) : a ?: b;
}

static u64 end_of_term(const struct ward_terms *terms, u64 now)
{
	if (!terms->term_ns)
		return 0;
	return ktime_to_ns(ktime_add_safe(ns_to_ktime(now), ns_to_ktime(terms->term_ns)));
}

static void lease_record(struct ward_account *acct, u16 reason, u64 bytes)
{
	const struct ward_terms *terms = &acct->totals.terms;
	struct ward_event ev = {
		.type = cpu_to_le16(WARD_EVENT_LEASE),
		.reason = cpu_to_le16(reason),
		.id = cpu_to_le64(terms->expires_ns),
		.bytes = cpu_to_le64(bytes),
	};

	memcpy(ev.detail, terms->anchor, sizeof(ev.detail));
	ward_ledger_append(acct, &ev);
}

/* ---- the clock -------------------------------------------------------------- */

/* True once, when it is over: the session can charge nothing from here on. */
static bool run_out(struct ward_account *acct)
{
	struct ward_totals *t = &acct->totals;

	guard(spinlock)(&ward_ledger_lock);
	if (t->state & WARD_STATE_EXPIRED ||
	    !ward_terms_over(&t->terms, ktime_get_boottime_ns()))
		return false;
	t->state |= WARD_STATE_EXPIRED;
	lease_record(acct, LEASE_RAN_OUT, t->live_all);
	ward_ledger_dismiss(acct);
	return true;
}

/*
 * The flag falls before the look: a clock that comes later and finds it up has
 * its moment seen by that look.
 */
static void lease_work(struct work_struct *work)
{
	struct ward_lease_clock *clock = container_of(work, struct ward_lease_clock, work);

	clear_bit(LEASE_QUEUED, &clock->flags);
	smp_mb__after_atomic();
	if (run_out(clock->account)) {
		ward_notice_add(clock->account, WARD_NOTICE_LEASE, 0);
		lease_ops->run_out(clock);
	}
	lease_ops->put(clock);
}

static enum hrtimer_restart lease_due(struct hrtimer *timer)
{
	struct ward_lease_clock *clock = container_of(timer, struct ward_lease_clock, timer);

	if (!test_and_set_bit(LEASE_QUEUED, &clock->flags) && lease_ops->get(clock))
		queue_work(lease_queue, &clock->work);
	return HRTIMER_NORESTART;
}

void ward_lease_start(struct ward_lease_clock *clock, struct ward_account *acct)
{
	clock->account = acct;
	INIT_WORK(&clock->work, lease_work);
	hrtimer_setup(&clock->timer, lease_due, CLOCK_BOOTTIME, HRTIMER_MODE_ABS);
}

/* Nobody holds the session any more, hence its work is not queued. */
void ward_lease_stop(struct ward_lease_clock *clock)
{
	hrtimer_cancel(&clock->timer);
}

/* ---- the terms ------------------------------------------------------------------ */

static int check(const struct ward_lease *cmd)
{
	if (cmd->deadline_ns > KTIME_MAX || cmd->term_ns > WARD_LEASE_TERM_MAX_NS)
		return -EINVAL;
	if (cmd->flags & WARD_LEASE_RENEW)
		return cmd->deadline_ns || cmd->term_ns || !is_none(cmd->anchor) ?
		       -EINVAL : 0;
	return !is_none(cmd->proof) || !cmd->term_ns != is_none(cmd->anchor) ? -EINVAL : 0;
}

static int set(struct ward_terms *terms, const struct ward_lease *cmd, u64 now)
{
	if (cmd->deadline_ns && cmd->deadline_ns <= now)
		return -EINVAL;
	if (cmd->deadline_ns && terms->deadline_ns && cmd->deadline_ns > terms->deadline_ns)
		return -EPERM;
	if (cmd->term_ns && terms->term_ns)
		return -EPERM;
	if (cmd->deadline_ns) {
		terms->deadline_ns = cmd->deadline_ns;
		terms->expires_ns = earlier(terms->expires_ns, cmd->deadline_ns);
	}
	if (cmd->term_ns) {
		terms->term_ns = cmd->term_ns;
		memcpy(terms->anchor, cmd->anchor, sizeof(terms->anchor));
		terms->expires_ns = earlier(terms->deadline_ns, end_of_term(terms, now));
	}
	return 0;
}

/* @digest: of @proof. */
static int renew(struct ward_terms *terms, const u8 *proof, const u8 *digest, u64 now)
{
	if (!terms->term_ns)
		return -EINVAL;
	if (crypto_memneq(digest, terms->anchor, sizeof(terms->anchor)))
		return -EKEYREJECTED;
	memcpy(terms->anchor, proof, sizeof(terms->anchor));
	terms->expires_ns = earlier(terms->deadline_ns, end_of_term(terms, now));
	return 0;
}

static int change(struct ward_account *acct, const struct ward_lease *cmd,
		  const u8 *digest)
{
	struct ward_totals *t = &acct->totals;
	bool renews = cmd->flags & WARD_LEASE_RENEW;
	u64 now = ktime_get_boottime_ns();
	int ret;

	lockdep_assert_held(&ward_ledger_lock);
	if (t->state & (WARD_STATE_REVOKED | WARD_STATE_EXPIRED) ||
	    ward_terms_over(&t->terms, now))
		return -ESHUTDOWN;
	ret = renews ? renew(&t->terms, cmd->proof, digest, now) :
		       set(&t->terms, cmd, now);
	if (!ret)
		lease_record(acct, renews ? LEASE_RENEWED : LEASE_SET, 0);
	return ret;
}

static void answer(const struct ward_terms *terms, struct ward_lease *cmd)
{
	cmd->out_expires_ns = terms->expires_ns;
	cmd->out_deadline_ns = terms->deadline_ns;
	cmd->out_term_ns = terms->term_ns;
	memcpy(cmd->out_anchor, terms->anchor, sizeof(cmd->out_anchor));
}

/**
 * ward_lease_change() - WARD_LEASE: set, renew, or only tell
 * @clock: of the session, which the caller holds
 * @cmd: all or nothing of it is done
 *
 * Return: 0, -EINVAL, -EPERM, -EKEYREJECTED, or -ESHUTDOWN for a session that was
 * revoked or whose lease has run out, which can still ask.
 */
int ward_lease_change(struct ward_lease_clock *clock, struct ward_lease *cmd)
{
	const struct ward_span proof = { cmd->proof, sizeof(cmd->proof) };
	struct ward_account *acct = clock->account;
	u8 digest[WARD_HEAD_LEN];
	int ret = check(cmd);

	if (ret)
		return ret;
	ward_sha256(&proof, 1, digest);
	guard(spinlock)(&ward_ledger_lock);
	if (cmd->flags || cmd->deadline_ns || cmd->term_ns) {
		ret = change(acct, cmd, digest);
		if (ret)
			return ret;
		hrtimer_start(&clock->timer, ns_to_ktime(acct->totals.terms.expires_ns),
			      HRTIMER_MODE_ABS);
	}
	answer(&acct->totals.terms, cmd);
	return 0;
}

/* ---- coming up and going down ------------------------------------------------------ */

int ward_lease_init(const struct ward_lease_ops *ops)
{
	lease_ops = ops;
	lease_queue = alloc_workqueue("ward_lease",
				      WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM, 0);
	return lease_queue ? 0 : -ENOMEM;
}

/*
 * No file is open: whatever still holds a buffer, and by it a session, is work
 * that has begun.
 */
void ward_lease_flush(void)
{
	flush_workqueue(lease_queue);
}

/* No session is left that has a clock. */
void ward_lease_exit(void)
{
	destroy_workqueue(lease_queue);
}
