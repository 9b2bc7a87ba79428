// SPDX-License-Identifier: MIT
/*
 * kernelpages: which page frames hold the kernel's objects (slab), so that who searches
 * the memory from outside can tell them from everybody else's: processes' pages, class A
 * buffers, files. As root, in a guest. A line for each run of frames: the first and how
 * many, in decimal.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define SLAB	(1ull << 7)	/* KPF_SLAB of <linux/kernel-page-flags.h> */

static uint64_t first, count;
static unsigned long long told;

static void flush(void)
{
	if (count)
		printf("%llu %llu\n", (unsigned long long)first, (unsigned long long)count);
	told += count;
	count = 0;
}

static void frame(uint64_t number)
{
	if (count && number == first + count) {
		count++;
		return;
	}
	flush();
	first = number;
	count = 1;
}

int main(void)
{
	static uint64_t flags[4096];
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t at = 0;
	ssize_t n = 0, i;

	while (fd >= 0 && (n = read(fd, flags, sizeof(flags))) > 0)
		for (i = 0; i < n / (ssize_t)sizeof(*flags); i++, at++)
			if (flags[i] & SLAB)
				frame(at);
	flush();
	if (!told)
		fprintf(stderr, "kernelpages: no frame is told: it takes root\n");
	return !told;
}
