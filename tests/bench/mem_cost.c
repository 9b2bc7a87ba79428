// SPDX-License-Identifier: MIT
/*
 * What protected memory costs, beside two kinds of memory that Linux has: in
 * the same guest, same size, every page touched once. Under instruction
 * counting (tests/bench/mem_cost.sh) a nanosecond of guest time is an
 * instruction, so the figures are instructions and repeat.
 *
 *	mem_cost		prints a table
 *
 * Zeroing is part of each row where the kernel does it: ward and anonymous
 * memory when it is handed out, ward and memfd_secret when it is given back.
 * Rows "wiped by hand" add the memset() that anonymous memory would need.
 * Medians of ROUNDS, the kinds interleaved.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/ward.h>

enum { ROUNDS = 9, CALLS = 1000 };

#define LENGTH	(64UL << 20)
#define PAGE	4096UL

static void die(const char *what)
{
	fprintf(stderr, "mem_cost: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void touch_all(volatile unsigned char *p)
{
	size_t at;

	for (at = 0; at < LENGTH; at += PAGE)
		p[at] = 1;
}

/* ---- kinds of memory ------------------------------------------------------------ */

struct memory {
	int fd;
	unsigned char *p;
};

static int session;

static void ward_get(struct memory *m)
{
	struct ward_buf_alloc cmd = { .size = sizeof(cmd), .length = LENGTH };

	if (ioctl(session, WARD_BUF_ALLOC, &cmd))
		die("WARD_BUF_ALLOC");
	m->fd = cmd.out_fd;
	m->p = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
}

static void huge_get(struct memory *m)
{
	/* Aligned by hand, as malloc() of that size would not be. */
	uintptr_t room = (uintptr_t)mmap(NULL, LENGTH + (2 << 20), PROT_NONE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	room = (room + (2 << 20) - 1) & ~((uintptr_t)(2 << 20) - 1);
	m->p = mmap((void *)room, LENGTH, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (m->p != MAP_FAILED && madvise(m->p, LENGTH, MADV_HUGEPAGE))
		die("MADV_HUGEPAGE");
}

static void small_get(struct memory *m)
{
	m->p = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m->p != MAP_FAILED && madvise(m->p, LENGTH, MADV_NOHUGEPAGE))
		die("MADV_NOHUGEPAGE");
}

static void secret_get(struct memory *m)
{
	m->fd = (int)syscall(SYS_memfd_secret, 0);
	if (m->fd < 0 || ftruncate(m->fd, LENGTH))
		die("memfd_secret");
	m->p = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
}

static void file_put(struct memory *m)
{
	munmap(m->p, LENGTH);
	close(m->fd);
}

static void plain_put(struct memory *m)
{
	munmap(m->p, LENGTH);
}

static void wiped_put(struct memory *m)
{
	explicit_bzero(m->p, LENGTH);
	munmap(m->p, LENGTH);
}

static struct kind {
	const char *name;
	void (*get)(struct memory *m);
	void (*put)(struct memory *m);
	uint64_t get_ns[ROUNDS], touch_ns[ROUNDS], put_ns[ROUNDS];
} kinds[] = {
	{ .name = "ward, class A", .get = ward_get, .put = file_put },
	{ .name = "anonymous, huge pages", .get = huge_get, .put = plain_put },
	{ .name = "  and wiped by hand", .get = huge_get, .put = wiped_put },
	{ .name = "anonymous, 4 KiB pages", .get = small_get, .put = plain_put },
	{ .name = "memfd_secret", .get = secret_get, .put = file_put },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void measure(struct kind *k, int round)
{
	struct memory m = { .fd = -1 };
	uint64_t t0, t1, t2, t3, t4;

	t0 = now();
	k->get(&m);
	t1 = now();
	if (m.p == MAP_FAILED)
		die(k->name);
	touch_all(m.p);
	t2 = now();
	/* Written whole, not counted: a wipe has something to wipe. */
	memset(m.p, 0x5a, LENGTH);
	t3 = now();
	k->put(&m);
	t4 = now();
	k->get_ns[round] = t1 - t0;
	k->touch_ns[round] = t2 - t1;
	k->put_ns[round] = t4 - t3;
}

/* ---- calls -------------------------------------------------------------------------- */

static uint64_t cost_of_calls(unsigned long cmd, void *arg)
{
	uint64_t start = now();
	int i;

	for (i = 0; i < CALLS; i++)
		ioctl(session, cmd, arg);
	return (now() - start) / CALLS;
}

/* ---- the table ------------------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median(uint64_t *values)
{
	qsort(values, ROUNDS, sizeof(*values), by_value);
	return values[ROUNDS / 2];
}

static double millions(uint64_t n)
{
	return (double)n / 1e6;
}

static void print_memory(void)
{
	struct kind *k;
	uint64_t get, touch, put;

	printf("%lu MiB, millions of instructions\n", LENGTH >> 20);
	printf("%-24s %10s %10s %10s %10s %10s\n", "", "get", "touch", "get+touch",
	       "give back", "all");
	for (k = kinds; k < kinds + KINDS; k++) {
		get = median(k->get_ns);
		touch = median(k->touch_ns);
		put = median(k->put_ns);
		printf("%-24s %10.2f %10.2f %10.2f %10.2f %10.2f\n", k->name,
		       millions(get), millions(touch), millions(get + touch),
		       millions(put), millions(get + touch + put));
	}
}

static void print_calls(void)
{
	struct ward_info info = { .size = sizeof(info) };
	uint64_t known[ROUNDS], unknown[ROUNDS];
	int i;

	for (i = 0; i < ROUNDS; i++) {
		known[i] = cost_of_calls(WARD_INFO, &info);
		unknown[i] = cost_of_calls(_IO('W', 0xff), &info);
	}
	printf("one call, instructions: WARD_INFO %llu, an unknown ioctl %llu, above it %lld\n",
	       (unsigned long long)median(known), (unsigned long long)median(unknown),
	       (long long)(median(known) - median(unknown)));
}

int main(void)
{
	struct rlimit lock = { RLIM_INFINITY, RLIM_INFINITY };
	int i, k;

	session = open(WARD_DEVICE, O_RDWR | O_CLOEXEC);
	if (session < 0)
		die(WARD_DEVICE);
	if (setrlimit(RLIMIT_MEMLOCK, &lock))
		die("RLIMIT_MEMLOCK");
	for (i = 0; i < ROUNDS; i++)
		for (k = 0; k < KINDS; k++)
			measure(&kinds[k], i);
	print_memory();
	print_calls();
	return 0;
}
