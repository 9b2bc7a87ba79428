/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for the kernel under libward: a table of system calls whose
 * behaviour a test sets, and a log of what was called in which order.
 */
#ifndef TESTS_UNIT_FAKE_WARD_H
#define TESTS_UNIT_FAKE_WARD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../userspace/lib/private.h"

#define FAKE_FD 1000		/* of the session; buffers count up from it */

struct fake {
	char log[4096];			/* "open ioctl:05 mmap close:1000 ..." */
	char path[64];
	int open_flags, open_errno;
	uint32_t abi;			/* WARD_ABI_VERSION of the module */
	int ioctl_errno[256];		/* by command, given ioctl_fail times */
	int ioctl_fail[256];
	int (*ioctl_hook)(unsigned int cmd, void *arg);	/* 0 or errno */
	unsigned int ioctls;
	int poll_result, poll_revents;
	const void *read_data;
	ssize_t read_len;
	int madvise_errno;
	int mmap_shared_errno;
	size_t unmapped;
	uint64_t clock_ns, slept_ns;
	int next_fd;
};

static struct fake fake;

static void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.next_fd = FAKE_FD + 1;
	fake.abi = WARD_ABI_VERSION;
}

__attribute__((format(printf, 1, 2)))
static void fake_log(const char *format, ...)
{
	size_t used = strlen(fake.log);
	va_list ap;

	va_start(ap, format);
	vsnprintf(fake.log + used, sizeof(fake.log) - used, format, ap);
	va_end(ap);
}

static int fake_open(const char *path, int flags)
{
	snprintf(fake.path, sizeof(fake.path), "%s", path);
	fake.open_flags = flags;
	errno = fake.open_errno;
	return fake.open_errno ? -1 : FAKE_FD;
}

static int fake_close(int fd)
{
	fake_log("close:%d ", fd);
	return 0;
}

static int fake_ioctl(int fd, unsigned long request, void *arg)
{
	unsigned int cmd = request & 0xff;

	fake.ioctls++;
	assert_int_equal((request >> 8) & 0xff, 'W');
	if (fake.ioctls < 64)
		fake_log("ioctl:%02x:%d ", cmd, fd);
	if (fake.ioctl_fail[cmd]) {
		fake.ioctl_fail[cmd]--;
		if (fake.ioctl_hook)
			fake.ioctl_hook(cmd, arg);
		errno = fake.ioctl_errno[cmd];
		return -1;
	}
	if (cmd == WARD_CMD_INFO)
		((struct ward_info *)arg)->out_abi = fake.abi;
	if (cmd == WARD_CMD_BUF_ALLOC)
		((struct ward_buf_alloc *)arg)->out_fd = fake.next_fd++;
	if (cmd == WARD_CMD_BUF_PIN)
		((struct ward_buf_pin *)arg)->out_fd = fake.next_fd++;
	errno = fake.ioctl_hook ? fake.ioctl_hook(cmd, arg) : 0;
	return errno ? -1 : 0;
}

static ssize_t fake_read(int fd, void *buf, size_t len)
{
	(void)fd;
	if (fake.read_len < 0) {
		errno = -fake.read_len;
		return -1;
	}
	assert_true((size_t)fake.read_len <= len);
	memcpy(buf, fake.read_data, fake.read_len);
	return fake.read_len;
}

static int fake_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	(void)timeout_ms;
	assert_int_equal(n, 1);
	fds->revents = fake.poll_revents;
	if (fake.poll_result < 0) {
		errno = -fake.poll_result;
		return -1;
	}
	return fake.poll_result;
}

/* Shared mappings of a buffer become anonymous ones at the same place. */
static void *fake_mmap(void *addr, size_t len, int prot, int flags, int fd,
		       off_t offset)
{
	if (fd < 0)
		return mmap(addr, len, prot, flags, fd, offset);
	fake_log("mmap:%d:%zu ", fd, len);
	assert_true(flags & MAP_SHARED);
	assert_int_equal(prot, PROT_READ | PROT_WRITE);
	assert_int_equal(offset, 0);
	if (fake.mmap_shared_errno) {
		errno = fake.mmap_shared_errno;
		return MAP_FAILED;
	}
	return mmap(addr, len, prot, flags | MAP_ANONYMOUS, -1, 0);
}

static int fake_munmap(void *addr, size_t len)
{
	fake_log("munmap ");
	fake.unmapped += len;
	return munmap(addr, len);
}

static int fake_madvise(void *addr, size_t len, int advice)
{
	(void)addr;
	(void)len;
	fake_log("madvise:%d ", advice);
	errno = fake.madvise_errno;
	return fake.madvise_errno ? -1 : 0;
}

static int fake_clock_gettime(clockid_t clock, struct timespec *now)
{
	assert_int_equal(clock, CLOCK_BOOTTIME);
	fake.clock_ns += 1000;
	now->tv_sec = fake.clock_ns / 1000000000u;
	now->tv_nsec = fake.clock_ns % 1000000000u;
	return 0;
}

static int fake_nanosleep(const struct timespec *wait, struct timespec *left)
{
	uint64_t ns = wait->tv_sec * 1000000000ull + wait->tv_nsec;

	(void)left;
	fake.slept_ns += ns;
	fake.clock_ns += ns;
	return 0;
}

static const struct ward_sys fake_sys = {
	.open = fake_open,
	.close = fake_close,
	.ioctl = fake_ioctl,
	.read = fake_read,
	.poll = fake_poll,
	.mmap = fake_mmap,
	.munmap = fake_munmap,
	.madvise = fake_madvise,
	.clock_gettime = fake_clock_gettime,
	.nanosleep = fake_nanosleep,
};

/* A fresh fake and a session on it. */
static inline struct ward_session *fake_session(void)
{
	struct ward_session *session = NULL;

	fake_reset();
	assert_int_equal(ward_session_open_with(&fake_sys, NULL, &session), 0);
	fake.log[0] = '\0';
	fake.ioctls = 0;
	return session;
}

#endif /* TESTS_UNIT_FAKE_WARD_H */
