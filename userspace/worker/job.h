/* SPDX-License-Identifier: MIT */
/* One training job from the plan to the receipts. */
#ifndef WARD_WORKER_JOB_H
#define WARD_WORKER_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emit.h"
#include "failure.h"
#include "plan.h"
#include "seal.h"

#define JOB_BUDGET_DEFAULT	(32u << 20)
#define JOB_BUDGET_MIN		(64u << 10)
#define JOB_RESOURCES_DEFAULT	"default/dataset"

struct job_data {
	const char *name;
	const char *path;
};

/**
 * struct job_options - what the command line says
 * @device: of ward, or NULL for the usual one
 * @broker: its URL
 * @ca: PEM file of roots for its certificate
 * @resources: repository/type of the keys; the tag is the data set's name
 * @plan: file
 * @out: directory for model, card and receipts
 * @key_in_user_space: have keys released to this process, not to the kernel
 * @early_receipt: file for evidence taken before the seal, or NULL
 * @join: HOST:PORT of a federation's aggregator, or NULL
 * @site: its name there, or NULL for that of the first data set
 * @peer_policy: file, by which the aggregator's evidence is judged
 * @peer_root: PEM file of a further root for it, or NULL
 * @reattest_s: it is asked for again when it is so old; 0 = never
 * @reattest_rounds: and in each such round; 0 = as the plan says
 * @budget: most bytes of plaintext to be held
 * @threshold: bytes held at which the ring shrinks; 0 = three quarters of it
 * @ring: most chunks to be held decrypted; 0 = as many as the budget allows
 * @threads: 1, or 2: chunks are decrypted while others are worked on
 * @checkpoint: file to go on from and to keep up to date, or NULL
 * @every_steps: write it after so many steps or minibatches; 0 = by time
 * @every_seconds: or after so many seconds
 * @seal: who can open it
 * @count: data sets
 * @data: the data sets
 */
struct job_options {
	const char *device;
	const char *broker;
	const char *ca;
	const char *resources;
	const char *plan;
	const char *out;
	const char *early_receipt;
	const char *join;
	const char *site;
	const char *peer_policy;
	const char *peer_root;
	uint64_t reattest_s;
	uint64_t reattest_rounds;
	bool key_in_user_space;
	uint64_t budget;
	uint64_t threshold;
	uint64_t ring;
	unsigned int threads;
	const char *checkpoint;
	uint64_t every_steps;
	uint64_t every_seconds;
	struct seal_options seal;
	size_t count;
	struct job_data data[PLAN_SITES_MAX];
};

/**
 * job_run() - do it
 * @options: checked by the caller
 * @emit: where steps are said
 * @failure: what went wrong
 *
 * Whatever happens, nothing is held any more when it returns.
 *
 * Return: 0 or -1.
 */
int job_run(const struct job_options *options, const struct emit *emit,
	    struct failure *failure);

#endif /* WARD_WORKER_JOB_H */
