// SPDX-License-Identifier: MIT
/*
 * What ward's memory costs beside the kernel's own, in instructions: runs in a
 * guest under -icount shift=0, where the time-stamp counter counts instructions
 * (one CPU, no rep stosb: see tests/vm/run --icount). Each row is the median of
 * ROUNDS, with the smallest and the largest, so that the spread shows.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include <linux/ward.h>

#ifndef __NR_memfd_secret
#define __NR_memfd_secret 447
#endif

enum { ROUNDS = 7, CALLS = 200 };

#define LENGTH	(64UL << 20)
#define HUGE	(2UL << 20)
#define PAGE	4096UL

/* Memory as one of the contenders gives it. */
struct memory {
	void *p;
	int fd;
};

struct contender {
	const char *name;
	bool (*get)(struct memory *m);
	void (*put)(struct memory *m);
};

static int session;

static void die(const char *what)
{
	fprintf(stderr, "guest_cost: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* An address at which 2 MiB mappings are possible, with nothing there. */
static void *huge_hint(void)
{
	char *p = mmap(NULL, LENGTH + HUGE, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	munmap(p, LENGTH + HUGE);
	return (void *)(((uintptr_t)p + HUGE - 1) & ~(HUGE - 1));
}

static void touch(volatile char *p)
{
	size_t i;

	for (i = 0; i < LENGTH; i += PAGE)
		p[i] = 1;
}

static bool map_fd(struct memory *m)
{
	m->p = mmap(huge_hint(), LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
	return m->p != MAP_FAILED;
}

static bool ward_get(struct memory *m)
{
	struct ward_buf_alloc cmd = {
		.size = sizeof(cmd), .length = LENGTH, .label = "bench",
	};

	if (ioctl(session, WARD_BUF_ALLOC, &cmd))
		return false;
	m->fd = cmd.out_fd;
	return map_fd(m);
}

static void fd_put(struct memory *m)
{
	munmap(m->p, LENGTH);
	close(m->fd);
}

static bool anon_get(struct memory *m)
{
	m->p = mmap(huge_hint(), LENGTH, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return m->p != MAP_FAILED;
}

static bool thp_get(struct memory *m)
{
	return anon_get(m) && !madvise(m->p, LENGTH, MADV_HUGEPAGE);
}

static bool small_get(struct memory *m)
{
	return anon_get(m) && !madvise(m->p, LENGTH, MADV_NOHUGEPAGE);
}

/* Ordinary memory is not zeroed when it is freed: its owner has to. */
static void anon_put(struct memory *m)
{
	explicit_bzero(m->p, LENGTH);
	munmap(m->p, LENGTH);
}

static bool secret_get(struct memory *m)
{
	m->fd = syscall(__NR_memfd_secret, 0);
	return m->fd >= 0 && !ftruncate(m->fd, LENGTH) && map_fd(m);
}

static const struct contender contenders[] = {
	{ "ward class A", ward_get, fd_put },
	{ "anonymous THP", thp_get, anon_put },
	{ "anonymous 4 KiB", small_get, anon_put },
	{ "memfd_secret", secret_get, fd_put },
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void row(const char *what, const char *name, uint64_t *v)
{
	qsort(v, ROUNDS, sizeof(*v), by_value);
	printf("%-26s %-17s %14.3f  (%.3f to %.3f)\n", what, name,
	       v[ROUNDS / 2] / 1e6, v[0] / 1e6, v[ROUNDS - 1] / 1e6);
}

static void measure(const struct contender *c)
{
	uint64_t get[ROUNDS], put[ROUNDS], first = 0, t;
	struct memory m;
	int i;

	for (i = -1; i < ROUNDS; i++) {
		t = __rdtsc();
		if (!c->get(&m)) {
			printf("%-26s %-17s not here: %s\n", "allocate, map, touch",
			       c->name, strerror(errno));
			return;
		}
		touch(m.p);
		t = __rdtsc() - t;
		/* The first round warms up allocator and page tables. */
		if (i < 0)
			first = t;
		else
			get[i] = t;
		t = __rdtsc();
		c->put(&m);
		if (i >= 0)
			put[i] = __rdtsc() - t;
	}
	printf("%-26s %-17s %14.3f\n", "the first time", c->name, first / 1e6);
	row("allocate, map, touch", c->name, get);
	row("free with wipe", c->name, put);
}

static uint64_t calls(unsigned long cmd, void *arg, int wanted)
{
	uint64_t t = __rdtsc();
	int i;

	for (i = 0; i < CALLS; i++)
		if ((ioctl(session, cmd, arg) ? errno : 0) != wanted)
			die("ioctl");
	return (__rdtsc() - t) / CALLS;
}

static void measure_info(void)
{
	struct ward_info info = { .size = sizeof(info) };
	uint64_t above[ROUNDS], unknown = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		unknown = calls(_IO('W', 255), NULL, ENOTTY);
		above[i] = calls(WARD_INFO, &info, 0) - unknown;
	}
	qsort(above, ROUNDS, sizeof(*above), by_value);
	printf("WARD_INFO above an ENOTTY ioctl (%lu instructions): %lu instructions (%lu to %lu)\n",
	       (unsigned long)unknown, (unsigned long)above[ROUNDS / 2],
	       (unsigned long)above[0], (unsigned long)above[ROUNDS - 1]);
}

int main(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	size_t i;

	setrlimit(RLIMIT_MEMLOCK, &all);
	session = open(WARD_DEVICE, O_RDWR | O_CLOEXEC);
	if (session < 0)
		die(WARD_DEVICE);
	printf("%-26s %-17s %14s\n", "64 MiB", "", "10^6 instructions");
	for (i = 0; i < sizeof(contenders) / sizeof(contenders[0]); i++)
		measure(&contenders[i]);
	measure_info();
	return 0;
}
