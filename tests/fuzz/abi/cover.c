// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <linux/kcov.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "cover.h"

enum { WORDS = 1 << 16, EDGES = 1 << 18 };

static int fd = -1;
static uint64_t *trace;		/* how many, and they */
static uint8_t known[EDGES / 8];
static unsigned int edges;

bool cover_open(void)
{
	fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, WORDS))
		return false;
	trace = mmap(NULL, WORDS * sizeof(*trace), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return trace != MAP_FAILED;
}

void cover_begin(void)
{
	if (fd < 0 || ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		return;
	__atomic_store_n(&trace[0], 0, __ATOMIC_RELAXED);
}

static uint64_t mixed(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdull;
	return x ^ x >> 33;
}

unsigned int cover_new(void)
{
	uint64_t n = trace ? trace[0] : 0, before = 0, i;
	const unsigned int was = edges;

	for (i = 1; i <= n && i < WORDS; i++) {
		const uint64_t edge = mixed(before * 31 + trace[i]) % EDGES;

		before = trace[i];
		edges += !(known[edge / 8] >> edge % 8 & 1);
		known[edge / 8] |= (uint8_t)(1u << edge % 8);
	}
	return edges - was;
}

unsigned int cover_edges(void)
{
	return edges;
}
