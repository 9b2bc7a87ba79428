// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hash-chained event records in a ring. The head covers every record ever
 * appended; the ring holds the newest ones and counts what it let go.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "ward.h"

static const char chain_tag[] = "WARD-CHAIN-V1";	/* hashed with its NUL */

int ward_chain_init(struct ward_chain *chain, const u8 *session_id,
		    unsigned int cap)
{
	const struct ward_span first[] = {
		{ chain_tag, sizeof(chain_tag) },
		{ ward_instance, WARD_ID_LEN },
		{ session_id, WARD_ID_LEN },
	};

	chain->ring = kvcalloc(cap, sizeof(*chain->ring), GFP_KERNEL_ACCOUNT);
	if (!chain->ring)
		return -ENOMEM;
	chain->cap = cap;
	chain->seq = 0;
	chain->dropped = 0;
	ward_sha256(first, ARRAY_SIZE(first), chain->head);
	return 0;
}

void ward_chain_free(struct ward_chain *chain)
{
	kvfree(chain->ring);
	chain->ring = NULL;
}

/* doc/formats.md, section 3: b = H(0x00 || record), head = H(0x01 || head || b). */
void ward_chain_append(struct ward_chain *chain, struct ward_event *ev)
{
	static const u8 is_record, is_head = 1;
	u8 b[WARD_HEAD_LEN];
	const struct ward_span record[] = {
		{ &is_record, 1 }, { ev, sizeof(*ev) },
	};
	const struct ward_span link[] = {
		{ &is_head, 1 }, { chain->head, WARD_HEAD_LEN }, { b, sizeof(b) },
	};

	lockdep_assert_held(&ward_ledger_lock);
	chain->seq++;
	ev->size = cpu_to_le32(sizeof(*ev));
	ev->seq = cpu_to_le64(chain->seq);
	ward_sha256(record, ARRAY_SIZE(record), b);
	ward_sha256(link, ARRAY_SIZE(link), chain->head);
	if (chain->seq > chain->cap)
		chain->dropped++;
	chain->ring[(chain->seq - 1) % chain->cap] = *ev;
}

/* Sequence number of the oldest record still in the ring; seq + 1 when empty. */
u64 ward_chain_first(const struct ward_chain *chain)
{
	lockdep_assert_held(&ward_ledger_lock);
	return chain->dropped + 1;
}

const struct ward_event *ward_chain_record(const struct ward_chain *chain, u64 seq)
{
	lockdep_assert_held(&ward_ledger_lock);
	return &chain->ring[(seq - 1) % chain->cap];
}
