// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of what happened: into the chain of the session that it concerns,
 * whose new head goes into the global chain, or into the global one alone.
 */
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "journal.h"
#include "ledger.h"

/* ward_ledger_lock held, as in all below that don't take it. */
static void append_global(struct ward_event *ev)
{
	ev->time_ns = cpu_to_le64(ktime_get_boottime_ns());
	ward_chain_append(&ward_books.chain, ev);
}

void ward_record_system(struct ward_event *ev)
{
	static const u8 no_session[WARD_ID_LEN];

	append_global(ev);
	ward_journal_add(no_session, ev);
	if (ev->type == cpu_to_le16(WARD_EVENT_PROVIDER))
		WRITE_ONCE(ward_books.providers, ward_books.providers + 1);
}

u64 ward_ledger_providers(void)
{
	return READ_ONCE(ward_books.providers);
}

/* Did the session itself change what claims say of it, other than its figures? */
static bool is_act(const struct ward_event *ev)
{
	switch (le16_to_cpu(ev->type)) {
	case WARD_EVENT_SESSION_SEAL:
	case WARD_EVENT_MEASURE:
	case WARD_EVENT_LEASE:
	case WARD_EVENT_REVOKE:
		return true;
	default:
		return false;
	}
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
	append_global(&link);
	ward_journal_add(acct->id, ev);
	if (is_act(ev))
		WRITE_ONCE(acct->acts, acct->acts + 1);
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

bool ward_ledger_record_after(struct ward_account *acct, u64 seq, struct ward_event *out)
{
	const struct ward_chain *chain = acct ? &acct->chain : &ward_books.chain;

	guard(spinlock)(&ward_ledger_lock);
	if (seq >= chain->seq)
		return false;
	*out = *ward_chain_record(chain, max(seq + 1, ward_chain_first(chain)));
	return true;
}
