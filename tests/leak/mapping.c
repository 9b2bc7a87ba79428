// SPDX-License-Identifier: MIT
/*
 * What the owner, or code that took it over, may do to the mapping.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leak.h"

/* Contents that vanish without a word make wrong results, not leaks. */
void dontneed_attack(struct cell *cell, struct region *region)
{
	int error = madvise(region->p, LENGTH, MADV_DONTNEED) ? errno : 0;

	if (stamp_count(region->p, LENGTH, cell->tag) != LENGTH / 64)
		cell_say(cell, "lost");
	else if (error)
		cell_errno(cell, error);
	else
		cell_say(cell, "kept");
}

void grow_attack(struct cell *cell, struct region *region)
{
	if (mremap(region->p, LENGTH, LENGTH + PAGE, MREMAP_MAYMOVE) == MAP_FAILED)
		cell_errno(cell, errno);
	else
		cell_say(cell, "grows");
}

/* Moved memory must be as hidden as it was: a child reads its parent's. */
void move_attack(struct cell *cell, struct region *region)
{
	void *to = mmap(NULL, LENGTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int naps;
	pid_t pid;

	to = mremap(region->p, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	if (to == MAP_FAILED) {
		cell_errno(cell, errno);
		return;
	}
	/* Class B ends for that, soon: a worker of the kernel's wipes it. */
	for (naps = 0; cell->kind == MEMORY_WARD_B && naps < 500; naps++) {
		if (!stamp_count(to, LENGTH, cell->tag))
			break;
		usleep(10000);
	}
	pid = fork();
	if (!pid) {
		readv_look(cell, getppid(), to);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	if (stamp_count(to, LENGTH, cell->tag) != LENGTH / 64)
		cell_say(cell, "lost");
}

void private_attack(struct cell *cell, struct region *region)
{
	void *p;

	if (region->fd < 0) {
		cell_say(cell, "n/a");
		return;
	}
	p = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE, region->fd, 0);
	if (p == MAP_FAILED)
		cell_errno(cell, errno);
	else
		cell_say(cell, "maps");
}

void exec_attack(struct cell *cell, struct region *region)
{
	if (mprotect(region->p, LENGTH, PROT_READ | PROT_WRITE | PROT_EXEC))
		cell_errno(cell, errno);
	else
		cell_say(cell, "allowed");
}
