// SPDX-License-Identifier: GPL-2.0-only
/*
 * Veils: parts of a class A buffer that nobody may see for a while, since what is being
 * written there may have to be taken back (message.c).
 *
 * A fault tests for a veil and inserts with the invalidate_lock of the buffer's inode
 * held for read, as page faults do against whoever punches a hole into a file. A veil
 * is drawn with it held for write; then what is mapped of that part is taken out of
 * every page table. From there on, until it is lifted, no mapping reaches it, old or
 * new, and who touches it waits. A fault inserts whole chunks, so it is those that are
 * not inserted.
 *
 * Who has drawn one waits for nothing that user space can hold up.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/wait.h>

#include "buffer.h"

static struct address_space *mapping_of(const struct ward_buf *buf)
{
	return buf->inode->i_mapping;
}

/**
 * ward_veil_draw() - let nobody see a part of a buffer
 * @buf: class A, referenced; its lock is not held
 * @veil: to be lifted
 * @at: first byte
 * @bytes: not 0, all in the buffer
 */
void ward_veil_draw(struct ward_buf *buf, struct ward_veil *veil, u64 at, u64 bytes)
{
	struct address_space *mapping = mapping_of(buf);
	u64 start = round_down(at, PAGE_SIZE);

	veil->first = round_down(at >> PAGE_SHIFT, WARD_CHUNK_PAGES);
	veil->last = (at + bytes - 1) >> PAGE_SHIFT;
	filemap_invalidate_lock(mapping);
	list_add(&veil->node, &buf->veils);
	filemap_invalidate_unlock(mapping);
	unmap_mapping_range(mapping, start, round_up(at + bytes, PAGE_SIZE) - start, 1);
}

/* What lies behind it may be seen, where no other veil is; who waits is told. */
void ward_veil_lift(struct ward_buf *buf, struct ward_veil *veil)
{
	struct address_space *mapping = mapping_of(buf);

	filemap_invalidate_lock(mapping);
	list_del(&veil->node);
	WRITE_ONCE(buf->lifts, buf->lifts + 1);
	filemap_invalidate_unlock(mapping);
	wake_up_all(&buf->lifted);
}

void ward_veil_lock(struct ward_buf *buf)
{
	filemap_invalidate_lock_shared(mapping_of(buf));
}

void ward_veil_unlock(struct ward_buf *buf)
{
	filemap_invalidate_unlock_shared(mapping_of(buf));
}

/* Is there one before any page of the chunk that @index lies in? Locked. */
bool ward_veiled(const struct ward_buf *buf, pgoff_t index)
{
	const struct ward_veil *veil;

	lockdep_assert_held(&mapping_of(buf)->invalidate_lock);
	list_for_each_entry(veil, &buf->veils, node)
		if (round_down(index, WARD_CHUNK_PAGES) <= veil->last &&
		    round_up(index + 1, WARD_CHUNK_PAGES) > veil->first)
			return true;
	return false;
}

/**
 * ward_veil_wait() - wait while there is one
 * @buf: referenced; no lock of it is held
 * @index: of a page
 *
 * Return: 0 when it may be gone, -ERESTARTSYS for a fatal signal.
 */
int ward_veil_wait(struct ward_buf *buf, pgoff_t index)
{
	bool veiled;
	u64 lifts;

	ward_veil_lock(buf);
	veiled = ward_veiled(buf, index);
	lifts = buf->lifts;
	ward_veil_unlock(buf);
	return veiled ? wait_event_killable(buf->lifted, READ_ONCE(buf->lifts) != lifts) : 0;
}
