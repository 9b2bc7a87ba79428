// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal: the newest records of all chains in the order in which they were
 * made, for those who watch the machine. It proves nothing, the chains do: here
 * a number alone tells what is missing. Links of the global chain are left out,
 * since the records that they link stand here themselves.
 *
 * Who listens is told by a work item, which drains what came meanwhile: to send a
 * message sleeps. While nobody listens there is no work.
 */
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "journal.h"
#include "ledger.h"

enum { JOURNAL = 1024 };	/* records */

/* All under ward_ledger_lock. */
static struct ward_entry *journal;	/* number n is at (n - 1) % JOURNAL */
static u64 newest;
static u64 told;
static const struct ward_journal_ops *listener;

static void tell_fn(struct work_struct *work);
static DECLARE_WORK(tell_work, tell_fn);

void ward_journal_add(const u8 *session, const struct ward_event *ev)
{
	struct ward_entry *entry = &journal[newest % JOURNAL];

	lockdep_assert_held(&ward_ledger_lock);
	entry->seq = ++newest;
	entry->event = *ev;
	memcpy(entry->session, session, WARD_ID_LEN);
	if (!listener || !listener->heard()) {
		told = newest;
		return;
	}
	schedule_work(&tell_work);
}

static bool entry_after(u64 seq, struct ward_entry *out)
{
	u64 oldest = newest > JOURNAL ? newest - JOURNAL + 1 : 1;

	lockdep_assert_held(&ward_ledger_lock);
	if (seq >= newest)
		return false;
	*out = journal[(max(seq + 1, oldest) - 1) % JOURNAL];
	return true;
}

bool ward_journal_after(u64 seq, struct ward_entry *out)
{
	guard(spinlock)(&ward_ledger_lock);
	return entry_after(seq, out);
}

static const struct ward_journal_ops *next_to_tell(struct ward_entry *out)
{
	guard(spinlock)(&ward_ledger_lock);
	if (!listener || !entry_after(told, out))
		return NULL;
	told = out->seq;
	return listener;
}

static void tell_fn(struct work_struct *work)
{
	const struct ward_journal_ops *ops;
	struct ward_entry entry;

	while ((ops = next_to_tell(&entry)))
		ops->tell(&entry);
}

void ward_journal_listen(const struct ward_journal_ops *ops)
{
	spin_lock(&ward_ledger_lock);
	listener = ops;
	told = newest;
	spin_unlock(&ward_ledger_lock);
	if (!ops)
		cancel_work_sync(&tell_work);
}

int ward_journal_init(void)
{
	journal = kvcalloc(JOURNAL, sizeof(*journal), GFP_KERNEL);
	return journal ? 0 : -ENOMEM;
}

/* Nobody listens, and no session is left. */
void ward_journal_exit(void)
{
	kvfree(journal);
	journal = NULL;
}
