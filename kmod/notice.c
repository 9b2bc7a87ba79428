// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a session is told by poll() and read(): a ring of its newest notices.
 * They are numbered, so that a reader sees how many it was too late for.
 */
#include <linux/minmax.h>
#include <linux/poll.h>
#include <linux/timekeeping.h>

#include "ledger.h"

void ward_notices_init(struct ward_notices *notices)
{
	init_waitqueue_head(&notices->wait);
}

/*
 * Whoever is not in the queue yet takes the lock after this, to look at what is
 * new, and needs no waking.
 */
static void tell(struct ward_notices *n)
{
	lockdep_assert_held(&ward_ledger_lock);
	if (waitqueue_active(&n->wait))
		wake_up_interruptible_poll(&n->wait, EPOLLIN | EPOLLRDNORM | EPOLLPRI);
}

void ward_notice_push(struct ward_account *acct, u32 kind, u64 id)
{
	struct ward_notices *n = &acct->notices;

	lockdep_assert_held(&ward_ledger_lock);
	n->ring[n->seq % WARD_NOTICES] = (struct ward_notice) {
		.size = sizeof(struct ward_notice),
		.level = acct->level,
		.seq = n->seq + 1,
		.live = acct->totals.live_all,
		.time_ns = ktime_get_boottime_ns(),
		.kind = kind,
		.id = id,
	};
	n->seq++;
	tell(n);
}

void ward_notice_add(struct ward_account *acct, u32 kind, u64 id)
{
	guard(spinlock)(&ward_ledger_lock);
	ward_notice_push(acct, kind, id);
}

bool ward_notices_take(struct ward_notices *n, struct ward_notice *out, bool *more)
{
	guard(spinlock)(&ward_ledger_lock);
	if (n->seen == n->seq)
		return false;
	if (n->seq - n->seen > WARD_NOTICES)
		n->seen = n->seq - WARD_NOTICES;
	*out = n->ring[n->seen++ % WARD_NOTICES];
	*more = n->seen != n->seq;
	return true;
}

/* It could not be handed over. Where another reader went on it is lost. */
void ward_notices_untake(struct ward_notices *n, u64 seq)
{
	guard(spinlock)(&ward_ledger_lock);
	if (n->seen != seq)
		return;
	n->seen = seq - 1;
	tell(n);
}

bool ward_notices_new(struct ward_notices *n)
{
	guard(spinlock)(&ward_ledger_lock);
	return n->seen != n->seq;
}
