// SPDX-License-Identifier: MIT
/*
 * What it costs to be told of an mm's end, by the kernel's two ways: a counted
 * subscription (mmu_notifier_get and put) and one of one's own (register and
 * unregister). With few mappings and with many, and at the exit of a process
 * that holds one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "kmod/wardbench.h"

enum { TIE, UNTIE };

struct way {
	int tie, untie;
	int bench;	/* an open device, or -1 for a new one each round */
};

static const struct way counted = { WARDBENCH_GET, WARDBENCH_PUT, -1 };
static const struct way own = { WARDBENCH_REGISTER, WARDBENCH_UNREGISTER, -1 };

static uint64_t run(int bench, int op)
{
	struct wardbench_run cmd = { .n = 1, .fd = -1 };
	uint64_t t = __rdtsc();

	need(!ioctl(bench, op, &cmd), "wardbench");
	return __rdtsc() - t;
}

static void tie_round(const void *arg, uint64_t part[PARTS])
{
	const struct way *way = arg;
	int bench = bench_open();

	part[TIE] = run(bench, way->tie);
	part[UNTIE] = run(bench, way->untie);
	close(bench);
	/* A put frees later, by itself: the next get must not meet it. */
	usleep(100000);
}

static void rows_tie(const char *where)
{
	struct side s[] = {
		{ "get, put", tie_round, &counted, { { 0 } } },
		{ "register, unregister", tie_round, &own, { { 0 } } },
	};
	char what[80];
	int i;

	race(s, 2);
	for (i = 0; i < 2; i++) {
		snprintf(what, sizeof(what), "%s, %s: to bind", s[i].name, where);
		tell(what, (double)median(&s[i], TIE), "instructions");
		snprintf(what, sizeof(what), "%s, %s: to let go", s[i].name, where);
		tell(what, (double)median(&s[i], UNTIE), "instructions or idle time");
	}
}

/* A second buffer of an mm that is bound already. */
static void again_round(const void *arg, uint64_t part[PARTS])
{
	int bench = bench_open();

	(void)arg;
	part[TIE] = run(bench, WARDBENCH_GET);
	part[UNTIE] = run(bench, WARDBENCH_PUT);
	close(bench);
}

static void rows_again(void)
{
	struct side s = { "get, put of a bound mm", again_round, NULL, { { 0 } } };
	int bench = bench_open();

	run(bench, WARDBENCH_GET);
	race_alone(&s);
	tell("get of an mm that is bound already", (double)median(&s, TIE), "instructions");
	tell("put of one that stays bound", (double)median(&s, UNTIE), "instructions");
	close(bench);
}

/* From fork to the end of a child that does nothing but bind. */
static void exit_round(const void *arg, uint64_t part[PARTS])
{
	const struct way *way = arg;
	uint64_t t = __rdtsc();
	pid_t pid = fork();
	int bench, status;

	need(pid >= 0, "fork");
	if (!pid) {
		if (way) {
			bench = bench_open();
			run(bench, way->tie);
		}
		_exit(0);
	}
	need(waitpid(pid, &status, 0) == pid && !status, "child");
	part[0] = __rdtsc() - t;
}

static void rows_exit(void)
{
	struct side s[] = {
		{ "not bound", exit_round, NULL, { { 0 } } },
		{ "get", exit_round, &counted, { { 0 } } },
		{ "register", exit_round, &own, { { 0 } } },
	};

	race(s, 3);
	tell("a process that binds nothing, fork to end", (double)median(&s[0], 0), "instructions");
	tell("more for one that ends bound by get",
	     (double)median(&s[1], 0) - (double)median(&s[0], 0), "instructions or idle time");
	tell("more for one that ends bound by register",
	     (double)median(&s[2], 0) - (double)median(&s[0], 0), "instructions or idle time");
}

/* Neighbours of different protection don't merge: a VMA each. */
static void many_vmas(int n)
{
	char *p = mmap(NULL, n * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		       -1, 0);
	int i;

	need(p != MAP_FAILED, "mmap");
	for (i = 0; i < n; i += 2)
		need(!mprotect(p + i * PAGE, PAGE, PROT_NONE), "mprotect: max_map_count");
}

void rows_bind(void)
{
	rows_tie("few mappings");
	rows_again();
	rows_exit();
	many_vmas(65000);
	rows_tie("65,000 mappings");
}
