/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The newest records of all chains, as the control plane knows them.
 */
#ifndef WARD_JOURNAL_H
#define WARD_JOURNAL_H

#include "ward.h"

/**
 * struct ward_entry - a record in the journal
 * @seq: its number there, from 1: not that in its chain
 * @session: whose chain it is in; zero = the global one
 * @event: the record
 */
struct ward_entry {
	u64 seq;
	u8 session[WARD_ID_LEN];
	struct ward_event event;
};

/**
 * struct ward_journal_ops - who listens
 * @heard: would anybody hear it? Under ward_ledger_lock
 * @tell: called for each record, in order; what was too fast for it is missing
 *	by its number. May sleep
 */
struct ward_journal_ops {
	bool (*heard)(void);
	void (*tell)(const struct ward_entry *entry);
};

/* The oldest entry there is whose number is greater than @seq. */
bool ward_journal_after(u64 seq, struct ward_entry *out);
/* NULL = nobody any more; then none is told when this returns. */
void ward_journal_listen(const struct ward_journal_ops *ops);
/*
 * The oldest record after number @seq that the chain of @acct, or the global one
 * for NULL, still holds.
 */
bool ward_ledger_record_after(struct ward_account *acct, u64 seq, struct ward_event *out);

#endif /* WARD_JOURNAL_H */
