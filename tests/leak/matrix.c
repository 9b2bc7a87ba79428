// SPDX-License-Identifier: MIT
/*
 * The whole table. Each row is a test: class A says what is expected of it on
 * this kernel, and the control shows that the attack is one. The table itself
 * goes out in lines that begin with "# | ".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "leak.h"

#define BY_ROOT_AND_USER	(1 << WHO_ROOT | 1 << WHO_USER)
#define BY_ALL			(BY_ROOT_AND_USER | 1 << WHO_OTHER)
#define BY_ROOT_AND_OTHER	(1 << WHO_ROOT | 1 << WHO_OTHER)

/* Hibernation comes last: every process of the guest stands still in it. */
static const struct attack attacks[] = {
	{ "process_vm_readv", .outside = readv_attack, .by = BY_ALL },
	{ "/proc/PID/mem", .outside = proc_mem_attack, .by = BY_ALL },
	{ "ptrace peek", .outside = peek_attack, .by = BY_ALL },
	{ "fd by SCM_RIGHTS", .outside = passed_fd_attack, .by = BY_ALL },
	{ "fd by pidfd_getfd", .outside = stolen_fd_attack, .by = BY_ALL },
	{ "fork", .inside = fork_attack, .by = BY_ROOT_AND_USER },
	{ "MADV_DOFORK, fork", .inside = dofork_attack, .by = BY_ROOT_AND_USER },
	{ "core dump", .alone = core_attack, .by = BY_ROOT_AND_USER },
	{ "MADV_DODUMP, core", .alone = dodump_attack, .by = BY_ROOT_AND_USER },
	{ "vmsplice", .inside = vmsplice_attack, .by = BY_ROOT_AND_USER },
	{ "O_DIRECT write", .inside = direct_attack, .by = BY_ROOT_AND_USER },
	{ "io_uring fixed", .inside = ring_attack, .by = BY_ROOT_AND_USER },
	{ "uffd missing", .inside = missing_attack, .by = BY_ROOT_AND_USER },
	{ "uffd WP_ASYNC", .inside = wp_async_attack, .by = BY_ROOT_AND_USER },
	{ "MADV_DONTNEED", .inside = dontneed_attack, .by = BY_ROOT_AND_USER },
	{ "mremap grow", .inside = grow_attack, .by = BY_ROOT_AND_USER },
	{ "mremap move, readv", .inside = move_attack, .by = BY_ROOT_AND_USER },
	{ "MAP_PRIVATE of fd", .inside = private_attack, .by = BY_ROOT_AND_USER },
	{ "PROT_EXEC", .inside = exec_attack, .by = BY_ROOT_AND_USER },
	{ "/proc/kcore", .at_once = kcore_attack, .by = BY_ROOT_AND_OTHER },
	{ "hibernation image", .alone = hibernate_attack, .by = 1 << WHO_ROOT },
};

enum { NR_ATTACKS = sizeof(attacks) / sizeof(attacks[0]) };

static unsigned int tests, failures;

static void print_head(void)
{
	enum memory kind;

	printf("# | %-18s %-6s", "attack", "by");
	for (kind = 0; kind < MEMORY_NR; kind++)
		printf(" %-12s", memory_name(kind));
	printf("\n");
}

static void print_row(const char *attack, const struct cell *cells)
{
	enum memory kind;

	printf("# | %-18s %-6s", attack, who_name(cells->who));
	for (kind = 0; kind < MEMORY_NR; kind++)
		printf(" %-12s", cells[kind].outcome);
	printf("\n");
}

static void judge(const char *who, const struct cell *cell, const char *attack,
		  const char *expected)
{
	bool ok = expected && !strcmp(cell->outcome, expected);

	if (!ok) {
		failures++;
		printf("# %s: %s, not %s\n", memory_name(cell->kind), cell->outcome,
		       expected ?: "anything that is expected here");
	}
	printf("%sok %u %s: %s by %s\n", ok ? "" : "not ", ++tests, who, attack,
	       who_name(cell->who));
}

static void run_row(const struct attack *attack, enum who who)
{
	struct expected expected = expected_of(attack->name, who);
	struct cell cells[MEMORY_NR];
	enum memory kind;

	attack_run(attack, who, cells);
	print_row(attack->name, cells);
	judge("ward", &cells[MEMORY_WARD_A], attack->name, expected.ward);
	judge("control", &cells[MEMORY_ORDINARY], attack->name, expected.control);
	for (kind = 0; kind < MEMORY_NR; kind++)
		if (!strcmp(cells[kind].outcome, "broken") || !strcmp(cells[kind].outcome, "absent"))
			judge("measured", &cells[kind], attack->name, NULL);
	fflush(stdout);
}

/* The names of attacks to leave out may be given. */
static bool left_out(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct utsname system;
	enum who who;
	int i;

	uname(&system);
	printf("# | Linux %s\n", system.release);
	print_head();
	for (i = 0; i < NR_ATTACKS; i++)
		for (who = 0; who < WHO_NR; who++)
			if (attacks[i].by & 1 << who && !left_out(attacks[i].name, argc, argv))
				run_row(&attacks[i], who);
	printf("1..%u\n", tests);
	return failures != 0;
}
