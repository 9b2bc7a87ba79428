// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chunks: what class A memory is made of.
 *
 * A chunk is at most 2 MiB: one folio where the allocator has one at hand, else
 * a table of smaller folios, which are mapped by 4 KiB and are otherwise the
 * same. Every page of a chunk carries PageOffline for as long as the chunk
 * exists, in a buffer or in a pool: that keeps its contents out of /proc/kcore,
 * crash dumps and hibernation images. The type has to be gone before the page
 * is freed.
 *
 * The folios, and the chunk itself, are charged to the memory cgroup of the task
 * that allocates them (__GFP_ACCOUNT). Because both are charged alike, a
 * chunk's place among those of its cgroup is known by the chunk: that is how
 * the cgroup's own reclaim finds the ones that lie in pools.
 */
#include <linux/gfp.h>
#include <linux/list_lru.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "buffer.h"

/* Large folios only where they are cheap; memory is not worth an OOM kill. */
#define WARD_GFP	(GFP_HIGHUSER | __GFP_ZERO | __GFP_ACCOUNT | __GFP_NOWARN)
#define WARD_GFP_LARGE	(WARD_GFP | __GFP_NORETRY)
#define WARD_GFP_SMALL	(WARD_GFP | __GFP_RETRY_MAYFAIL)
#define WARD_GFP_TABLE	(GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

static struct kmem_cache *chunk_cache;

int ward_chunk_init(void)
{
	chunk_cache = kmem_cache_create("ward_chunk", sizeof(struct ward_chunk), 0,
					SLAB_ACCOUNT, NULL);
	return chunk_cache ? 0 : -ENOMEM;
}

void ward_chunk_exit(void)
{
	kmem_cache_destroy(chunk_cache);
}

/* A folio's struct pages lie side by side, whatever the memory model. */
static void folio_hide(struct folio *folio)
{
	struct page *page = folio_page(folio, 0), *end = page + folio_nr_pages(folio);

	for (; page < end; page++)
		__SetPageOffline(page);
}

static void folio_show_and_put(struct folio *folio)
{
	struct page *page = folio_page(folio, 0), *end = page + folio_nr_pages(folio);

	for (; page < end; page++)
		__ClearPageOffline(page);
	folio_put(folio);
}

/* Zeroed, charged and hidden; not where the kernel's own mapping shows it. */
static struct folio *folio_get_hidden(struct ward_supply *supply, unsigned int order)
{
	struct folio *folio;

	while ((folio = folio_alloc(order ? WARD_GFP_LARGE : WARD_GFP_SMALL, order))) {
		if (!ward_image_has(folio_page(folio, 0), 1UL << order))
			break;
		list_add(&folio->lru, &supply->aside);
	}
	if (folio)
		folio_hide(folio);
	return folio;
}

void ward_supply_init(struct ward_supply *supply)
{
	supply->most = WARD_CHUNK_ORDER;
	INIT_LIST_HEAD(&supply->aside);
}

void ward_supply_end(struct ward_supply *supply)
{
	struct folio *folio, *next;

	list_for_each_entry_safe(folio, next, &supply->aside, lru) {
		list_del(&folio->lru);
		folio_put(folio);
	}
}

/* Largest order that fits @left pages, stays aligned at @at and is worth trying. */
static unsigned int order_for(unsigned long at, unsigned long left, unsigned int most)
{
	unsigned int order = min_t(unsigned int, ilog2(left), most);

	return at ? min_t(unsigned int, order, __ffs(at)) : order;
}

/* Fill a table with folios; @most falls when an order turns out not to be there. */
static int table_fill(struct ward_chunk *chunk, struct ward_supply *supply)
{
	unsigned long at = 0, i;
	struct folio *folio;
	unsigned int order;

	while (at < chunk->nr) {
		order = order_for(at, chunk->nr - at, supply->most);
		folio = folio_get_hidden(supply, order);
		if (!folio && !order)
			return -ENOMEM;
		if (!folio) {
			supply->most = order - 1;
			continue;
		}
		for (i = 0; i < 1UL << order; i++)
			chunk->table[at++] = folio_page(folio, i);
	}
	return 0;
}

static int chunk_fill(struct ward_chunk *chunk, struct ward_supply *supply)
{
	if (chunk->nr == WARD_CHUNK_PAGES && supply->most == WARD_CHUNK_ORDER) {
		chunk->huge = folio_get_hidden(supply, WARD_CHUNK_ORDER);
		if (chunk->huge)
			return 0;
		supply->most = WARD_CHUNK_ORDER - 1;
	}
	chunk->table = chunk->nr == 1 ? &chunk->only :
		       kcalloc(chunk->nr, sizeof(*chunk->table), WARD_GFP_TABLE);
	return chunk->table ? table_fill(chunk, supply) : -ENOMEM;
}

/**
 * ward_chunk_alloc() - a chunk of fresh memory
 * @nr: pages, 1 to WARD_CHUNK_PAGES
 * @supply: where the folios come from
 * @lru: the list that it may be put into while it lies in a pool
 *
 * Return: the chunk, which reads as zero, or NULL.
 */
struct ward_chunk *ward_chunk_alloc(unsigned long nr, struct ward_supply *supply,
				    struct list_lru *lru)
{
	struct ward_chunk *chunk = kmem_cache_alloc_lru(chunk_cache, lru, WARD_GFP_TABLE);

	if (!chunk)
		return NULL;
	memset(chunk, 0, sizeof(*chunk));
	INIT_LIST_HEAD(&chunk->lru);
	INIT_LIST_HEAD(&chunk->node);
	chunk->nr = nr;
	if (!chunk_fill(chunk, supply))
		return chunk;
	ward_chunk_free(chunk);
	return NULL;
}

/* The folios of a table one after the other, up to the first gap. */
static struct folio *table_next(const struct ward_chunk *chunk, unsigned long *at)
{
	struct folio *folio;

	if (!chunk->table || *at >= chunk->nr || !chunk->table[*at])
		return NULL;
	folio = page_folio(chunk->table[*at]);
	*at += folio_nr_pages(folio);
	return folio;
}

/**
 * ward_chunk_free() - give a chunk back to the kernel
 * @chunk: in no buffer and no pool, zeroed if it was ever mapped; also one that
 *	was filled half
 */
void ward_chunk_free(struct ward_chunk *chunk)
{
	unsigned long at = 0;
	struct folio *folio;

	if (chunk->huge)
		folio_show_and_put(chunk->huge);
	while ((folio = table_next(chunk, &at)))
		folio_show_and_put(folio);
	if (chunk->table != &chunk->only)
		kfree(chunk->table);
	kmem_cache_free(chunk_cache, chunk);
}

/**
 * ward_chunk_zero() - overwrite a chunk
 * @chunk: unmapped, so that nobody writes behind our back
 */
void ward_chunk_zero(const struct ward_chunk *chunk)
{
	unsigned long at = 0;
	struct folio *folio;

	if (chunk->huge)
		ward_zero_folio(chunk->huge);
	while ((folio = table_next(chunk, &at)))
		ward_zero_folio(folio);
}
