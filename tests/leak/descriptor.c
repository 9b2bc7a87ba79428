// SPDX-License-Identifier: MIT
/*
 * The descriptor of the memory in another process's hands.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "leak.h"

static void map_and_look(struct cell *cell, int fd)
{
	void *p = mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		cell_errno(cell, errno);
	else
		cell_look(cell, p, LENGTH, "no");
}

/* The owner itself passed it on. */
void passed_fd_attack(struct cell *cell, struct owner *owner)
{
	int fd = owner_fd(owner);

	if (fd < 0)
		cell_say(cell, "n/a");
	else
		map_and_look(cell, fd);
}

void stolen_fd_attack(struct cell *cell, struct owner *owner)
{
	int pidfd = syscall(SYS_pidfd_open, owner->pid, 0), fd;

	if (owner->region.fd < 0) {
		cell_say(cell, "n/a");
		return;
	}
	if (pidfd < 0)
		cell_broken("pidfd_open");
	fd = syscall(SYS_pidfd_getfd, pidfd, owner->region.fd, 0);
	if (fd < 0)
		cell_errno(cell, errno);
	else
		map_and_look(cell, fd);
}
