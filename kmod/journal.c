// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal: the newest records of all chains in the order in which they were
 * made, for those who watch the machine. It proves nothing, the chains do: here
 * a number alone tells what is missing. Links of the global chain are left out,
 * since the records that they link stand here themselves.
 *
 * A session has a share of it, and beyond that a new record of its takes the place of
 * its own oldest: who makes and ends keys all day pushes nobody else's records out.
 *
 * Who listens is told by a work item, which drains what came meanwhile: to send a
 * message sleeps. While nobody listens there is no work.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "journal.h"
#include "ledger.h"

enum { JOURNAL = 1024, SHARE = JOURNAL / 4 };	/* records */

/**
 * struct slot - of the journal
 * @node: by the entry's number; those without one come first
 * @own: among its session's, likewise
 * @acct: the session's; NULL where that has ended, or it is the machine's
 * @entry: see there
 */
struct slot {
	struct list_head node;
	struct list_head own;
	struct ward_account *acct;
	struct ward_entry entry;
};

/* All under ward_ledger_lock. */
static struct slot *journal;
static LIST_HEAD(slots);
static u64 newest;
static u64 told;
static const struct ward_journal_ops *listener;

static void tell_fn(struct work_struct *work);
static DECLARE_WORK(tell_work, tell_fn);

/* The slot that a record of @acct's goes into, or one of the machine's for NULL. */
static struct slot *slot_for(struct ward_account *acct)
{
	if (acct && acct->noted >= SHARE)
		return list_first_entry(&acct->journal, struct slot, own);
	return list_first_entry(&slots, struct slot, node);
}

/* Whose it was has one less. */
static void slot_clear(struct slot *slot)
{
	if (slot->acct)
		slot->acct->noted--;
	slot->acct = NULL;
	list_del_init(&slot->own);
}

static void slot_give(struct slot *slot, struct ward_account *acct)
{
	slot->acct = acct;
	list_move_tail(&slot->node, &slots);
	if (!acct)
		return;
	list_add_tail(&slot->own, &acct->journal);
	acct->noted++;
}

void ward_journal_add(struct ward_account *acct, const struct ward_event *ev)
{
	static const u8 no_session[WARD_ID_LEN];
	struct slot *slot = slot_for(acct);

	lockdep_assert_held(&ward_ledger_lock);
	slot_clear(slot);
	slot_give(slot, acct);
	slot->entry.seq = ++newest;
	slot->entry.event = *ev;
	memcpy(slot->entry.session, acct ? acct->id : no_session, WARD_ID_LEN);
	if (!listener || !listener->heard()) {
		told = newest;
		return;
	}
	schedule_work(&tell_work);
}

/* It ends; what it did stays. */
void ward_journal_leave(struct ward_account *acct)
{
	lockdep_assert_held(&ward_ledger_lock);
	while (!list_empty(&acct->journal))
		slot_clear(list_first_entry(&acct->journal, struct slot, own));
}

/* Who asks mostly wants the newest. */
static bool entry_after(u64 seq, struct ward_entry *out)
{
	const struct slot *slot, *found = NULL;

	lockdep_assert_held(&ward_ledger_lock);
	list_for_each_entry_reverse(slot, &slots, node) {
		if (slot->entry.seq <= seq)
			break;
		found = slot;
	}
	if (found)
		*out = found->entry;
	return found;
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
	int i;

	journal = kvcalloc(JOURNAL, sizeof(*journal), GFP_KERNEL);
	if (!journal)
		return -ENOMEM;
	for (i = 0; i < JOURNAL; i++) {
		INIT_LIST_HEAD(&journal[i].own);
		list_add_tail(&journal[i].node, &slots);
	}
	return 0;
}

/* Nobody listens, and no session is left. */
void ward_journal_exit(void)
{
	INIT_LIST_HEAD(&slots);
	kvfree(journal);
	journal = NULL;
}
