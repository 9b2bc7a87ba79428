/* SPDX-License-Identifier: MIT */
/*
 * The system calls that libward makes, as a table, so that tests can stand in
 * for the kernel. Every handle points to the table that it was opened with.
 */
#ifndef WARD_LIB_SYS_H
#define WARD_LIB_SYS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* All members behave as their libc namesakes: -1 and errno on failure. */
struct ward_sys {
	int (*open)(const char *path, int flags);
	int (*close)(int fd);
	int (*ioctl)(int fd, unsigned long request, void *arg);
	ssize_t (*read)(int fd, void *buf, size_t len);
	int (*poll)(struct pollfd *fds, nfds_t n, int timeout_ms);
	void *(*mmap)(void *addr, size_t len, int prot, int flags, int fd,
		      off_t offset);
	int (*munmap)(void *addr, size_t len);
	int (*madvise)(void *addr, size_t len, int advice);
	int (*clock_gettime)(clockid_t clock, struct timespec *now);
	int (*nanosleep)(const struct timespec *wait, struct timespec *left);
};

extern const struct ward_sys ward_sys_real;

/* Signals may interrupt a call this often before it is given up. */
#define WARD_EINTR_MAX 1000

/* Return: 0 or -errno; interrupted calls are made again. */
int ward_sys_ioctl(const struct ward_sys *sys, int fd, unsigned long request,
		   void *arg);

/** ward_sys_now() - nanoseconds of CLOCK_BOOTTIME */
uint64_t ward_sys_now(const struct ward_sys *sys);

/**
 * ward_sys_wait() - sleep, but not to the deadline
 *
 * Return: false, at once, if @ns from now is past @deadline_ns.
 */
bool ward_sys_wait(const struct ward_sys *sys, uint64_t ns, uint64_t deadline_ns);

#endif /* WARD_LIB_SYS_H */
