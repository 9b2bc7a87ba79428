// SPDX-License-Identifier: MIT
/*
 * /proc/kcore: the kernel's direct map of all memory, whoever's it is. One pass
 * looks for the stamps of every kind, whose owners wait meanwhile.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "leak.h"

#define KERNEL_IMAGE	0xffffffff80000000ull

enum { WINDOW = 1 << 20 };

/*
 * Memory that the kernel freed of its own image keeps the image's mapping, and
 * shows there too. Who gets it is luck: found there, it counts against class A,
 * which keeps off it, and is a remark on the others.
 */
static void search(int core, const Elf64_Phdr *segment, const uint64_t *tags, size_t *total)
{
	static uint64_t window[WINDOW / 8];
	bool image = segment->p_vaddr >= KERNEL_IMAGE;
	size_t hits[MEMORY_NR] = { 0 };
	enum memory kind;
	uint64_t at;
	ssize_t n;

	for (at = 0; at < segment->p_memsz; at += WINDOW) {
		n = segment->p_memsz - at < WINDOW ? segment->p_memsz - at : WINDOW;
		n = pread(core, window, n, segment->p_offset + at);
		if (n > 0)	/* else a hole, or memory that is not there */
			stamp_count_all(window, n, tags, MEMORY_NR, hits);
	}
	for (kind = 0; kind < MEMORY_NR; kind++) {
		if (hits[kind])
			printf("# %s: %zu stamps of %lu in the %s\n", memory_name(kind), hits[kind],
			       LENGTH / 64, image ? "kernel's image" : "direct map");
		if (!image || kind == MEMORY_WARD_A)
			total[kind] += hits[kind];
	}
}

/* Segments of the direct map are those that are no larger than memory is. */
static void search_segments(int core, const uint64_t *tags, size_t *hits)
{
	Elf64_Phdr segment;
	Elf64_Ehdr head;
	int i;

	if (pread(core, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG))
		cell_broken("kcore is no ELF file");
	for (i = 0; i < head.e_phnum; i++) {
		if (pread(core, &segment, sizeof(segment),
			  head.e_phoff + i * sizeof(segment)) != sizeof(segment))
			cell_broken("kcore's segments");
		if (segment.p_type == PT_LOAD && segment.p_memsz <= 1ull << 33 &&
		    segment.p_paddr != ~0ull)
			search(core, &segment, tags, hits);
	}
}

void kcore_attack(struct cell *cells)
{
	struct owner owners[MEMORY_NR];
	size_t hits[MEMORY_NR] = { 0 };
	uint64_t tags[MEMORY_NR];
	enum memory kind;
	int core, error;

	for (kind = 0; kind < MEMORY_NR; kind++) {
		tags[kind] = cells[kind].tag;
		owner_start(&owners[kind], kind, WHO_USER, tags[kind]);
	}
	who_become(cells->who);
	core = open("/proc/kcore", O_RDONLY);
	error = errno;
	if (core >= 0)
		search_segments(core, tags, hits);
	for (kind = 0; kind < MEMORY_NR; kind++) {
		if (owners[kind].error)
			cell_say(&cells[kind], "absent");
		else if (core < 0)
			cell_errno(&cells[kind], error);
		else
			cell_say(&cells[kind], hits[kind] ? "leak" : "no");
		owner_end(&owners[kind]);
	}
}
