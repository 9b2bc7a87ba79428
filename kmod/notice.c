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
	wake_up_interruptible_poll(&n->wait, EPOLLIN | EPOLLRDNORM | EPOLLPRI);
}

void ward_notice_add(struct ward_account *acct, u32 kind, u64 id)
{
	guard(spinlock)(&ward_ledger_lock);
	ward_notice_push(acct, kind, id);
}

unsigned int ward_notices_take(struct ward_notices *n, struct ward_notice *out,
			       unsigned int max)
{
	unsigned int count = 0;

	guard(spinlock)(&ward_ledger_lock);
	if (n->seq - n->seen > WARD_NOTICES)
		n->seen = n->seq - WARD_NOTICES;
	while (count < max && n->seen < n->seq)
		out[count++] = n->ring[n->seen++ % WARD_NOTICES];
	return count;
}

/* They could not be handed over. Where another reader went on they are lost. */
void ward_notices_untake(struct ward_notices *n, u64 first, u64 last)
{
	guard(spinlock)(&ward_ledger_lock);
	if (n->seen != last)
		return;
	n->seen = first - 1;
	wake_up_interruptible_poll(&n->wait, EPOLLIN | EPOLLRDNORM | EPOLLPRI);
}

bool ward_notices_new(struct ward_notices *n)
{
	guard(spinlock)(&ward_ledger_lock);
	return n->seen != n->seq;
}
