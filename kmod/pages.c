// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a class A buffer: one chunk for each 2 MiB of it. A lazy buffer
 * begins without any and gets each when it is first touched.
 *
 * Chunks come from the session's pool where it has some, and go back there when
 * they are proven zero. They are not movable and not on any LRU of the kernel's.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "buffer.h"

static unsigned long nr_chunks(const struct ward_pages *pages)
{
	return DIV_ROUND_UP(pages->nr, WARD_CHUNK_PAGES);
}

static unsigned long chunk_pages(const struct ward_pages *pages, unsigned long i)
{
	return min(WARD_CHUNK_PAGES, pages->nr - i * WARD_CHUNK_PAGES);
}

/* Room that only the session's own pool takes up is room. */
static struct ward_chunk *chunk_get(const struct ward_pages *pages, unsigned long i,
				    struct ward_supply *supply)
{
	unsigned long nr = chunk_pages(pages, i);
	struct ward_chunk *chunk = ward_pool_take(pages->pool, nr);

	if (!chunk)
		chunk = ward_pool_alloc(nr, supply);
	if (!chunk && ward_pool_drain(pages->pool))
		chunk = ward_pool_alloc(nr, supply);
	return chunk;
}

/*
 * False where another was faster. The caller is the only one, or holds
 * ward_buf::lock for read and found the buffer alive.
 */
static bool chunk_install(struct ward_pages *pages, unsigned long i,
			  struct ward_chunk *chunk)
{
	if (cmpxchg(&pages->chunks[i], NULL, chunk))
		return false;
	atomic_long_add(chunk->nr, &pages->present);
	if (chunk->huge)
		atomic_long_add(chunk->nr, &pages->huge);
	return true;
}

static int fill_all(struct ward_pages *pages)
{
	struct ward_supply supply;
	struct ward_chunk *chunk;
	unsigned long i;
	int ret = 0;

	ward_supply_init(&supply);
	for (i = 0; i < nr_chunks(pages) && !ret; i++) {
		chunk = fatal_signal_pending(current) ? ERR_PTR(-EINTR) :
			chunk_get(pages, i, &supply) ?: ERR_PTR(-ENOMEM);
		if (IS_ERR(chunk))
			ret = PTR_ERR(chunk);
		else
			chunk_install(pages, i, chunk);
		cond_resched();
	}
	ward_supply_end(&supply);
	return ret;
}

/**
 * ward_pages_alloc() - get memory for a class A buffer
 * @pages: filled in; to be given back with ward_pages_free()
 * @pool: the session's; outlives @pages
 * @nr: pages, not 0. The caller has charged them to the ledger
 * @flags: WARD_BUF_LAZY and WARD_BUF_POPULATE count
 *
 * May take long: gives way, and up when the task is being killed.
 *
 * Return: 0, -ENOMEM, or -EINTR for a fatal signal; then nothing is held.
 */
int ward_pages_alloc(struct ward_pages *pages, struct ward_pool *pool,
		     unsigned long nr, u32 flags)
{
	int ret;

	memset(pages, 0, sizeof(*pages));
	pages->nr = nr;
	pages->pool = pool;
	pages->populate = flags & WARD_BUF_POPULATE;
	if (nr > totalram_pages())
		return -ENOMEM;
	pages->chunks = kvcalloc(nr_chunks(pages), sizeof(*pages->chunks),
				 GFP_KERNEL_ACCOUNT);
	if (!pages->chunks)
		return -ENOMEM;
	ret = flags & WARD_BUF_LAZY ? 0 : fill_all(pages);
	if (ret)
		ward_pages_free(pages);
	return ret;
}

/**
 * ward_pages_get() - memory for one chunk of a lazy buffer
 * @pages: of a buffer that may end meanwhile; no lock is held, for this may
 *	reclaim
 * @index: any page of the chunk, below @pages->nr
 *
 * To be followed by ward_pages_put_in().
 *
 * Return: a chunk that is in no buffer yet, or NULL.
 */
struct ward_chunk *ward_pages_get(const struct ward_pages *pages, pgoff_t index)
{
	struct ward_supply supply;
	struct ward_chunk *chunk;

	ward_supply_init(&supply);
	chunk = chunk_get(pages, index / WARD_CHUNK_PAGES, &supply);
	ward_supply_end(&supply);
	return chunk;
}

/* ward_buf::lock is held and the buffer alive. False: there is one already. */
bool ward_pages_put_in(struct ward_pages *pages, pgoff_t index,
		       struct ward_chunk *chunk)
{
	return chunk_install(pages, index / WARD_CHUNK_PAGES, chunk);
}

/**
 * ward_pages_zero() - overwrite a buffer's memory
 * @pages: unmapped, so that nobody writes behind our back; nothing is put in
 *	any more
 */
void ward_pages_zero(struct ward_pages *pages)
{
	u32 epoch = ward_pool_epoch();
	unsigned long i;

	for (i = 0; i < nr_chunks(pages); i++) {
		if (pages->chunks[i])
			ward_chunk_zero(pages->chunks[i]);
		cond_resched();
	}
	pages->zeroed = epoch;
}

/**
 * ward_pages_free() - give memory back, to the pool if it is proven zero
 * @pages: zeroed before, if it was ever mapped; also half allocated
 */
void ward_pages_free(struct ward_pages *pages)
{
	struct ward_chunk *chunk;
	unsigned long i;

	for (i = 0; i < nr_chunks(pages); i++) {
		chunk = pages->chunks[i];
		if (chunk && !ward_pool_give(pages->pool, chunk, pages->zeroed))
			ward_chunk_free(chunk);
		cond_resched();
	}
	kvfree(pages->chunks);
	pages->chunks = NULL;
}

/**
 * ward_pages_chunk() - the chunk that a page lies in
 * @pages: ward_buf::lock is held and the buffer alive
 * @index: of the page, below @pages->nr
 *
 * Return: the chunk, which stays until the buffer ends, or NULL.
 */
const struct ward_chunk *ward_pages_chunk(const struct ward_pages *pages, pgoff_t index)
{
	return READ_ONCE(pages->chunks[index / WARD_CHUNK_PAGES]);
}

/**
 * ward_pages_extent() - what lies side by side from a byte of the buffer on
 * @pages: ward_buf::lock is held, the buffer alive, and there is memory
 * @at: the byte
 * @most: bytes that are wanted, not 0, all in the buffer
 * @out: at least one of them
 */
void ward_pages_extent(const struct ward_pages *pages, u64 at, u64 most,
		       struct ward_extent *out)
{
	const struct ward_chunk *chunk = ward_pages_chunk(pages, at >> PAGE_SHIFT);
	unsigned int in_chunk = at % PMD_SIZE;

	if (chunk->huge) {
		out->page = folio_page(chunk->huge, 0);
		out->offset = in_chunk;
		out->len = min_t(u64, most, PMD_SIZE - in_chunk);
	} else {
		out->page = chunk->table[in_chunk >> PAGE_SHIFT];
		out->offset = offset_in_page(at);
		out->len = min_t(u64, most, PAGE_SIZE - out->offset);
	}
}

/* The same lock is held since it was looked up. */
void ward_extent_zero(const struct ward_extent *extent)
{
	struct page *page = extent->page + (extent->offset >> PAGE_SHIFT);
	unsigned int offset = offset_in_page(extent->offset), left = extent->len, part;

	for (; left; left -= part, offset = 0, page++) {
		part = min_t(unsigned int, left, PAGE_SIZE - offset);
		memzero_page(page, offset, part);
	}
}

/* Bytes that have memory, and those of them in folios of 2 MiB. */
u64 ward_pages_present(const struct ward_pages *pages)
{
	return (u64)atomic_long_read(&pages->present) << PAGE_SHIFT;
}

u64 ward_pages_huge(const struct ward_pages *pages)
{
	return (u64)atomic_long_read(&pages->huge) << PAGE_SHIFT;
}
