// SPDX-License-Identifier: MIT
/*
 * P5 and P6: to pin 256 MiB of a worker's own memory, and to wipe and unpin
 * it, beside io_uring's registered buffers. Both get the same memory, faulted
 * in before; ward alone has it marked MADV_DONTFORK for it, which is asked of
 * both here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/io_uring.h>

#include "bench.h"

#define LENGTH	(256 * MIB)
#define CHUNKS	(LENGTH / HUGE)

enum { PIN, UNPIN };

/* @fd: a session, or an io_uring. */
struct pinned {
	void *p;
	int fd;
};

static void ward_round(const void *arg, uint64_t part[PARTS])
{
	const struct pinned *pin = arg;
	struct ward_buf_pin cmd = {
		.size = sizeof(cmd), .addr = (uintptr_t)pin->p, .length = LENGTH,
		.label = "bench",
	};
	uint64_t t = __rdtsc();

	need(!ioctl(pin->fd, WARD_BUF_PIN, &cmd), "WARD_BUF_PIN");
	part[PIN] = __rdtsc() - t;
	t = __rdtsc();
	close(cmd.out_fd);
	part[UNPIN] = __rdtsc() - t;
}

static void uring_round(const void *arg, uint64_t part[PARTS])
{
	const struct pinned *pin = arg;
	struct iovec iov = { pin->p, LENGTH };
	uint64_t t = __rdtsc();

	need(!syscall(__NR_io_uring_register, pin->fd, IORING_REGISTER_BUFFERS, &iov, 1),
	     "IORING_REGISTER_BUFFERS");
	part[PIN] = __rdtsc() - t;
	t = __rdtsc();
	fill_words(pin->p, LENGTH);
	need(!syscall(__NR_io_uring_register, pin->fd, IORING_UNREGISTER_BUFFERS, NULL, 0),
	     "IORING_UNREGISTER_BUFFERS");
	part[UNPIN] = __rdtsc() - t;
}

static void rows_of(const char *pages, const struct side *ward, const struct side *uring)
{
	double words = LENGTH / 8.0;
	char what[80];

	snprintf(what, sizeof(what), "P5 pin 256 MiB of %s pages / io_uring registration", pages);
	row_ratio(what, (double)median(ward, PIN) / (double)median(uring, PIN), 1.05);
	tell("ward: instructions per 4 KiB", (double)median(ward, PIN) / (LENGTH / PAGE), "");
	tell("io_uring: instructions per 4 KiB", (double)median(uring, PIN) / (LENGTH / PAGE), "");
	snprintf(what, sizeof(what), "P6 wipe+unpin 256 MiB of %s pages / wipe+unregister", pages);
	row_ratio(what, (double)median(ward, UNPIN) / (double)median(uring, UNPIN), 1.1);
	tell("ward: instructions per 4 KiB beside the fill",
	     ((double)median(ward, UNPIN) - CHUNKS * (double)fill_cost()) / (LENGTH / PAGE), "");
	tell("io_uring: instructions per 4 KiB beside the fill",
	     ((double)median(uring, UNPIN) - words) / (LENGTH / PAGE), "");
}

static int uring_open(void)
{
	struct io_uring_params params = { 0 };
	int fd = (int)syscall(__NR_io_uring_setup, 1, &params);

	need(fd >= 0, "io_uring_setup");
	return fd;
}

static void rows_with(const char *pages, int advice)
{
	void *p = mmap(huge_hint(LENGTH), LENGTH, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct pinned ward = { p, session_open() }, uring = { p, uring_open() };
	struct side s[] = {
		{ "pin by ward", ward_round, &ward, { { 0 } } },
		{ "registration by io_uring", uring_round, &uring, { { 0 } } },
	};

	need(p != MAP_FAILED && !madvise(p, LENGTH, advice) &&
	     !madvise(p, LENGTH, MADV_DONTFORK), "madvise");
	touch(p, LENGTH, PAGE);
	race(s, 2);
	rows_of(pages, &s[0], &s[1]);
	close(ward.fd);
	close(uring.fd);
	munmap(p, LENGTH);
}

void rows_pin(void)
{
	rows_with("4 KiB", MADV_NOHUGEPAGE);
	rows_with("huge", MADV_HUGEPAGE);
}
