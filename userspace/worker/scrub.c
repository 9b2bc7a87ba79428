// SPDX-License-Identifier: MIT
#include "scrub.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STACK_SCRUB	(128u * 1024)

__attribute__((noinline, noclone))
void scrub_stack(void)
{
	uint8_t frame[STACK_SCRUB];

	explicit_bzero(frame, sizeof(frame));
}

struct range {
	uintptr_t start;
	uintptr_t end;
};

/* Read into static memory: what looks for the heap must not use it. */
static size_t read_maps(char *text, size_t cap)
{
	size_t used = 0;
	ssize_t got;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	while (used < cap - 1) {
		got = read(fd, text + used, cap - 1 - used);
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	close(fd);
	text[used] = '\0';
	return used;
}

static int find_heap(struct range *heap)
{
	static char text[65536];
	char *line, *mark;

	if (!read_maps(text, sizeof(text)))
		return -1;
	mark = strstr(text, "[heap]");
	if (!mark)
		return -1;
	for (line = mark; line > text && line[-1] != '\n'; line--)
		;
	return sscanf(line, "%lx-%lx", &heap->start, &heap->end) == 2 ? 0 : -1;
}

_Noreturn void scrub_exit(int code)
{
	struct range heap;

	fflush(NULL);
	scrub_stack();
	if (!find_heap(&heap))
		explicit_bzero((void *)heap.start, heap.end - heap.start);
	_exit(code);
}
