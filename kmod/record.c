// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of what happened: into the chain of the session that it concerns,
 * whose new head goes into the global chain, or into the global one alone.
 */
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "ledger.h"

void ward_record_system(struct ward_event *ev)
{
	lockdep_assert_held(&ward_ledger_lock);
	ev->time_ns = cpu_to_le64(ktime_get_boottime_ns());
	ward_chain_append(&ward_books.chain, ev);
}

void ward_ledger_append(struct ward_account *acct, struct ward_event *ev)
{
	struct ward_event link = {
		.type = cpu_to_le16(WARD_EVENT_LINK),
		.uid = cpu_to_le32(acct->totals.uid),
	};

	ev->time_ns = cpu_to_le64(ktime_get_boottime_ns());
	ev->uid = cpu_to_le32(acct->totals.uid);
	ward_chain_append(&acct->chain, ev);
	link.id = ev->seq;
	memcpy(link.detail, acct->chain.head, sizeof(link.detail));
	ward_record_system(&link);
}

void ward_ledger_record(struct ward_account *acct, struct ward_event *ev)
{
	guard(spinlock)(&ward_ledger_lock);
	ward_ledger_append(acct, ev);
}

void ward_ledger_system(struct ward_event *ev)
{
	guard(spinlock)(&ward_ledger_lock);
	ward_record_system(ev);
}
