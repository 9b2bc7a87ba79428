// SPDX-License-Identifier: MIT
/*
 * ward-train: find the verb, read its options, run it, say how it ended.
 */
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "aggregate.h"
#include "ask.h"
#include "bench.h"
#include "emit.h"
#include "failure.h"
#include "job.h"
#include "options.h"
#include "scrub.h"
#include "serve.h"

#ifndef WARD_VERSION
#define WARD_VERSION "0.1.0"
#endif

struct verb {
	const char *name;
	const char *help;
	int (*run)(int argc, char **argv, struct emit *emit, struct failure *failure);
};

static int train(int argc, char **argv, struct emit *emit, struct failure *failure)
{
	struct job_options options;
	bool help = false;

	if (options_read(argc, argv, &options, emit, &help, failure))
		return -1;
	return help ? 0 : job_run(&options, emit, failure);
}

static int aggregate(int argc, char **argv, struct emit *emit, struct failure *failure)
{
	struct aggregate_options options;
	bool help = false;

	if (aggregate_read(argc, argv, &options, emit, &help, failure))
		return -1;
	return help ? 0 : aggregate_run(&options, emit, failure);
}

static int serve(int argc, char **argv, struct emit *emit, struct failure *failure)
{
	struct serve_options options;
	bool help = false;

	if (serve_read(argc, argv, &options, emit, &help, failure))
		return -1;
	return help ? 0 : serve_run(&options, emit, failure);
}

static int bench(int argc, char **argv, struct emit *emit, struct failure *failure)
{
	struct bench_options options;
	bool help = false;

	if (bench_read(argc, argv, &options, emit, &help, failure))
		return -1;
	return help ? 0 : bench_run(&options, emit, failure);
}

static int infer(int argc, char **argv, struct emit *emit, struct failure *failure)
{
	struct ask_options options;
	bool help = false;

	if (ask_read(argc, argv, &options, emit, &help, failure))
		return -1;
	return help ? 0 : ask_run(&options, emit, failure);
}

static const struct verb verbs[] = {
	{ "train", "train on encrypted data sets and account for it", train },
	{ "aggregate", "train with the data of several sites, of which none shows it", aggregate },
	{ "serve", "answer what a model says of rows, in protected memory", serve },
	{ "infer", "ask such a server, once it has proved what it is", infer },
	{ "bench", "train in one kind of memory, with a clock beside it", bench },
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void usage(FILE *file)
{
	size_t i;

	fputs("usage: ward-train VERB [OPTION...]\n\n", file);
	for (i = 0; i < VERBS; i++)
		fprintf(file, "  %-10s %s\n", verbs[i].name, verbs[i].help);
	fputs("\n  ward-train VERB --help says more; ward-train --version\n"
	      "\nexit codes: 0 ok, 1 misuse, 2 bad signature or evidence, 3 no collateral,\n"
	      "4 revoked, 5 policy refused, 6 device or module trouble, 7 damaged input, 8 network\n",
	      file);
}

static const struct verb *find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < VERBS; i++) {
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	}
	return NULL;
}

/* No core file, no tracer of the same uid, no new rights: claims say the same. */
static void harden(void)
{
	struct rlimit none = { 0, 0 };

	mallopt(M_ARENA_MAX, 1);	/* one heap for all threads: scrub_exit() knows that one */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int say_failure(const struct emit *emit, const struct failure *failure)
{
	fprintf(stderr, "ward-train: %s\n", failure->text);
	if (emit->json)
		emit_step(emit, "failed", json_pack("{s:i}", "exit_code", failure->exit),
			  "%s", failure->text);
	return failure->exit;
}

static int run_program(int argc, char **argv)
{
	struct emit emit = { 0 };
	struct failure failure = { 0 };
	const struct verb *verb = argc > 1 ? find_verb(argv[1]) : NULL;

	if (argc > 1 && !strcmp(argv[1], "--version")) {
		puts("ward-train " WARD_VERSION);
		return 0;
	}
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		usage(stdout);
		return 0;
	}
	if (!verb) {
		usage(stderr);
		fprintf(stderr, argc > 1 ? "ward-train: there is no verb '%s'\n" :
			"ward-train: a verb is missing\n", argv[1]);
		return EXIT_MISUSE;
	}
	if (verb->run(argc - 1, argv + 1, &emit, &failure))
		return say_failure(&emit, &failure);
	return 0;
}

int main(int argc, char **argv)
{
	harden();
	/* A reader that went away must not keep the wipe and the seal from coming. */
	signal(SIGPIPE, SIG_IGN);
	scrub_exit(run_program(argc, argv));
}
