// SPDX-License-Identifier: MIT
/*
 * P7 to P9: the floor under every call, the ledger's part of an allocation,
 * and what it takes to hear of a change of level.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench.h"
#include "kmod/wardbench.h"

/* ---- P7: a call that does nothing ---------------------------------------------- */

static void info_round(const void *arg, uint64_t part[PARTS])
{
	struct ward_info info = { .size = sizeof(info) };
	int fd = *(const int *)arg, i;
	uint64_t t = __rdtsc();

	for (i = 0; i < CALLS; i++)
		need(!ioctl(fd, WARD_INFO, &info), "WARD_INFO");
	part[0] = (__rdtsc() - t) / CALLS;
}

static void rows_null(int session)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct side s[] = {
		{ "WARD_INFO, its head alone", bench_null, &session, { { 0 } } },
		{ "WARD_INFO, whole", info_round, &session, { { 0 } } },
		{ "ENOTTY of /dev/null", bench_enotty, &null, { { 0 } } },
		{ "ENOTTY of a session", bench_enotty, &session, { { 0 } } },
	};
	double floor;

	race(s, 4);
	floor = (double)median(&s[2], 0);
	row_count("P7 null ioctl above an ENOTTY, instructions",
		  (double)median(&s[0], 0) - floor, 200);
	tell("the ENOTTY (of /dev/null)", floor, "instructions");
	tell("ENOTTY of a session above it", (double)median(&s[3], 0) - floor, "instructions");
	tell("WARD_INFO with the whole struct above it", (double)median(&s[1], 0) - floor,
	     "instructions");
	close(null);
}

/* ---- P8: the ledger ---------------------------------------------------------------- */

static void ledger_round(const void *arg, uint64_t part[PARTS])
{
	part[0] = bench_each(WARDBENCH_LEDGER, *(const int *)arg, CALLS);
}

static void locked_round(const void *arg, uint64_t part[PARTS])
{
	part[0] = bench_each(WARDBENCH_LOCKED_VM, *(const int *)arg, CALLS);
}

static void rows_ledger(int session)
{
	struct side s[] = {
		{ "charge and refund", ledger_round, &session, { { 0 } } },
		{ "account_locked_vm, both ways", locked_round, &session, { { 0 } } },
	};

	race(s, 2);
	row_ratio("P8 charge+uncharge / a pair of account_locked_vm()",
		  (double)median(&s[0], 0) / (double)median(&s[1], 0), 1.1);
	tell("ward's pair", (double)median(&s[0], 0), "instructions");
	tell("account_locked_vm's pair", (double)median(&s[1], 0), "instructions");
}

/* ---- P9: news --------------------------------------------------------------------- */

/* Something happens, poll() says so, read() takes it: all in one task. */
static void hear(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char news[4096];

	need(poll(&p, 1, 0) == 1, "poll");
	need(read(fd, news, sizeof(news)) > 0, "read");
}

static void eventfd_round(const void *arg, uint64_t part[PARTS])
{
	int fd = *(const int *)arg, i;
	uint64_t t = __rdtsc(), one = 1;

	for (i = 0; i < CALLS; i++) {
		need(write(fd, &one, sizeof(one)) == sizeof(one), "write");
		hear(fd);
	}
	part[0] = (__rdtsc() - t) / CALLS;
}

/* A threshold below, then above what is held: the level changes each time. */
static void watch_round(const void *arg, uint64_t part[PARTS])
{
	struct ward_watch watch = { .size = sizeof(watch) };
	int fd = *(const int *)arg, i;
	uint64_t t = __rdtsc();

	for (i = 0; i < CALLS; i++) {
		watch.threshold = i % 2 ? 64 * MIB : PAGE;
		need(!ioctl(fd, WARD_WATCH, &watch), "WARD_WATCH");
		hear(fd);
	}
	part[0] = (__rdtsc() - t) / CALLS;
}

static void rows_news(int session)
{
	int event = eventfd(0, EFD_CLOEXEC), buffer = ward_alloc(session, 2 * PAGE, 0);
	struct side s[] = {
		{ "change of level, poll, read", watch_round, &session, { { 0 } } },
		{ "eventfd write, poll, read", eventfd_round, &event, { { 0 } } },
	};

	need(event >= 0 && buffer >= 0, "eventfd, buffer");
	race(s, 2);
	row_ratio("P9 pressure event / eventfd round trip",
		  (double)median(&s[0], 0) / (double)median(&s[1], 0), 1.2);
	tell("change of level, poll, read", (double)median(&s[0], 0), "instructions");
	tell("eventfd write, poll, read", (double)median(&s[1], 0), "instructions");
	close(buffer);
	close(event);
}

void rows_calls(void)
{
	int session = session_open();

	rows_null(session);
	rows_ledger(session);
	rows_news(session);
	close(session);
}
