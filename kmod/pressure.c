// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pressure levels. A level is entered at one mark and left at a lower one, so
 * that a worker that hovers around a mark is not woken at every buffer.
 */
#include <linux/math64.h>
#include <linux/poll.h>

#include "ward.h"

enum { MEDIUM_IN = 75, MEDIUM_OUT = 70, CRITICAL_IN = 90, CRITICAL_OUT = 85 };

static u64 percent(u64 limit, unsigned int p)
{
	return div_u64(limit, 100) * p;
}

u32 ward_pressure_level(u32 now, u64 live, u64 limit, u64 medium)
{
	u64 in = medium ?: percent(limit, MEDIUM_IN);
	u64 out = medium ? medium - medium / 16 : percent(limit, MEDIUM_OUT);

	if (live >= percent(limit, CRITICAL_IN) ||
	    (now == WARD_LEVEL_CRITICAL && live >= percent(limit, CRITICAL_OUT)))
		return WARD_LEVEL_CRITICAL;
	if (live >= in || (now != WARD_LEVEL_LOW && live >= out))
		return WARD_LEVEL_MEDIUM;
	return WARD_LEVEL_LOW;
}

void ward_pressure_set(struct ward_account *acct, u32 level)
{
	lockdep_assert_held(&ward_ledger_lock);
	if (acct->level.now == level)
		return;
	acct->level.now = level;
	acct->level.seq++;
	wake_up_interruptible_poll(&acct->wait, EPOLLIN | EPOLLRDNORM);
}
