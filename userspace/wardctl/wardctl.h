/* SPDX-License-Identifier: MIT */
/*
 * wardctl: what main.c and the verbs share.
 */
#ifndef WARDCTL_H
#define WARDCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"

/* Exit codes; every verb keeps to them. */
enum {
	EXIT_OK = 0,
	EXIT_USAGE = 1,
	EXIT_EVIDENCE = 2,	/* bad signature or evidence */
	EXIT_COLLATERAL = 3,	/* collateral could not be had */
	EXIT_REVOKED = 4,
	EXIT_POLICY = 5,
	EXIT_DEVICE = 6,	/* device or module trouble, also the local system's */
	EXIT_DAMAGED = 7,	/* damaged input */
	EXIT_NETWORK = 8,
};

struct wardctl_verb;

/**
 * struct wardctl - one run
 * @out: where results go; text or JSON
 * @quiet: no result on success, errors only
 * @json: -o json was given
 * @verb: the verb that runs
 */
struct wardctl {
	struct output *out;
	bool quiet;
	bool json;
	const struct wardctl_verb *verb;
};

/**
 * struct wardctl_verb - one verb
 * @name: one or two words, "verify bundle"
 * @args: what follows it, for the usage line
 * @help: one line, no final dot
 * @details: more for `wardctl help VERB`, lines ending in \n; may be NULL
 * @run: argv[0] is the last word of the name, so that getopt_long() can be
 *	used as it is; -o, -q and -h never reach it. Returns an exit code
 */
struct wardctl_verb {
	const char *name;
	const char *args;
	const char *help;
	const char *details;
	int (*run)(struct wardctl *ctl, int argc, char **argv);
};

/**
 * ctl_error - say what went wrong, where and what to do: stderr for people, an
 *	object {"error": ...} in place of the result for programs
 * @code: the exit code, which is returned
 * @reason: a stable word, or NULL
 */
int ctl_error(struct wardctl *ctl, int code, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** ctl_usage - complain about the arguments of the verb; returns EXIT_USAGE */
int ctl_usage(struct wardctl *ctl, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** ctl_bad_option - the same of the option at which getopt_long() has just stopped */
int ctl_bad_option(struct wardctl *ctl, char **argv);

#endif /* WARDCTL_H */
