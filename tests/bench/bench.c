// SPDX-License-Identifier: MIT
/* Races, medians, rows, and what the contenders share. See bench.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"
#include "kmod/wardbench.h"

void die(const char *what)
{
	fflush(stdout);
	fprintf(stderr, "guest_cost: %s: %s\n", what, strerror(errno));
	exit(1);
}

void need(bool ok, const char *what)
{
	if (!ok)
		die(what);
}

/* ---- races ------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void one_round(struct side *side, int round)
{
	uint64_t part[PARTS] = { 0 };
	int i;

	side->round(side->arg, part);
	if (round < 0)
		return;
	for (i = 0; i < PARTS; i++)
		side->v[i][round] = part[i];
}

uint64_t median(const struct side *side, int part)
{
	uint64_t v[ROUNDS];

	memcpy(v, side->v[part], sizeof(v));
	qsort(v, ROUNDS, sizeof(*v), by_value);
	return v[ROUNDS / 2];
}

uint64_t total(const struct side *side)
{
	uint64_t v[ROUNDS] = { 0 };
	int i, round;

	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < PARTS; i++)
			v[round] += side->v[i][round];
	qsort(v, ROUNDS, sizeof(*v), by_value);
	return v[ROUNDS / 2];
}

static void check_control(const struct side *side, const struct side *control)
{
	double ratio = (double)total(control) / (double)total(side);

	if (ratio >= 0.97 && ratio <= 1.03)
		return;
	fflush(stdout);
	fprintf(stderr, "guest_cost: %s against itself is %.3f, not within 0.97 to 1.03: no figure\n",
		side->name, ratio);
	exit(1);
}

void race(struct side *sides, int n)
{
	struct side control = sides[0];
	int i, round;

	for (round = -1; round < ROUNDS; round++) {
		for (i = 0; i < n; i++)
			one_round(&sides[i], round);
		one_round(&control, round);
	}
	check_control(&sides[0], &control);
}

void race_alone(struct side *side)
{
	race(side, 1);
}

/* ---- rows -------------------------------------------------------------------- */

static void row(const char *what, const char *value, const char *most, bool met)
{
	printf("%-64s %12s  %-10s %s\n", what, value, most, met ? "met" : "NOT MET");
	fflush(stdout);
}

void row_ratio(const char *what, double value, double most)
{
	char v[32], m[32];

	snprintf(v, sizeof(v), "%.3f", value);
	snprintf(m, sizeof(m), "<= %.2f", most);
	row(what, v, m, value <= most);
}

void row_count(const char *what, double value, double most)
{
	char v[32], m[32];

	snprintf(v, sizeof(v), "%.0f", value);
	snprintf(m, sizeof(m), "<= %.0f", most);
	row(what, v, m, value <= most);
}

void tell(const char *what, double value, const char *unit)
{
	printf("    %-60s %12.*f  %s\n", what, value < 100 ? 3 : 0, value, unit);
	fflush(stdout);
}

double target(double on_6_12, double on_newest)
{
	struct utsname u;

	need(!uname(&u), "uname");
	return strncmp(u.release, "6.", 2) ? on_newest : on_6_12;
}

/* ---- devices ------------------------------------------------------------------- */

int bench_agent(int session)
{
	struct ward_agent_bind cmd = { .size = sizeof(cmd), .name = "bench" };

	need(!ioctl(session, WARD_AGENT_BIND, &cmd), "WARD_AGENT_BIND");
	return cmd.out_fd;
}

int session_open(void)
{
	int fd = open(WARD_DEVICE, O_RDWR | O_CLOEXEC);

	need(fd >= 0, WARD_DEVICE);
	return fd;
}

int ward_alloc(int session, uint64_t length, uint32_t flags)
{
	struct ward_buf_alloc cmd = {
		.size = sizeof(cmd), .flags = flags, .length = length, .label = "bench",
	};

	if (!ioctl(session, WARD_BUF_ALLOC, &cmd))
		return cmd.out_fd;
	if (errno != EOPNOTSUPP || !flags)
		return -errno;
	cmd.flags = 0;
	return ioctl(session, WARD_BUF_ALLOC, &cmd) ? -errno : cmd.out_fd;
}

int bench_open(void)
{
	int fd = open("/dev/wardbench", O_RDWR | O_CLOEXEC);

	need(fd >= 0, "/dev/wardbench");
	return fd;
}

static uint64_t bench_run(int bench, int op, int fd, uint32_t n)
{
	struct wardbench_run run = { .n = n, .fd = fd };
	uint64_t t = __rdtsc();

	need(!ioctl(bench, op, &run), "wardbench");
	return __rdtsc() - t;
}

uint64_t bench_each(int op, int fd, uint32_t n)
{
	int bench = bench_open();
	uint64_t none = bench_run(bench, op, fd, 0);
	uint64_t all = bench_run(bench, op, fd, n);

	close(bench);
	return (all - none) / n;
}

struct op {
	int op, fd;
	uint32_t n;
};

static void op_round(const void *arg, uint64_t part[PARTS])
{
	const struct op *op = arg;

	part[0] = bench_each(op->op, op->fd, op->n);
}

uint64_t bench_median(int op, int fd, uint32_t n)
{
	const struct op arg = { op, fd, n };
	struct side side = { "an operation of wardbench", op_round, &arg, { { 0 } } };

	race_alone(&side);
	return median(&side, 0);
}

uint64_t clear_cost(void)
{
	static uint64_t cost;

	if (!cost)
		cost = bench_median(WARDBENCH_CLEAR, -1, 4);
	return cost;
}

uint64_t fill_cost(void)
{
	static uint64_t cost;

	if (!cost)
		cost = bench_median(WARDBENCH_FILL, -1, 4);
	return cost;
}

/* ---- the floor under every call ------------------------------------------------ */

void bench_enotty(const void *arg, uint64_t part[PARTS])
{
	int fd = *(const int *)arg, i;
	uint64_t t = __rdtsc();

	for (i = 0; i < CALLS; i++)
		need(ioctl(fd, _IO('W', 255), 0) < 0 && errno == ENOTTY, "ENOTTY");
	part[0] = (__rdtsc() - t) / CALLS;
}

void bench_null(const void *arg, uint64_t part[PARTS])
{
	struct { uint32_t size, flags; } head = { .size = sizeof(head) };
	int fd = *(const int *)arg, i;
	uint64_t t = __rdtsc();

	for (i = 0; i < CALLS; i++)
		need(!ioctl(fd, WARD_INFO, &head), "WARD_INFO");
	part[0] = (__rdtsc() - t) / CALLS;
}

/* ---- memory ---------------------------------------------------------------------- */

void *huge_hint(size_t length)
{
	char *p = mmap(NULL, length + HUGE, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	need(p != MAP_FAILED, "mmap");
	munmap(p, length + HUGE);
	return (void *)(((uintptr_t)p + HUGE - 1) & ~(HUGE - 1));
}

void touch(void *p, size_t length, size_t step)
{
	volatile char *c = p;
	size_t i;

	for (i = 0; i < length; i += step)
		c[i] = 1;
}

void fill_words(void *p, size_t length)
{
	size_t words = length / 8;

	asm volatile("rep stosq" : "+D"(p), "+c"(words) : "a"(0) : "memory");
}
