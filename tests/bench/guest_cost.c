// SPDX-License-Identifier: MIT
/*
 * The rows of a guest, in counted instructions: see bench.h for how, and
 * tests/bench/run for the guest.
 *
 *	guest_cost [PART...]	all of it, or parts by name
 *
 * cold, first allocations alone, is for a guest with other habits of zeroing
 * and runs only when it is named.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static const struct part {
	const char *name;
	void (*rows)(void);
	bool named_only;
} parts[] = {
	{ "memory", rows_memory, false },
	{ "cold", rows_memory_cold, true },
	{ "pin", rows_pin, false },
	{ "calls", rows_calls, false },
	{ "curve", rows_curve, false },
	{ "bind", rows_bind, false },
	{ "reuse", rows_reuse, false },
	{ "mediate", rows_mediate, false },
	{ "batch", rows_batch, false },
	{ "heard", rows_heard, false },
	{ "keys", rows_keys, false },
};

static bool wanted(const struct part *part, char **names)
{
	if (!*names)
		return !part->named_only;
	for (; *names; names++)
		if (!strcmp(*names, part->name))
			return true;
	return false;
}

/* A part that finds its own figures worthless ends; the others go on. */
static bool run(const struct part *part)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	need(child >= 0, "fork");
	if (!child) {
		part->rows();
		fflush(stdout);
		_exit(0);
	}
	need(waitpid(child, &status, 0) == child, "waitpid");
	return !status;
}

int main(int argc, char **argv)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	bool whole = true;
	size_t i;

	(void)argc;
	need(!setrlimit(RLIMIT_MEMLOCK, &all), "RLIMIT_MEMLOCK");
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (wanted(&parts[i], argv + 1))
			whole &= run(&parts[i]);
	return !whole;
}
