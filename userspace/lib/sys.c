// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys.h"

#define SECOND_NS 1000000000ull

static int sys_open(const char *path, int flags)
{
	return open(path, flags);
}

static int sys_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg);
}

const struct ward_sys ward_sys_real = {
	.open = sys_open,
	.close = close,
	.ioctl = sys_ioctl,
	.read = read,
	.poll = poll,
	.mmap = mmap,
	.munmap = munmap,
	.madvise = madvise,
	.clock_gettime = clock_gettime,
	.nanosleep = nanosleep,
};

int ward_sys_ioctl(const struct ward_sys *sys, int fd, unsigned long request,
		   void *arg)
{
	int tries;

	for (tries = 0; tries < WARD_EINTR_MAX; tries++) {
		if (sys->ioctl(fd, request, arg) >= 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
	return -EINTR;
}

uint64_t ward_sys_now(const struct ward_sys *sys)
{
	struct timespec now = { 0 };

	sys->clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

bool ward_sys_wait(const struct ward_sys *sys, uint64_t ns, uint64_t deadline_ns)
{
	struct timespec wait = { .tv_sec = ns / SECOND_NS, .tv_nsec = ns % SECOND_NS };

	if (ward_sys_now(sys) + ns >= deadline_ns)
		return false;
	sys->nanosleep(&wait, NULL);
	return true;
}
