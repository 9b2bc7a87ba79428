// SPDX-License-Identifier: MIT
/*
 * How the cost of a buffer grows: with its size (a + b * bytes), and with the
 * number of those that are open.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "bench.h"
#include "kmod/wardbench.h"

/* ---- size ------------------------------------------------------------------------ */

/**
 * struct cycle - a buffer's whole life, as often as a race wants it
 * @session: to live in, and to find there what the one before left; or -1 for
 *	one of its own, that is bound already and has nothing, and whose end counts:
 *	it gives the memory back to the kernel
 * @length: bytes; 0 = no buffer
 */
struct cycle {
	int session;
	uint64_t length;
};

static void once(int session, uint64_t length)
{
	int fd = ward_alloc(session, length, WARD_BUF_POPULATE);
	void *p;

	errno = fd < 0 ? -fd : 0;
	need(fd >= 0, "a buffer");
	p = mmap(huge_hint(length), length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	need(p != MAP_FAILED, "mmap of a buffer");
	touch(p, length, length < HUGE ? PAGE : HUGE);
	munmap(p, length);
	close(fd);
}

static void size_round(const void *arg, uint64_t part[PARTS])
{
	const struct cycle *c = arg;
	int session = c->session, bound = -1;
	uint64_t t;

	if (session < 0) {
		session = session_open();
		bound = ward_alloc(session, PAGE, 0);
		need(bound >= 0, "a buffer that binds");
	}
	t = __rdtsc();
	if (c->length)
		once(session, c->length);
	if (session != c->session) {
		close(bound);
		close(session);
	}
	part[0] = __rdtsc() - t;
}

static double cost_of_cycle(int session, uint64_t length)
{
	struct cycle c = { session, length };
	struct side s = { "a buffer's whole life", size_round, &c, { { 0 } } };

	race_alone(&s);
	return (double)median(&s, 0);
}

/* Of a buffer alone: a session's end costs without one as well. */
static double cost_of(int session, uint64_t length)
{
	return cost_of_cycle(session, length) - (session < 0 ? cost_of_cycle(session, 0) : 0);
}

static struct ward_info info_of(int session)
{
	struct ward_info info = { .size = sizeof(info) };

	need(!ioctl(session, WARD_INFO, &info), "WARD_INFO");
	return info;
}

/*
 * The largest power of two that the guest holds without being pressed for memory,
 * since reclaim and compaction would go on in the background and be counted; and
 * within ward's limit.
 */
static uint64_t largest(int session)
{
	uint64_t length = HUGE, limit = info_of(session).out_limit;
	struct sysinfo info;

	need(!sysinfo(&info), "sysinfo");
	while (length * 2 <= (uint64_t)info.freeram * info.mem_unit / 4 * 3 &&
	       length * 2 <= limit)
		length *= 2;
	return length;
}

/* The largest that a session keeps, to find it again. */
static uint64_t largest_kept(int session, uint64_t most)
{
	uint64_t length = HUGE;

	while (length * 2 <= most) {
		once(session, length * 2);
		if (info_of(session).out_pool < length * 2)
			break;
		length *= 2;
	}
	return length;
}

/*
 * b between each size and four times it; a where the first of those lines
 * meets zero bytes.
 */
static void rows_line(const char *how, int session, uint64_t most)
{
	double cost = cost_of(session, HUGE), more, b, first = 0, low = 1e9, high = 0;
	uint64_t at, next;
	char what[80];

	for (at = HUGE; at < most; at = next, cost = more) {
		next = at * 4 < most ? at * 4 : most;
		more = cost_of(session, next);
		b = (more - cost) / (double)(next - at);
		if (!first) {
			first = b;
			snprintf(what, sizeof(what), "%s: a of cost = a + b * bytes, instructions", how);
			row_count(what, cost - b * (double)at, 20000);
		}
		low = b < low ? b : low;
		high = b > high ? b : high;
		snprintf(what, sizeof(what), "b from %lu to %lu MiB, instructions per 4 KiB",
			 at / MIB, next / MIB);
		tell(what, b * PAGE, "");
	}
	snprintf(what, sizeof(what), "%s: b's spread from 2 to %lu MiB, high / low", how, most / MIB);
	row_ratio(what, high / low, 1.05);
}

static void rows_size(void)
{
	int session = session_open();
	uint64_t most = largest(session);

	tell("a buffer of 4 KiB, its whole life", cost_of(session, PAGE), "instructions");
	tell("of it its two records, hashed into the session's chain",
	     2.0 * (double)bench_median(WARDBENCH_RECORD, session, 100), "instructions");
	rows_line("cold", -1, most);
	rows_line("warm pool", session, largest_kept(session, most));
	close(session);
}

/* ---- number ----------------------------------------------------------------------- */

enum { MANY = 100000, SLICES = 9 };

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void open_slice(int session, int *fds, int from, int n)
{
	int i;

	for (i = from; i < from + n; i++) {
		fds[i] = ward_alloc(session, PAGE, 0);
		errno = fds[i] < 0 ? -fds[i] : 0;
		need(fds[i] >= 0, "one of 10^5 buffers");
	}
}

static void close_slice(int session, int *fds, int from, int n)
{
	(void)session;
	while (n--)
		close(fds[from++]);
}

/*
 * From a tenth of @most open to @most, or the other way: what one costs, as the
 * median of nine slices. The run is one round of 10^5 buffers, not a race.
 */
static double decade(void (*slice)(int, int *, int, int), int session, int *fds, int most)
{
	double v[SLICES];
	uint64_t t;
	int i;

	for (i = 0; i < SLICES; i++) {
		t = __rdtsc();
		slice(session, fds, most / 10 * (i + 1), most / 10);
		v[i] = (double)(__rdtsc() - t) / (most / 10);
	}
	qsort(v, SLICES, sizeof(*v), by_value);
	return v[SLICES / 2];
}

static double tell_decade(const char *what, double each, int most)
{
	char text[80];

	snprintf(text, sizeof(text), "%s a buffer of 4 KiB, %d open", what, most);
	tell(text, each, "instructions");
	return each;
}

static void rows_number(void)
{
	const struct rlimit room = { MANY + 100, MANY + 100 };
	int *fds = calloc(MANY, sizeof(*fds)), session = session_open(), n;
	double few = 0, many = 0;

	need(fds && !setrlimit(RLIMIT_NOFILE, &room), "RLIMIT_NOFILE");
	open_slice(session, fds, 0, 100);
	for (n = 1000; n <= MANY; n *= 10) {
		many = tell_decade("open", decade(open_slice, session, fds, n), n);
		few = few ? few : many;
	}
	row_ratio("one of 10^5 open buffers / one of 10^3, to open", many / few, 1.1);
	for (n = MANY, many = 0; n >= 1000; n /= 10) {
		few = tell_decade("close", decade(close_slice, session, fds, n), n);
		many = many ? many : few;
	}
	row_ratio("one of 10^5 open buffers / one of 10^3, to close", many / few, 1.1);
	close_slice(session, fds, 0, 100);
	free(fds);
	close(session);
}

void rows_curve(void)
{
	rows_size();
	rows_number();
}
