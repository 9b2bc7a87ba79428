// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers whose contents may go: caches of what can be had again.
 *
 * WARD_BUF_VOLATILE puts a buffer into two lists, that of its session and that
 * of all, each with the one longest volatile first. Who needs room takes from
 * the front of its own session's list; reclaim takes from the front of the
 * common one. WARD_BUF_HOLD takes the buffer out again. A purge is an end like
 * any other.
 *
 * The buffer's lock, held for write, decides between HOLD and purge. Reclaim
 * may come while a fault holds that lock and waits for a page table: there it
 * is only tried.
 */
#include <linux/list.h>
#include <linux/mm.h>

#include "buffer.h"

static DEFINE_SPINLOCK(volatile_lock);	/* below ward_buf::lock; protects the lists */
static LIST_HEAD(volatiles);
static unsigned long volatile_pages;	/* likewise; reclaim counts without it */

static void lists_add(struct ward_buf *buf)
{
	spin_lock(&volatile_lock);
	list_add_tail(&buf->lru, &volatiles);
	list_add_tail(&buf->own, &buf->session->volatiles);
	WRITE_ONCE(volatile_pages, volatile_pages + (buf->length >> PAGE_SHIFT));
	spin_unlock(&volatile_lock);
}

static void lists_del(struct ward_buf *buf)
{
	spin_lock(&volatile_lock);
	list_del_init(&buf->lru);
	list_del_init(&buf->own);
	WRITE_ONCE(volatile_pages, volatile_pages - (buf->length >> PAGE_SHIFT));
	spin_unlock(&volatile_lock);
}

/**
 * ward_volatile_forget() - it may not be purged any more
 * @buf: its lock is held for write
 */
void ward_volatile_forget(struct ward_buf *buf)
{
	lockdep_assert_held_write(&buf->lock);
	if (!buf->is_volatile)
		return;
	buf->is_volatile = false;
	lists_del(buf);
	ward_ledger_volatile(&buf->session->account, buf->length, false);
}

/* ---- purging -------------------------------------------------------------- */

static bool mark_purged(struct ward_buf *buf)
{
	lockdep_assert_held_write(&buf->lock);
	return buf->is_volatile && ward_buf_mark_dead(buf, WARD_END_PURGE);
}

/* Told when it is over. */
static void finish_purge(struct ward_buf *buf)
{
	ward_buf_finish(buf);
	ward_notice_add(&buf->session->account, WARD_NOTICE_PURGE, buf->id);
}

/* The one longest volatile of a session, referenced. */
static struct ward_buf *oldest_own(struct ward_session *session)
{
	struct ward_buf *buf;

	spin_lock(&volatile_lock);
	buf = list_first_entry_or_null(&session->volatiles, struct ward_buf, own);
	if (buf)
		kref_get(&buf->ref);
	spin_unlock(&volatile_lock);
	return buf;
}

/**
 * ward_volatile_purge_own() - a session makes room at its own cost
 * @session: whose volatile buffers may go; the caller holds no buffer's lock
 * @bytes: how much is wanted
 *
 * Return: bytes that this call freed; 0 = nothing of it is volatile.
 */
u64 ward_volatile_purge_own(struct ward_session *session, u64 bytes)
{
	struct ward_buf *buf;
	u64 freed = 0;
	bool mine;

	while (freed < bytes && (buf = oldest_own(session))) {
		down_write(&buf->lock);
		mine = mark_purged(buf);
		up_write(&buf->lock);
		if (mine) {
			finish_purge(buf);
			freed += buf->length;
		}
		ward_buf_put(buf);
	}
	return freed;
}

/* For reclaim: pages that could be had. */
unsigned long ward_volatile_count(void)
{
	return READ_ONCE(volatile_pages);
}

/* The oldest of all whose lock can be had now, marked and referenced; or NULL. */
static struct ward_buf *mark_oldest(void)
{
	struct ward_buf *buf, *found = NULL;

	spin_lock(&volatile_lock);
	list_for_each_entry(buf, &volatiles, lru) {
		if (!down_write_trylock(&buf->lock))
			continue;
		kref_get(&buf->ref);
		found = buf;
		break;
	}
	spin_unlock(&volatile_lock);
	if (found) {
		mark_purged(found);
		up_write(&found->lock);
	}
	return found;
}

/**
 * ward_volatile_purge_some() - reclaim wants memory
 * @nr_pages: how much
 *
 * Waits for no lock that is held over an allocation.
 *
 * Return: pages freed.
 */
unsigned long ward_volatile_purge_some(unsigned long nr_pages)
{
	unsigned long freed = 0;
	struct ward_buf *buf;

	while (freed < nr_pages && (buf = mark_oldest())) {
		finish_purge(buf);
		/* A lazy one may have had less than its length. */
		freed += ward_pages_present(&buf->pages) >> PAGE_SHIFT;
		ward_buf_put_later(buf);
	}
	return freed;
}

/* ---- commands --------------------------------------------------------------- */

int ward_cmd_buf_volatile(struct ward_call *call)
{
	struct ward_buf *buf = call->object;

	if (buf->kind == WARD_KIND_B)
		return -EOPNOTSUPP;
	guard(rwsem_write)(&buf->lock);
	if (buf->end)
		return -EOWNERDEAD;
	ward_volatile_forget(buf);
	buf->is_volatile = true;
	lists_add(buf);
	ward_ledger_volatile(&buf->session->account, buf->length, true);
	return 0;
}

int ward_cmd_buf_hold(struct ward_call *call)
{
	struct ward_buf_hold *cmd = call->cmd;
	struct ward_buf *buf = call->object;
	u32 end;

	if (cmd->reserved)
		return -EINVAL;
	if (buf->kind == WARD_KIND_B)
		return -EOPNOTSUPP;
	down_write(&buf->lock);
	ward_volatile_forget(buf);
	end = buf->end;
	up_write(&buf->lock);
	cmd->out_survived = !end;
	if (end)
		wait_for_completion(&buf->gone);
	return end && end != WARD_END_PURGE ? -EOWNERDEAD : 0;
}
