// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys.h"

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
