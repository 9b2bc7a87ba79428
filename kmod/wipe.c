// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zeroing of pages, of both classes.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "buffer.h"
#include "fill.h"

static void zero_page(struct page *page)
{
	void *p = kmap_local_page(page);

	ward_fill_zero(p, PAGE_SIZE);
	kunmap_local(p);
}

/**
 * ward_zero_folio() - overwrite a folio with zero
 * @folio: ward's own. One run of stores where the kernel maps all of its memory,
 *	as on 64 bits
 */
void ward_zero_folio(struct folio *folio)
{
	long i, n = folio_nr_pages(folio);

	if (!IS_ENABLED(CONFIG_HIGHMEM)) {
		ward_fill_zero(folio_address(folio), folio_size(folio));
		return;
	}
	for (i = 0; i < n; i++)
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
