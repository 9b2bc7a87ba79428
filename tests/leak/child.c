// SPDX-License-Identifier: MIT
/*
 * What a child of the owner finds at the same address.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leak.h"

static void child_look(struct cell *cell, const struct region *region)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		cell_broken("fork");
	if (!pid)
		_exit(stamp_count(region->p, LENGTH, cell->tag) ? 0 : 42);
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status)) {
		cell_say(cell, "SIG");
		strcat(cell->outcome, sigabbrev_np(WTERMSIG(status)));
	} else {
		cell_say(cell, WEXITSTATUS(status) ? "no" : "leak");
	}
}

void fork_attack(struct cell *cell, struct region *region)
{
	child_look(cell, region);
}

/* A refusal counts only if the child has nothing after it. */
void dofork_attack(struct cell *cell, struct region *region)
{
	int error = madvise(region->p, LENGTH, MADV_DOFORK) ? errno : 0;

	child_look(cell, region);
	if (error && strcmp(cell->outcome, "leak"))
		cell_errno(cell, error);
}
