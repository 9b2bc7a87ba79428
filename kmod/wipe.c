// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that ward owns, and the zeroing of pages.
 *
 * Class A memory comes in chunks of 2 MiB. A chunk is one folio where the
 * allocator has one at hand, else a table of smaller folios: they are mapped
 * by 4 KiB then, and are otherwise the same. Every page carries PageOffline
 * while it is ours, which keeps its contents out of /proc/kcore and of crash
 * dumps; the type has to be gone before the page is freed.
 *
 * The pages are charged to the allocating task's memory cgroup (__GFP_ACCOUNT)
 * and read as zero. They are not movable and not on any LRU.
 */
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "buffer.h"
#include "fill.h"

/* Large folios only where they are cheap; memory is not worth an OOM kill. */
#define WARD_GFP	(GFP_HIGHUSER | __GFP_ZERO | __GFP_ACCOUNT | __GFP_NOWARN)
#define WARD_GFP_LARGE	(WARD_GFP | __GFP_NORETRY)
#define WARD_GFP_SMALL	(WARD_GFP | __GFP_RETRY_MAYFAIL)

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

/**
 * struct supply - where a buffer's folios come from
 * @most: largest order that is still worth trying
 * @aside: folios in a place where they would show; kept until the buffer has
 *	all it needs, so that they don't come again. A few MiB at most
 */
struct supply {
	unsigned int most;
	struct list_head aside;
};

static struct folio *folio_get_hidden(struct supply *supply, unsigned int order)
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

static void free_aside(struct supply *supply)
{
	struct folio *folio, *next;

	list_for_each_entry_safe(folio, next, &supply->aside, lru) {
		list_del(&folio->lru);
		folio_put(folio);
	}
}

static unsigned long nr_chunks(const struct ward_pages *pages)
{
	return DIV_ROUND_UP(pages->nr, WARD_CHUNK_PAGES);
}

static unsigned long chunk_pages(const struct ward_pages *pages, unsigned long i)
{
	return min(WARD_CHUNK_PAGES, pages->nr - i * WARD_CHUNK_PAGES);
}

/* Largest order that fits @left pages, stays aligned at @at and is worth trying. */
static unsigned int order_for(unsigned long at, unsigned long left, unsigned int most)
{
	unsigned int order = min_t(unsigned int, ilog2(left), most);

	return at ? min_t(unsigned int, order, __ffs(at)) : order;
}

/* Fill a table with folios; @most falls when an order turns out not to be there. */
static int table_fill(struct page **table, unsigned long n, struct supply *supply)
{
	unsigned long at = 0, i;
	struct folio *folio;
	unsigned int order;

	while (at < n) {
		order = order_for(at, n - at, supply->most);
		folio = folio_get_hidden(supply, order);
		if (!folio && !order)
			return -ENOMEM;
		if (!folio) {
			supply->most = order - 1;
			continue;
		}
		for (i = 0; i < 1UL << order; i++)
			table[at++] = folio_page(folio, i);
	}
	return 0;
}

static int chunk_alloc(struct ward_chunk *chunk, unsigned long n, struct supply *supply)
{
	if (n == WARD_CHUNK_PAGES && supply->most == WARD_CHUNK_ORDER) {
		chunk->huge = folio_get_hidden(supply, WARD_CHUNK_ORDER);
		if (chunk->huge)
			return 0;
		supply->most = WARD_CHUNK_ORDER - 1;
	}
	chunk->table = kcalloc(n, sizeof(*chunk->table), GFP_KERNEL_ACCOUNT);
	if (!chunk->table)
		return -ENOMEM;
	return table_fill(chunk->table, n, supply);
}

/**
 * ward_pages_alloc() - get memory for a class A buffer
 * @pages: filled in; to be given back with ward_pages_free()
 * @nr: pages, not 0. The caller has charged them to the ledger
 *
 * May take long: gives way, and up when the task is being killed.
 *
 * Return: 0, -ENOMEM, or -EINTR for a fatal signal; then nothing is held.
 */
int ward_pages_alloc(struct ward_pages *pages, unsigned long nr)
{
	struct supply supply = { .most = WARD_CHUNK_ORDER };
	unsigned long i;
	int ret = 0;

	pages->nr = nr;
	pages->huge_bytes = 0;
	if (nr > totalram_pages())
		return -ENOMEM;
	pages->chunks = kvcalloc(nr_chunks(pages), sizeof(*pages->chunks),
				 GFP_KERNEL_ACCOUNT);
	if (!pages->chunks)
		return -ENOMEM;
	INIT_LIST_HEAD(&supply.aside);
	for (i = 0; i < nr_chunks(pages) && !ret; i++) {
		ret = fatal_signal_pending(current) ? -EINTR :
		      chunk_alloc(&pages->chunks[i], chunk_pages(pages, i), &supply);
		if (pages->chunks[i].huge)
			pages->huge_bytes += PMD_SIZE;
		cond_resched();
	}
	free_aside(&supply);
	if (ret)
		ward_pages_free(pages);
	return ret;
}

static void table_free(struct page **table, unsigned long n)
{
	unsigned long at = 0;
	struct folio *folio;

	while (table && at < n && table[at]) {
		folio = page_folio(table[at]);
		at += folio_nr_pages(folio);
		folio_show_and_put(folio);
	}
	kfree(table);
}

/**
 * ward_pages_free() - give memory back
 * @pages: zeroed before, if it was ever mapped; also half allocated
 */
void ward_pages_free(struct ward_pages *pages)
{
	unsigned long i;

	for (i = 0; i < nr_chunks(pages); i++) {
		struct ward_chunk *chunk = &pages->chunks[i];

		if (chunk->huge)
			folio_show_and_put(chunk->huge);
		else
			table_free(chunk->table, chunk_pages(pages, i));
		cond_resched();
	}
	kvfree(pages->chunks);
	pages->chunks = NULL;
}

static void zero_page(struct page *page)
{
	void *p = kmap_local_page(page);

	ward_fill_zero(p, PAGE_SIZE);
	kunmap_local(p);
}

/* One run of stores where the kernel maps all of its memory, as on 64 bits. */
static void zero_huge(struct folio *folio)
{
	unsigned long i;

	if (!IS_ENABLED(CONFIG_HIGHMEM)) {
		ward_fill_zero(folio_address(folio), folio_size(folio));
		return;
	}
	for (i = 0; i < WARD_CHUNK_PAGES; i++)
		zero_page(folio_page(folio, i));
}

/**
 * ward_zero_pages() - overwrite pages with zero
 * @pages: held or pinned by the caller
 * @nr: how many
 */
void ward_zero_pages(struct page **pages, unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		zero_page(pages[i]);
		if (i % WARD_CHUNK_PAGES == WARD_CHUNK_PAGES - 1)
			cond_resched();
	}
}

/**
 * ward_pages_zero() - overwrite a buffer's memory
 * @pages: whole; unmapped, so that nobody writes behind our back
 */
void ward_pages_zero(struct ward_pages *pages)
{
	unsigned long i;

	for (i = 0; i < nr_chunks(pages); i++) {
		if (pages->chunks[i].huge)
			zero_huge(pages->chunks[i].huge);
		else
			ward_zero_pages(pages->chunks[i].table, chunk_pages(pages, i));
		cond_resched();
	}
}

/* The page at @index, which is below @pages->nr. */
struct page *ward_pages_at(const struct ward_pages *pages, pgoff_t index)
{
	const struct ward_chunk *chunk = &pages->chunks[index / WARD_CHUNK_PAGES];
	unsigned long at = index % WARD_CHUNK_PAGES;

	return chunk->huge ? folio_page(chunk->huge, at) : chunk->table[at];
}

/* The folio that starts at @index and is a whole chunk, or NULL. */
struct folio *ward_pages_huge_at(const struct ward_pages *pages, pgoff_t index)
{
	if (index % WARD_CHUNK_PAGES || index >= pages->nr)
		return NULL;
	return pages->chunks[index / WARD_CHUNK_PAGES].huge;
}
