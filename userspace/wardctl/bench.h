/* SPDX-License-Identifier: MIT */
/*
 * What `ward-train bench` measured of one training in several kinds of memory, round after
 * round: gathered, and compared with plain memory.
 */
#ifndef WARDCTL_BENCH_H
#define WARDCTL_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_ROUNDS_MAX	99
#define BENCH_WHY_LEN		400
#define BENCH_WEIGHTS_LEN	64

enum bench_kind { BENCH_PLAIN, BENCH_MLOCKED, BENCH_SECRET, BENCH_WARD, BENCH_KINDS };

/* The first ones are the parts of BENCH_TOTAL, in ns as all up to BENCH_TRAINING. */
enum bench_figure {
	BENCH_COMPUTE, BENCH_DECRYPT, BENCH_CALLS, BENCH_MEMORY, BENCH_ATTESTATION, BENCH_PARTS,
	BENCH_TOTAL = BENCH_PARTS,
	BENCH_TRAINING,
	BENCH_NUMBERS,
	BENCH_CALL_COUNT = BENCH_NUMBERS,
	BENCH_USER, BENCH_KERNEL, BENCH_FAULTS, BENCH_CHUNKS, BENCH_EPOCHS, BENCH_PEAK,
	BENCH_FIGURES,
};

/** struct bench_series - one figure in all rounds */
struct bench_series {
	double v[BENCH_ROUNDS_MAX];
	size_t n;
};

/**
 * struct bench_memory - one kind of memory
 * @wanted: it was asked for
 * @lacking: why it is not measured here, "" = it is
 * @series: of each figure; empty where it is not measured
 * @why: and then why
 * @weights: digest of what was trained, as hex
 * @unlike: it was not the same in all rounds
 */
struct bench_memory {
	bool wanted;
	char lacking[BENCH_WHY_LEN];
	struct bench_series series[BENCH_FIGURES];
	char why[BENCH_FIGURES][BENCH_WHY_LEN];
	char weights[BENCH_WEIGHTS_LEN + 1];
	bool unlike;
};

struct bench {
	size_t rounds;
	struct bench_memory memory[BENCH_KINDS];
};

/** bench_kind_name - plain, mlocked, secret, ward */
const char *bench_kind_name(enum bench_kind kind);

/** bench_figure_name - as the worker calls it, and -o json */
const char *bench_figure_name(enum bench_figure figure);

/**
 * bench_take - one round's result
 * @text: of the worker, JSON
 * False = it is not such a result; nothing was taken
 */
bool bench_take(struct bench *b, enum bench_kind kind, const char *text);

/** bench_measured - there are figures of that memory */
bool bench_measured(const struct bench *b, enum bench_kind kind);

/** bench_median - NAN where there is none */
double bench_median(const struct bench_series *series);

/** bench_least, bench_most - of all rounds; NAN likewise */
double bench_least(const struct bench_series *series);
double bench_most(const struct bench_series *series);

/**
 * bench_to_plain - the median of what a figure was of that in plain memory, round by round:
 *	what else the machine did then it did to both. NAN where either is missing, or plain's 0
 */
double bench_to_plain(const struct bench *b, enum bench_kind kind, enum bench_figure figure);

/** bench_per_epoch - of the training alone, in ns; NAN where it was not measured */
double bench_per_epoch(const struct bench *b, enum bench_kind kind);

/** bench_same_weights - every training gave the same, bit for bit */
bool bench_same_weights(const struct bench *b);

/** struct bench_run - how the worker is called; lists end with NULL */
struct bench_run {
	const char *worker;
	const char *const *options;
};

/**
 * bench_worker - have one training done
 * @text: of its stdout, or its complaint; freed by the caller. NULL = no memory
 *
 * Its exit status, or -errno: it could not be started, or ended by a signal (-EINTR).
 */
int bench_worker(const struct bench_run *run, enum bench_kind kind, char **text);

/**
 * bench_draw - the figures as bars, a PNG
 * @title: of the picture
 * @out: on the heap
 * -ENOMEM, or 0
 */
int bench_draw(const struct bench *b, const char *title, uint8_t **out, size_t *len);

/* Where bars begin, and what colour the parts have: for who reads the picture. */
#define BENCH_BARS_LEFT		110
uint32_t bench_colour(enum bench_figure part);

#endif /* WARDCTL_BENCH_H */
