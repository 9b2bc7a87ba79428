// SPDX-License-Identifier: MIT
/*
 * abi [--seconds N] [--programs N] [--seed N] [--disk FILE] [--corpus FILE]...
 * abi --replay FILE [--times N] [--disk FILE]
 *
 * Makes programs of calls of the module's, runs them, keeps those that went along edges
 * of the module's code that none before did, and makes further ones of those. Ends after
 * so many seconds or programs, whichever comes first, or with the first program that the
 * kernel complained about, cut down to the calls that it takes: "crash: " and its lines.
 * What was kept is printed: "keep: " and its lines. Where coverage cannot be had (no KCOV)
 * all programs are new ones, which it says. Before all that a planted fault must be seen.
 *
 * --replay runs the programs of a file, in order, --times over. Status 1 on a crash, or
 * where nothing was kept.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "corpus.h"
#include "cover.h"
#include "grammar.h"
#include "mutate.h"
#include "random.h"
#include "run.h"

struct options {
	uint64_t seconds, programs, seed, times;
	const char *replay, *disk;
	bool kcov;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_program(const char *what, const struct program *program)
{
	char text[TEXT * 4], *line, *rest = text;

	program_write(program, text, sizeof(text));
	printf("%s program\n", what);
	while ((line = strsep(&rest, "\n")) && *line)
		printf("%s %s\n", what, line);
}

/* Without each call that it does not take: whether it does is tried three times. */
static void cut_down(struct program *program)
{
	unsigned int at, try;

	for (at = program->n; at-- > 0;) {
		struct program less = *program;
		enum verdict verdict = RUN_FINE;

		memmove(&less.call[at], &less.call[at + 1], (less.n - at - 1) * sizeof(less.call[0]));
		less.n--;
		for (try = 0; try < 3 && verdict == RUN_FINE; try++)
			verdict = run_program(&less);
		if (verdict == RUN_HANGS)
			return;
		if (verdict == RUN_SPLAT)
			*program = less;
	}
}

/* Would a fault be seen, and cut down to what it takes? */
static bool sees_a_fault(void)
{
	static const char *const lines[] = { "open", "INFO", "plant", "PRESSURE" };
	struct program program = { 0 };
	unsigned int i;

	for (i = 0; i < 4; i++)
		program.call[program.n++].op = (unsigned int)op_named(lines[i], strlen(lines[i]));
	if (run_program(&program) != RUN_SPLAT)
		return false;
	cut_down(&program);
	return program.n == 1 && program.call[0].op == (unsigned int)op_named("plant", 5) &&
	       run_program(corpus_at(0)) == RUN_FINE;
}

static int crashed(const struct program *program, enum verdict verdict)
{
	struct program least = *program;

	printf("crash: %s\n", verdict == RUN_HANGS ? "# it does not end" : "# it does, the kernel says:");
	print_program("crash:", program);
	fflush(stdout);
	if (verdict != RUN_SPLAT)
		return 1;
	printf("# %s\n", run_said());
	cut_down(&least);
	print_program("least:", &least);
	return 1;
}

static void next_program(struct program *program, uint64_t *random)
{
	const struct program *parent = one_in(random, 6) ? NULL : corpus_pick(random);

	if (!parent) {
		program_make(program, random);
		return;
	}
	*program = *parent;
	program_mutate(program, corpus_pick(random), random);
}

/* What it began with is run first: its edges are nobody's merit. */
static int run_seeds(unsigned int seeds)
{
	unsigned int i;
	enum verdict verdict;

	for (i = 0; i < seeds; i++) {
		run_reset();
		verdict = run_program(corpus_at(i));
		if (verdict != RUN_FINE)
			return crashed(corpus_at(i), verdict);
		cover_new();
	}
	return 0;
}

static int fuzz(const struct options *o)
{
	const double until = now() + (double)o->seconds;
	const unsigned int seeds = corpus_count();
	uint64_t random = o->seed, n;
	struct program program;
	unsigned int i, first;

	if (run_seeds(seeds))
		return 1;
	first = cover_edges();
	for (n = 0; n < o->programs && now() < until; n++) {
		enum verdict verdict;

		if (n % 16 == 0)
			run_reset();
		next_program(&program, &random);
		verdict = run_program(&program);
		if (verdict != RUN_FINE)
			return crashed(&program, verdict);
		if (cover_new())
			corpus_keep(&program);
	}
	for (i = seeds; i < corpus_count(); i++)
		print_program("keep:", corpus_at(i));
	printf("# seed %" PRIx64 ": %" PRIu64 " programs, %u edges of the seeds, %u in all, %u programs kept\n",
	       o->seed, n, first, cover_edges(), corpus_count() - seeds);
	return o->kcov && corpus_count() == seeds;
}

static int replay(const struct options *o)
{
	uint64_t n;
	unsigned int i;

	corpus_load(o->replay);
	for (n = 0; n < o->times; n++) {
		run_reset();
		for (i = 0; i < corpus_count(); i++) {
			enum verdict verdict = run_program(corpus_at(i));

			if (verdict != RUN_FINE)
				return crashed(corpus_at(i), verdict);
		}
	}
	printf("# %u programs, %" PRIu64 " times: nothing\n", corpus_count(), o->times);
	return corpus_count() == 0;
}

static const struct option names[] = {
	{ "seconds", required_argument, NULL, 's' }, { "programs", required_argument, NULL, 'n' },
	{ "seed", required_argument, NULL, 'S' }, { "disk", required_argument, NULL, 'd' },
	{ "corpus", required_argument, NULL, 'c' }, { "replay", required_argument, NULL, 'r' },
	{ "times", required_argument, NULL, 't' }, { NULL, 0, NULL, 0 },
};

int main(int argc, char **argv)
{
	struct options o = { .seconds = 25, .programs = ~0ull, .seed = 1, .times = 1 };
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 's': o.seconds = strtoull(optarg, NULL, 0); break;
		case 'n': o.programs = strtoull(optarg, NULL, 0); break;
		case 'S': o.seed = strtoull(optarg, NULL, 0); break;
		case 't': o.times = strtoull(optarg, NULL, 0); break;
		case 'd': o.disk = optarg; break;
		case 'r': o.replay = optarg; break;
		case 'c': corpus_load(optarg); break;
		default: return 2;
		}
	}
	o.kcov = cover_open();
	if (!o.kcov)
		printf("# no KCOV in this kernel: nothing is kept\n");
	if (!o.replay && !corpus_count()) {
		fprintf(stderr, "abi: --corpus FILE: it begins with programs, tests/fuzz/abi/seeds at least\n");
		return 2;
	}
	run_open(o.disk);
	if (!o.replay && !sees_a_fault()) {
		printf("# a planted fault was not seen, or not cut down to its call\n");
		return 1;
	}
	return o.replay ? replay(&o) : fuzz(&o);
}
