// SPDX-License-Identifier: GPL-2.0-only
/*
 * A session's buffers by id, from the moment that they have a file until that
 * file is gone. Ended ones are empty shells, and stay.
 *
 * A place is reserved when a buffer is made, so that to publish it can only
 * fail because the roll is closed: whoever ends a session's buffers closes it
 * first, and no buffer that is being made at that moment slips through.
 */
#include <linux/xarray.h>

#include "buffer.h"

/* 0 or -ENOMEM. Pins bufferfs once for all of the session's buffers. */
int ward_roll_init(struct ward_roll *roll)
{
	xa_init_flags(&roll->bufs, XA_FLAGS_ACCOUNT);
	roll->closed = WARD_END_NONE;
	roll->kept = NULL;
	return ward_bufferfs_pin();
}

/* Every buffer holds its session, so that the roll is empty. */
void ward_roll_destroy(struct ward_roll *roll)
{
	WARN_ON_ONCE(!xa_empty(&roll->bufs));
	xa_destroy(&roll->bufs);
	ward_bind_drop(roll->kept);
	ward_bufferfs_unpin();
}

/**
 * ward_roll_reserve() - make room for a buffer
 * @roll: of its session
 * @id: of the buffer; to be given back with ward_roll_drop()
 *
 * Return: 0 or -ENOMEM.
 */
int ward_roll_reserve(struct ward_roll *roll, u64 id)
{
	return xa_reserve(&roll->bufs, id, GFP_KERNEL_ACCOUNT);
}

/**
 * ward_roll_add() - a reserved place is taken
 * @roll: of the buffer's session
 * @buf: with a reference that outlives ward_roll_drop()
 *
 * Return: 0, or the WARD_END_* for which the session makes no more buffers.
 */
u32 ward_roll_add(struct ward_roll *roll, struct ward_buf *buf)
{
	u32 closed;

	xa_lock(&roll->bufs);
	closed = roll->closed;
	if (!closed)
		__xa_store(&roll->bufs, buf->id, buf, 0);
	xa_unlock(&roll->bufs);
	return closed;
}

void ward_roll_drop(struct ward_roll *roll, u64 id)
{
	xa_erase(&roll->bufs, id);
}

void ward_roll_close(struct ward_roll *roll, u32 reason)
{
	xa_lock(&roll->bufs);
	if (!roll->closed)
		roll->closed = reason;
	xa_unlock(&roll->bufs);
}

/**
 * ward_roll_after() - walk a roll
 * @roll: of a session that the caller holds
 * @id: 0 at first, then the id of the buffer before
 *
 * Return: the buffer with the next higher id, with a reference; NULL at the end.
 */
struct ward_buf *ward_roll_after(struct ward_roll *roll, u64 id)
{
	unsigned long at = id;
	struct ward_buf *buf;

	xa_lock(&roll->bufs);
	buf = xa_find_after(&roll->bufs, &at, ULONG_MAX, XA_PRESENT);
	if (buf)
		kref_get(&buf->ref);
	xa_unlock(&roll->bufs);
	return buf;
}
