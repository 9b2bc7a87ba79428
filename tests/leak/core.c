// SPDX-License-Identifier: MIT
/*
 * Core dumps: real ones, found in their files by root.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leak.h"

#define CORES	"/tmp/leak-cores"	/* where the guest's core_pattern leads */

static void search_core(struct cell *cell, pid_t pid)
{
	size_t hits = 0;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), CORES "/core.%d", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		cell_broken(path);
	stamp_count_file(fd, &cell->tag, 1, &hits);
	close(fd);
	unlink(path);
	cell_say(cell, hits ? "leak" : "no");
}

/* Status 1: the memory is not to be had. */
static void die_with_it(const struct cell *cell, bool undo, int tell)
{
	struct region region;
	int error = 0;

	who_become(cell->who);
	if (!memory_get(cell->kind, &region, cell->tag))
		_exit(1);
	if (undo && madvise(region.p, LENGTH, MADV_DODUMP))
		error = errno;
	if (write(tell, &error, sizeof(error)) != sizeof(error))
		_exit(2);
	abort();
}

static void dump(struct cell *cell, bool undo)
{
	int ends[2], status, error;
	pid_t pid;

	if (pipe(ends))
		cell_broken("pipe");
	pid = fork();
	if (pid < 0)
		cell_broken("fork");
	if (!pid)
		die_with_it(cell, undo, ends[1]);
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1) {
		cell_say(cell, "absent");
		return;
	}
	if (!WIFSIGNALED(status) || !WCOREDUMP(status) ||
	    read(ends[0], &error, sizeof(error)) != sizeof(error))
		cell_broken("no core dump");
	search_core(cell, pid);
	if (error && strcmp(cell->outcome, "leak"))
		cell_errno(cell, error);
}

void core_attack(struct cell *cell)
{
	dump(cell, false);
}

/* A refusal counts only if the dump has nothing after it. */
void dodump_attack(struct cell *cell)
{
	dump(cell, true);
}
