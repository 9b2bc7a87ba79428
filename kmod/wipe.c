// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zeroing of pages, of both classes.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "buffer.h"
#include "fill.h"

/* Where the kernel maps all of its memory, as on 64 bits, one run of stores. */
static void zero_run(struct page *first, unsigned long nr)
{
	unsigned long i;
	void *p;

	if (!IS_ENABLED(CONFIG_HIGHMEM)) {
		ward_fill_zero(page_address(first), nr << PAGE_SHIFT);
		return;
	}
	for (i = 0; i < nr; i++) {
		p = kmap_local_page(pfn_to_page(page_to_pfn(first) + i));
		ward_fill_zero(p, PAGE_SIZE);
		kunmap_local(p);
	}
}

/**
 * ward_zero_folio() - overwrite a folio with zero
 * @folio: ward's own
 */
void ward_zero_folio(struct folio *folio)
{
	zero_run(folio_page(folio, 0), folio_nr_pages(folio));
}

/* How many of @most pages lie side by side in memory. */
static unsigned long run_length(struct page **pages, unsigned long most)
{
	unsigned long pfn = page_to_pfn(pages[0]), n = 1;

	while (n < most && page_to_pfn(pages[n]) == pfn + n)
		n++;
	return n;
}

/**
 * ward_zero_pages() - overwrite pages with zero
 * @pages: held or pinned by the caller
 * @nr: how many
 */
void ward_zero_pages(struct page **pages, unsigned long nr)
{
	unsigned long at = 0, left, run;

	while (at < nr) {
		/* No run crosses a multiple of a chunk: there others get their turn. */
		left = min(nr - at, WARD_CHUNK_PAGES - at % WARD_CHUNK_PAGES);
		run = run_length(pages + at, left);
		zero_run(pages[at], run);
		at += run;
		if (at % WARD_CHUNK_PAGES == 0)
			cond_resched();
	}
}
