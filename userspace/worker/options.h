/* SPDX-License-Identifier: MIT */
/* The command line of `ward-train train`, and what those of all verbs share. */
#ifndef WARD_WORKER_OPTIONS_H
#define WARD_WORKER_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "emit.h"
#include "failure.h"
#include "job.h"

/**
 * options_read() - read and check
 * @argc: arguments, the verb being the first
 * @argv: arguments; texts of @options point into them, and `=` of --data is cut
 * @options: filled in
 * @emit: filled in
 * @help: true: usage was asked for and printed, there is nothing to do
 * @failure: EXIT_MISUSE and what to do
 *
 * Return: 0 or -1.
 */
int options_read(int argc, char **argv, struct job_options *options,
		 struct emit *emit, bool *help, struct failure *failure);

/**
 * options_data() - read NAME=FILE
 * @text: of the command line; `=` is cut
 * @options: one data set more
 * @failure: EXIT_MISUSE: no such name, one that stands twice, too many
 *
 * Return: 0 or -1.
 */
int options_data(char *text, struct job_options *options, struct failure *failure);

/* The end of every verb's table: what options_walk() reads for it. */
#define OPTIONS_OF_ALL \
	{ "output", required_argument, NULL, 'o' }, \
	{ "quiet", no_argument, NULL, 'q' }, \
	{ "help", no_argument, NULL, 'h' }, \
	{ NULL, 0, NULL, 0 }

/**
 * struct options_kind - the options of a verb
 * @verb: its name
 * @usage: what --help prints
 * @known: for getopt_long(), OPTIONS_OF_ALL at its end
 * @read: takes any other option, its value in optarg. Return: 0 or -1
 */
struct options_kind {
	const char *verb;
	const char *usage;
	const struct option *known;
	int (*read)(int option, void *to, struct failure *failure);
};

/**
 * options_walk() - read all of a command line
 * @argc: as options_read()
 * @argv: likewise
 * @kind: the verb's
 * @to: for @kind->read
 * @emit: filled in
 * @help: as options_read()
 * @failure: EXIT_MISUSE: an option that is not known, a bad value, an argument
 *
 * Return: 0 or -1.
 */
int options_walk(int argc, char **argv, const struct options_kind *kind, void *to,
		 struct emit *emit, bool *help, struct failure *failure);

/**
 * options_size() - bytes, K, M or G may follow
 * @name: of the option, without its dashes
 * @text: what stands behind it
 * @out: bytes, above 0
 * @failure: EXIT_MISUSE
 *
 * Return: 0 or -1.
 */
int options_size(const char *name, const char *text, uint64_t *out, struct failure *failure);

/** options_number() - the same of a whole number from @min to @max */
int options_number(const char *name, const char *text, uint64_t min, uint64_t max,
		   uint64_t *out, struct failure *failure);

/** options_reattest() - the same of --reattest: @seconds, or rounds=N for @rounds */
int options_reattest(const char *text, uint64_t *seconds, uint64_t *rounds,
		     struct failure *failure);

#endif /* WARD_WORKER_OPTIONS_H */
