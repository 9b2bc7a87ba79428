// SPDX-License-Identifier: MIT
/*
 * A cell: its process, and what it tells. A cell that dies or hangs says so in
 * its outcome and leaves the others alone.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leak.h"

enum { CELL_SECONDS = 300, ROW_SECONDS = 900 };

void cell_say(struct cell *cell, const char *word)
{
	snprintf(cell->outcome, sizeof(cell->outcome), "%s", word);
}

void cell_errno(struct cell *cell, int error)
{
	cell_say(cell, strerrorname_np(error) ?: "?");
}

void cell_look(struct cell *cell, const void *p, size_t n, const char *word)
{
	cell_say(cell, stamp_count(p, n, cell->tag) ? "leak" : word);
}

void cell_stop(const char *file, int line, const char *what)
{
	dprintf(STDERR_FILENO, "%s:%d: %s: %s\n", file, line, what, strerror(errno));
	_exit(1);
}

static void run_inside(const struct attack *attack, struct cell *cell)
{
	struct region region;

	who_become(cell->who);
	if (memory_get(cell->kind, &region, cell->tag))
		attack->inside(cell, &region);
	else
		cell_say(cell, "absent");
}

static void run_outside(const struct attack *attack, struct cell *cell)
{
	struct owner owner;

	owner_start(&owner, cell->kind, WHO_USER, cell->tag);
	if (owner.error) {
		cell_say(cell, "absent");
	} else {
		who_become(cell->who);
		attack->outside(cell, &owner);
	}
	owner_end(&owner);
}

static void run(const struct attack *attack, struct cell *cell)
{
	if (attack->inside)
		run_inside(attack, cell);
	else if (attack->outside)
		run_outside(attack, cell);
	else if (attack->alone)
		attack->alone(cell);
	else
		attack->at_once(cell);
}

/* In a process of its own; @cells lie in memory that it shares with us. */
static void run_apart(const struct attack *attack, struct cell *cells, unsigned int nr,
		      unsigned int seconds)
{
	unsigned int i;
	int status;
	pid_t pid;

	for (i = 0; i < nr; i++)
		cell_say(&cells[i], "?");
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		cell_broken("fork");
	if (!pid) {
		alarm(seconds);
		run(attack, cells);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (!status)
		return;
	fprintf(stderr, "%s on %s by %s: status %x\n", attack->name,
		nr == 1 ? memory_name(cells->kind) : "all", who_name(cells->who), status);
	for (i = 0; i < nr; i++)
		cell_say(&cells[i], "broken");
}

static struct cell *shared_cells(void)
{
	struct cell *cells = mmap(NULL, MEMORY_NR * sizeof(*cells), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (cells == MAP_FAILED)
		cell_broken("mmap");
	return cells;
}

void attack_run(const struct attack *attack, enum who who, struct cell *cells)
{
	struct cell *shared = shared_cells();
	enum memory kind;

	for (kind = 0; kind < MEMORY_NR; kind++)
		shared[kind] = (struct cell) { .kind = kind, .who = who, .tag = stamp_tag() };
	if (attack->at_once)
		run_apart(attack, shared, MEMORY_NR, ROW_SECONDS);
	for (kind = 0; kind < MEMORY_NR && !attack->at_once; kind++)
		run_apart(attack, &shared[kind], 1, CELL_SECONDS);
	memcpy(cells, shared, MEMORY_NR * sizeof(*cells));
	munmap(shared, MEMORY_NR * sizeof(*shared));
}
