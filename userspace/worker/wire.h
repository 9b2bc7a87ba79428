/* SPDX-License-Identifier: MIT */
/*
 * What the aggregator of a federation and its sites send each other, byte by byte as
 * doc/formats.md, Federation, has it: frames of a fixed head and a payload whose length
 * follows from its type and the plan. Bytes alone; nothing here reads a socket.
 *
 * Numbers are little endian, doubles IEEE 754. Payloads hold sums, updates and weights, so
 * they are made and read in protected memory; only those of joining and of the end, which
 * hold neither, may lie elsewhere.
 */
#ifndef WARD_WORKER_WIRE_H
#define WARD_WORKER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/federation_file.h"
#include "average.h"
#include "gradient.h"
#include "metrics.h"
#include "plan.h"
#include "stats.h"

#define WIRE_VERSION		1
#define WIRE_HEAD		16
#define WIRE_PAYLOAD_MAX	(1u << 28)
#define WIRE_NONCE_LEN		32
#define WIRE_ID_LEN		16
#define WIRE_NAME_LEN		64	/* zero padded */

enum wire_type {
	WIRE_JOIN = 1,		/* of a site, the first */
	WIRE_WELCOME = 2,	/* its answer */
	WIRE_REFUSE = 3,	/* or this, which ends the connection at any time */
	WIRE_SURVEY = 4,
	WIRE_MOMENTS = 5,
	WIRE_SCALE = 6,
	WIRE_READY = 7,
	WIRE_GRADIENT = 8,
	WIRE_SUMS = 9,
	WIRE_ROUND = 10,
	WIRE_UPDATE = 11,
	WIRE_MODEL = 12,
	WIRE_FIGURES = 13,
	WIRE_FINISH = 14,
	WIRE_RECEIPTS = 15,
	WIRE_BUNDLE = 16,
	WIRE_LAST = WIRE_BUNDLE,
};

enum wire_reason {
	WIRE_OTHER_VERSION = 1,
	WIRE_OTHER_PLAN = 2,
	WIRE_NAME_TAKEN = 3,
	WIRE_CLOSED = 4,	/* the federation takes nobody in any more */
	WIRE_NOT_FINITE = 5,	/* a number that the site sent */
	WIRE_NORM = 6,		/* what it sent is larger than the plan allows */
	WIRE_ROWS = 7,		/* it counted other rows than before, or nonsense */
	WIRE_NO_QUORUM = 8,
	WIRE_DAMAGED = 9,	/* a frame that is none, or not the one that was asked for */
	WIRE_IMPOSSIBLE = 10,	/* no rows can have given what it sent: witness.h */
	WIRE_REASON_LAST = WIRE_IMPOSSIBLE,
};

/**
 * struct wire_head - of a frame
 * @type: enum wire_type
 * @len: bytes of the payload
 * @number: of the question; an answer has that of its question; 0 before the first
 */
struct wire_head {
	uint32_t type;
	uint32_t len;
	uint64_t number;
};

/**
 * struct wire_join - who wants to take part
 * @version: WIRE_VERSION
 * @plan: SHA-512 of its plan
 * @session: its session's id
 * @nonce: that the aggregator's receipt must answer, 32 random bytes
 * @name: plain text
 */
struct wire_join {
	uint32_t version;
	uint8_t plan[PLAN_DIGEST_LEN];
	uint8_t session[WIRE_ID_LEN];
	uint8_t nonce[WIRE_NONCE_LEN];
	char name[WIRE_NAME_LEN];
};

#define WIRE_JOIN_LEN		184

/** struct wire_welcome - @federation: its id; @sites, @quorum: as the aggregator was told */
struct wire_welcome {
	uint8_t federation[WIRE_ID_LEN];
	uint32_t sites;
	uint32_t quorum;
};

#define WIRE_WELCOME_LEN	24
#define WIRE_REFUSE_LEN		8

/** struct wire_counts - rows of a site, or of all: as struct site and struct cohort have them */
struct wire_counts {
	uint64_t rows;
	uint64_t train;
	uint64_t test;
	uint64_t positive;
	uint64_t dropped;
};

/** struct wire_task - which run and, of averaging, which round; @hessian: of a gradient */
struct wire_task {
	uint32_t run;
	uint32_t hessian;
	uint64_t round;
};

/** struct wire_model - how a run ended, as struct model has it */
struct wire_model {
	uint32_t run;
	uint32_t converged;
	uint64_t steps;
	double loss;
	double norm;
};

/** struct wire_update - what goes with an update: @rows of training, their mean @loss */
struct wire_update {
	uint64_t rows;
	double loss;
};

/** wire_head_put - write a head */
void wire_head_put(uint8_t out[WIRE_HEAD], const struct wire_head *head);

/** wire_head_get - 0, or -1: a type that is none, or a length above WIRE_PAYLOAD_MAX */
int wire_head_get(const uint8_t in[WIRE_HEAD], struct wire_head *head);

/**
 * wire_len() - how long a payload is
 * @type: of the frame
 * @plan: of the federation
 * @run: that it is about, where it is about one
 * @hessian: with one: of WIRE_SUMS
 *
 * Return: bytes; of WIRE_RECEIPTS and WIRE_BUNDLE the most they may be; 0 also of a type
 * that is none.
 */
size_t wire_len(uint32_t type, const struct plan *plan, const struct plan_run *run,
		bool hessian);

/** wire_len_max - the longest payload of a plan, but for receipts and bundle */
size_t wire_len_max(const struct plan *plan);

/*
 * Each pair writes a payload, wire_len() bytes, and reads one of @len bytes. The latter
 * return 0, or -1: another length, or a value that can't stand there.
 */
void wire_join_put(uint8_t *out, const struct wire_join *join);
int wire_join_get(const uint8_t *in, size_t len, struct wire_join *join);
void wire_welcome_put(uint8_t *out, const struct wire_welcome *welcome);
int wire_welcome_get(const uint8_t *in, size_t len, struct wire_welcome *welcome);
void wire_refuse_put(uint8_t *out, uint32_t reason);
int wire_refuse_get(const uint8_t *in, size_t len, uint32_t *reason);

/* @stats: of as many columns as were written */
void wire_moments_put(uint8_t *out, const struct wire_counts *counts, const struct stats *stats);
int wire_moments_get(const uint8_t *in, size_t len, struct wire_counts *counts,
		     struct stats *stats);

/* @theta: @params numbers; of WIRE_GRADIENT and WIRE_ROUND */
void wire_task_put(uint8_t *out, const struct wire_task *task, const double *theta,
		   size_t params);
int wire_task_get(const uint8_t *in, size_t len, const struct plan *plan,
		  struct wire_task *task, double *theta);

/* @sums: of the same shape on both sides, with a Hessian or without */
void wire_sums_put(uint8_t *out, const struct gradient *sums);
int wire_sums_get(const uint8_t *in, size_t len, struct gradient *sums);

void wire_update_put(uint8_t *out, const struct wire_update *update, const double *numbers,
		     size_t params);
int wire_update_get(const uint8_t *in, size_t len, struct wire_update *update, double *numbers,
		    size_t params);

void wire_model_put(uint8_t *out, const struct wire_model *model, const double *theta,
		    size_t params);
int wire_model_get(const uint8_t *in, size_t len, const struct plan *plan,
		   struct wire_model *model, double *theta);

void wire_figures_put(uint8_t *out, const struct metrics *metrics);
int wire_figures_get(const uint8_t *in, size_t len, struct metrics *metrics);

/**
 * wire_reason_text() - in words
 * @reason: enum wire_reason
 *
 * Return: one for any number.
 */
const char *wire_reason_text(uint32_t reason);

#endif /* WARD_WORKER_WIRE_H */
