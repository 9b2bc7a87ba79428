// SPDX-License-Identifier: MIT
/*
 * userfaultfd: whoever holds it answers faults, and sees which page is touched
 * when.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "leak.h"

#define WP_ASYNC	(1ull << 15)	/* UFFD_FEATURE_WP_ASYNC, from 6.7 */

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

/* 0 or an errno; ENOSYS where the kernel has not the feature. */
static int uffd_register(const struct region *region, uint64_t features, uint64_t mode)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)region->p, .len = LENGTH },
		.mode = mode,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);

	if (fd < 0)
		return errno;
	if (ioctl(fd, UFFDIO_API, &api))
		return ENOSYS;
	return ioctl(fd, UFFDIO_REGISTER, &reg) ? errno : 0;
}

static void say_registered(struct cell *cell, int error)
{
	if (error == ENOSYS)
		cell_say(cell, "n/a");
	else if (error)
		cell_errno(cell, error);
	else
		cell_say(cell, "registers");
}

void missing_attack(struct cell *cell, struct region *region)
{
	say_registered(cell, uffd_register(region, 0, UFFDIO_REGISTER_MODE_MISSING));
}

void wp_async_attack(struct cell *cell, struct region *region)
{
	say_registered(cell, uffd_register(region, WP_ASYNC, UFFDIO_REGISTER_MODE_WP));
}
