// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the kernel's own image lies in memory.
 *
 * What the kernel frees of its image after boot (initmem, the gaps between its
 * sections) goes to the page allocator, but the image's own mapping of it
 * stays, unless page table isolation is on. /proc/kcore shows that mapping
 * without a look at PageOffline: protected memory must not lie there.
 */
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "buffer.h"

/* Constant after init; empty where first > last. */
static resource_size_t image_first = ~(resource_size_t)0;
static resource_size_t image_last;

/**
 * ward_image_init() - look the image up in the tree of memory resources
 *
 * Its sections are entered at boot, by fixed names, below "System RAM", and
 * stay. Once, at load; the tree's lock is not ours to take.
 */
void ward_image_init(void)
{
	const struct resource *ram, *part;

	for (ram = iomem_resource.child; ram; ram = ram->sibling)
		for (part = ram->child; part; part = part->sibling) {
			if (!part->name || strncmp(part->name, "Kernel ", 7))
				continue;
			image_first = min(image_first, part->start);
			image_last = max(image_last, part->end);
		}
	if (image_first > image_last)
		pr_warn("ward: no kernel image among the resources: /proc/kcore may show some pages\n");
}

/**
 * ward_image_has() - does memory lie within the kernel's image?
 * @page: its first page
 * @nr: pages
 */
bool ward_image_has(const struct page *page, unsigned long nr)
{
	resource_size_t start = PFN_PHYS(page_to_pfn(page));

	return start <= image_last && start + (nr << PAGE_SHIFT) > image_first;
}
