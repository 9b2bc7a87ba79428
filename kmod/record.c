// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of what happened: into the chain of the session that it concerns, or
 * into the global one, which takes the sessions' heads as well.
 *
 * A head covers all of its session's records, so that of those that follow each
 * other the last one's head is enough. It is linked before the global chain takes
 * anything else and before anybody is shown it: what is shown covers every record
 * so far, in the order in which they were made.
 */
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "journal.h"
#include "ledger.h"

static void append(struct ward_chain *chain, struct ward_event *ev)
{
	ev->time_ns = cpu_to_le64(ktime_get_boottime_ns());
	ward_chain_append(chain, ev);
}

static void link_head(const struct ward_account *acct)
{
	struct ward_event link = {
		.type = cpu_to_le16(WARD_EVENT_LINK),
		.uid = cpu_to_le32(acct->totals.uid),
		.id = cpu_to_le64(acct->chain.seq),
	};

	memcpy(link.detail, acct->chain.head, sizeof(link.detail));
	append(&ward_books.chain, &link);
}

void ward_record_link(void)
{
	lockdep_assert_held(&ward_ledger_lock);
	if (ward_books.unlinked)
		link_head(ward_books.unlinked);
	ward_books.unlinked = NULL;
}

void ward_record_system(struct ward_event *ev)
{
	ward_record_link();
	append(&ward_books.chain, ev);
	ward_journal_add(NULL, ev);
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
	case WARD_EVENT_KEY_PAIR:
	case WARD_EVENT_KEY_IMPORT:
	case WARD_EVENT_KEY_END:
		return true;
	default:
		return false;
	}
}

void ward_ledger_append(struct ward_account *acct, struct ward_event *ev)
{
	if (ward_books.unlinked != acct)
		ward_record_link();
	ev->uid = cpu_to_le32(acct->totals.uid);
	append(&acct->chain, ev);
	ward_books.unlinked = acct;
	ward_journal_add(acct, ev);
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
	if (!acct)
		ward_record_link();
	if (seq >= chain->seq)
		return false;
	*out = *ward_chain_record(chain, max(seq + 1, ward_chain_first(chain)));
	return true;
}
