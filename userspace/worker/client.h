/* SPDX-License-Identifier: MIT */
/*
 * A site's side of a federation: answers what the aggregator asks, from its own rows. What
 * leaves it is what doc/formats.md, Federation, lists: counts, moments, sums or updates, figures
 * of its test rows; never a row.
 */
#ifndef WARD_WORKER_CLIENT_H
#define WARD_WORKER_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "cohort.h"
#include "failure.h"
#include "link.h"
#include "train.h"
#include "wire.h"

/**
 * struct client - a site that takes part
 * @link: to the aggregator; the caller's to close
 * @cohort: its data sets, initialised and not surveyed
 * @model: of each run of the plan; filled in, with figures of this site's test rows
 * @join: session, nonce, name; the rest is client_run()'s
 * @reattest_rounds: in each such round the aggregator proves itself again before it is answered;
 *	0 = as the plan says
 * @heard: the aggregator asked for something; or NULL
 * @heard_arg: for it
 * @welcome: what it said of the federation
 * @all: rows of all sites
 * @sites: how many these were, when rows were standardised
 * @trained: models that came, by run
 * @number: of the question that ended the training: client_receipts() answers it
 */
struct client {
	const struct link *link;
	struct cohort *cohort;
	struct model *model;
	struct wire_join join;
	uint64_t reattest_rounds;
	void (*heard)(void *arg, const struct wire_head *head, const struct wire_task *task);
	void *heard_arg;

	struct wire_welcome welcome;
	struct wire_counts all;
	bool trained[PLAN_RUNS_MAX];
	uint64_t number;

	/* private */
	uint8_t *in;
	uint8_t *out;
	double *theta;
	uint64_t rounds;
	bool scanned;
	bool scaled;
};

/**
 * client_run() - join, and answer until the models are there
 * @client: upper part filled in, the rest zero
 * @failure: what went wrong: refused (5), the connection (8), a frame that is none (7)
 *
 * Return: 0 when all runs of the plan are trained and the aggregator asks for receipts; -1.
 */
int client_run(struct client *client, struct failure *failure);

/**
 * client_receipts() - send receipts, wait for those of all
 * @client: after client_run()
 * @receipts: federation_receipts_put()'s bytes, with WIRE_HEAD bytes of room before
 * @len: without that room, at most FEDERATION_LIST_MAX
 * @bundle: of all; on the heap, freed by the caller
 * @bundle_len: bytes
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int client_receipts(struct client *client, uint8_t *receipts, size_t len, uint8_t **bundle,
		    size_t *bundle_len, struct failure *failure);

#endif /* WARD_WORKER_CLIENT_H */
