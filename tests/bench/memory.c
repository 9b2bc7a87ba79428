// SPDX-License-Identifier: MIT
/*
 * P1 to P4: what 64 MiB cost from the asking to the giving back, ward's beside
 * the kernel's own. Every contender's memory is touched in each page, so that
 * nobody leaves work for later; whoever can populate before does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "kmod/wardbench.h"

#ifndef __NR_memfd_secret
#define __NR_memfd_secret 447
#endif

#define LENGTH	(64 * MIB)
#define CHUNKS	(LENGTH / HUGE)

enum { GET, UNMAP, PUT };

struct memory {
	void *p;
	int fd;
};

/**
 * struct contender - memory as one of them gives it
 * @get: allocate, map, populate; false where this kernel doesn't have it
 * @wipe: before the unmap, or NULL where the last close zeroes
 * @session: ward's; -1 to open one for each round, so that nothing is warm
 */
struct contender {
	bool (*get)(struct memory *m, int session);
	void (*wipe)(struct memory *m);
	int session;
};

static bool map_shared(struct memory *m)
{
	m->p = mmap(huge_hint(LENGTH), LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
	return m->p != MAP_FAILED;
}

static bool ward_get(struct memory *m, int session)
{
	m->fd = ward_alloc(session, LENGTH, WARD_BUF_POPULATE);
	return m->fd >= 0 && map_shared(m);
}

static bool anon_get(struct memory *m, int advice)
{
	m->fd = -1;
	m->p = mmap(huge_hint(LENGTH), LENGTH, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return m->p != MAP_FAILED && !madvise(m->p, LENGTH, advice) &&
	       !madvise(m->p, LENGTH, MADV_POPULATE_WRITE);
}

static bool thp_get(struct memory *m, int session)
{
	(void)session;
	return anon_get(m, MADV_HUGEPAGE);
}

static bool small_get(struct memory *m, int session)
{
	(void)session;
	return anon_get(m, MADV_NOHUGEPAGE) && !mlock(m->p, LENGTH);
}

static bool secret_get(struct memory *m, int session)
{
	(void)session;
	m->fd = (int)syscall(__NR_memfd_secret, 0);
	return m->fd >= 0 && !ftruncate(m->fd, LENGTH) && map_shared(m);
}

/* Ordinary memory isn't zeroed when it is freed: its owner has to. */
static void wipe_words(struct memory *m)
{
	fill_words(m->p, LENGTH);
}

static void wipe_libc(struct memory *m)
{
	explicit_bzero(m->p, LENGTH);
}

static void cycle(const void *arg, uint64_t part[PARTS])
{
	const struct contender *c = arg;
	int session = c->session < 0 && c->get == ward_get ? session_open() : c->session;
	struct memory m;
	uint64_t t = __rdtsc();

	need(c->get(&m, session), "memory");
	touch(m.p, LENGTH, PAGE);
	part[GET] = __rdtsc() - t;

	t = __rdtsc();
	if (c->wipe)
		c->wipe(&m);
	part[PUT] = __rdtsc() - t;
	t = __rdtsc();
	munmap(m.p, LENGTH);
	part[UNMAP] = __rdtsc() - t;
	t = __rdtsc();
	if (m.fd >= 0)
		close(m.fd);
	part[PUT] += __rdtsc() - t;
	if (session != c->session)
		close(session);
}

/* Fills of a whole 64 MiB that are known to be in @count instructions. */
static void tell_get(const struct side *side, double fills)
{
	char what[80];

	snprintf(what, sizeof(what), "%s: allocate, map, touch", side->name);
	tell(what, (double)median(side, GET) / 1e6, "10^6 instructions");
	snprintf(what, sizeof(what), "  of it beside %.0f fill%s of 64 MiB", fills,
		 fills == 1 ? "" : "s");
	tell(what, ((double)median(side, GET) - fills * CHUNKS * (double)clear_cost()) / 1e6,
	     "10^6 instructions");
}

/* How many times does this kernel zero a huge page that it gives to user space? */
static double thp_fills(const struct side *thp)
{
	return (double)(median(thp, GET) / (CHUNKS * clear_cost()));
}

enum { WARD, THP, BZERO, SMALL, SECRET, SIDES };

static void rows_cold(struct side *s)
{
	tell_get(&s[WARD], 1);
	tell_get(&s[THP], thp_fills(&s[THP]));
	tell_get(&s[SMALL], 1);
	tell_get(&s[SECRET], 1);
	row_ratio("P1 cold allocate+map 64 MiB / anonymous THP, populated",
		  (double)median(&s[WARD], GET) / (double)median(&s[THP], GET),
		  target(0.55, 1.05));
	row_ratio("P1 cold allocate+map 64 MiB / memfd_secret, touched",
		  (double)median(&s[WARD], GET) / (double)median(&s[SECRET], GET), 0.13);
	tell("against anonymous 4 KiB and mlock",
	     (double)median(&s[WARD], GET) / (double)median(&s[SMALL], GET), "ratio");
}

static const struct contender cold = { ward_get, NULL, -1 };
static const struct contender thp = { thp_get, wipe_words, -1 };
static const struct contender thp_libc = { thp_get, wipe_libc, -1 };
static const struct contender small = { small_get, wipe_words, -1 };
static const struct contender secret = { secret_get, NULL, -1 };

static void race_cold(struct side *s)
{
	const struct side sides[SIDES] = {
		[WARD] = { "ward class A", cycle, &cold, { { 0 } } },
		[THP] = { "anonymous THP", cycle, &thp, { { 0 } } },
		[BZERO] = { "anonymous THP, explicit_bzero", cycle, &thp_libc, { { 0 } } },
		[SMALL] = { "anonymous 4 KiB, mlock", cycle, &small, { { 0 } } },
		[SECRET] = { "memfd_secret", cycle, &secret, { { 0 } } },
	};

	memcpy(s, sides, sizeof(sides));
	race(s, SIDES);
	rows_cold(s);
}

void rows_memory_cold(void)
{
	struct side s[SIDES];

	race_cold(s);
}

/* The pool is one session's: rounds on one session find what the last one left. */
static void rows_warm(const struct side *cold_sides)
{
	struct contender pool = { ward_get, NULL, session_open() };
	struct side s[] = {
		{ "ward class A, same session", cycle, &pool, { { 0 } } },
		{ "anonymous THP", cycle, &thp, { { 0 } } },
		{ "anonymous THP, explicit_bzero", cycle, &thp_libc, { { 0 } } },
	};
	double fills, overhead;

	race(s, 3);
	fills = (double)median(&s[0], GET) / (double)median(&cold_sides[WARD], GET);
	if (fills > 0.9)
		puts("    (no pool of clean memory here: the second round costs what the first did)");
	row_ratio("P2 allocate+map 64 MiB from the warm pool / anonymous THP",
		  (double)median(&s[0], GET) / (double)median(&s[1], GET), 0.05);
	overhead = (double)median(&s[0], PUT) - CHUNKS * (double)fill_cost();
	tell("wipe and free of 64 MiB", (double)median(&s[0], PUT) / 1e6, "10^6 instructions");
	row_count("P3 wipe+free beside the fill, instructions per 2 MiB", overhead / CHUNKS, 2000);
	row_count("unmap of 64 MiB, instructions per 2 MiB",
		  (double)median(&s[0], UNMAP) / CHUNKS, 2000);
	row_ratio("P4 full cycle / THP + explicit_bzero",
		  (double)total(&s[0]) / (double)total(&s[2]), target(0.45, 0.55));
	row_ratio("P4 full cycle / THP + a wipe of 8 bytes an instruction",
		  (double)total(&s[0]) / (double)total(&s[1]), target(0.45, 0.55));
	close(pool.session);
}

void rows_memory(void)
{
	struct side s[SIDES];

	tell("a fill of 2 MiB by the kernel's clear_page()", (double)clear_cost(), "instructions");
	tell("a fill of 2 MiB by ward's loop", (double)fill_cost(), "instructions");
	tell("2 MiB from the page allocator, zeroed as it likes, and back",
	     (double)bench_median(WARDBENCH_FOLIO, -1, 4), "instructions");
	race_cold(s);
	rows_warm(s);
}
