/* SPDX-License-Identifier: MIT */
/* What job.c (the order of things) and job_compute.c (the middle) share. */
#ifndef WARD_WORKER_JOB_PRIVATE_H
#define WARD_WORKER_JOB_PRIVATE_H

#include <stdbool.h>

#include "attested.h"
#include "card.h"
#include "checkpoint.h"
#include "client.h"
#include "cohort.h"
#include "data.h"
#include "job.h"
#include "pressure.h"
#include "progress.h"
#include "release.h"
#include "ring.h"
#include "session.h"
#include "train.h"

struct job {
	const struct job_options *options;
	const struct emit *emit;
	struct failure *failure;
	struct plan *plan;
	struct session session;
	struct ring ring;
	struct pressure pressure;
	struct progress progress;
	struct data data[PLAN_SITES_MAX];
	struct release release[PLAN_SITES_MAX];
	uint8_t release_id[PLAN_SITES_MAX][CARD_RELEASE_LEN];
	struct site site[PLAN_SITES_MAX];
	struct cohort cohort;
	struct model model[PLAN_RUNS_MAX];
	struct release_proof proof;
	struct seal seal;
	struct checkpoint checkpoint;
	struct keeper keeper;
	struct card card;
	struct attested attested;	/* of a federation: how its aggregator is judged, */
	struct link link;		/* the connection to it, */
	struct client client;		/* and what it is told */
	uint8_t *receipt[PLAN_SITES_MAX];
	size_t receipt_len[PLAN_SITES_MAX];
	uint8_t card_digest[PLAN_RUNS_MAX][CARD_DIGEST_LEN];
};

/**
 * job_tell() - say what the data sets hold and how all runs ended
 * @job: trained
 */
void job_tell(const struct job *job);

/**
 * job_read_peer() - of a federation: by what its aggregator is judged
 * @job: nothing is open yet
 *
 * Return: 0 or -1.
 */
int job_read_peer(struct job *job);

/**
 * job_federate() - take part in a federation, in place of job_train()
 * @job: loaded
 *
 * Return: 0 or -1.
 */
int job_federate(struct job *job);

/**
 * job_hand_in() - of a federation: receipts to the aggregator, everybody's from it
 * @job: sealed, its receipts exported
 *
 * Return: 0 or -1.
 */
int job_hand_in(struct job *job);

/**
 * job_leave() - end the connection, if there is one
 * @job: in any state
 */
void job_leave(struct job *job);

/**
 * job_seal() - who can open checkpoints, if any are wanted: asked before long work
 * @job: attested
 *
 * Return: 0 or -1.
 */
int job_seal(struct job *job);

/**
 * job_resume() - go on from the checkpoint, if there is one
 * @job: loaded
 *
 * Return: 0 or -1.
 */
int job_resume(struct job *job);

/**
 * job_no_more() - nothing is left to go on with: the checkpoint goes
 * @job: receipts are written
 */
void job_no_more(struct job *job);

/**
 * job_load() - sites, ring, survey
 * @job: data sets are open
 *
 * Return: 0 or -1.
 */
int job_load(struct job *job);

/**
 * job_train() - all runs of the plan
 * @job: loaded
 *
 * Return: 0 or -1.
 */
int job_train(struct job *job);

/**
 * job_write() - models and cards
 * @job: trained
 *
 * Return: 0 or -1.
 */
int job_write(struct job *job);

/**
 * job_forget() - let go of all plaintext: ring, rows, weights
 * @job: in any state
 */
void job_forget(struct job *job);

#endif /* WARD_WORKER_JOB_PRIVATE_H */
