/* SPDX-License-Identifier: MIT */
/* The aggregator of a federation, from the plan to everybody's receipts. */
#ifndef WARD_WORKER_AGGREGATE_H
#define WARD_WORKER_AGGREGATE_H

#include <stdint.h>

#include "emit.h"
#include "failure.h"

#define AGGREGATE_JOIN_DEFAULT	300	/* seconds */
#define AGGREGATE_ROUND_DEFAULT	300

/**
 * struct aggregate_options - what the command line says
 * @device: of ward, or NULL for the usual one
 * @plan: file
 * @listen: HOST:PORT
 * @policy: file, by which sites are judged
 * @root: PEM file of a further root for their evidence, or NULL
 * @out: directory for models, cards, receipts
 * @sites: that are expected
 * @quorum: fewer are not enough
 * @join_s: so long sites are waited for
 * @round_s: so long an answer is waited for
 * @reattest_s: a site's evidence is asked for again when it is so old; 0 = never
 * @reattest_rounds: and in each such round; 0 = as the plan says
 * @budget: most bytes of protected memory
 */
struct aggregate_options {
	const char *device;
	const char *plan;
	const char *listen;
	const char *policy;
	const char *root;
	const char *out;
	uint64_t sites;
	uint64_t quorum;
	uint64_t join_s;
	uint64_t round_s;
	uint64_t reattest_s;
	uint64_t reattest_rounds;
	uint64_t budget;
};

/**
 * aggregate_read() - read the command line of `ward-train aggregate`
 * @argc: arguments, the verb being the first
 * @argv: arguments
 * @options: filled in
 * @emit: filled in
 * @help: true: usage was asked for and printed
 * @failure: EXIT_MISUSE and what to do
 *
 * Return: 0 or -1.
 */
int aggregate_read(int argc, char **argv, struct aggregate_options *options, struct emit *emit,
		   bool *help, struct failure *failure);

/**
 * aggregate_run() - do it
 * @options: checked by the caller
 * @emit: where steps are said
 * @failure: what went wrong
 *
 * Whatever happens, nothing is held any more when it returns.
 *
 * Return: 0 or -1.
 */
int aggregate_run(const struct aggregate_options *options, const struct emit *emit,
		  struct failure *failure);

#endif /* WARD_WORKER_AGGREGATE_H */
