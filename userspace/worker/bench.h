/* SPDX-License-Identifier: MIT */
/*
 * `ward-train bench`: one training in one kind of memory, measured. `wardctl bench train` runs
 * it for each kind in turns, and compares.
 *
 * Tables are plain text that needs no protection: they are encrypted with a key that is drawn
 * for it, and then go the way of a job's data. No broker is asked, nothing is written.
 */
#ifndef WARD_WORKER_BENCH_H
#define WARD_WORKER_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "data.h"
#include "emit.h"
#include "failure.h"
#include "job.h"
#include "memory_kind.h"

/**
 * struct bench_options - what the command line says
 * @job: plan, data (tables, not data sets), budget, device
 * @kind: of memory
 * @epochs: in place of the plan's, and at most as many steps; 0 = as it says
 * @attest: ask for evidence before and for a receipt after
 * @label: column to predict, or NULL: as the plan says
 * @missing: text that marks a missing value, or NULL
 * @delimiter: of fields
 */
struct bench_options {
	struct job_options job;
	enum memory_kind kind;
	uint64_t epochs;
	bool attest;
	const char *label;
	const char *missing;
	char delimiter;
};

/** bench_read() - the command line: as options_read() */
int bench_read(int argc, char **argv, struct bench_options *options, struct emit *emit,
	       bool *help, struct failure *failure);

/**
 * bench_table() - a table as an encrypted data set that nobody but this process sees
 * @options: how it is read
 * @file: the table
 * @data: filled in, peeked at
 * @key: WARD_DATASET_KEY_LEN bytes, drawn for it
 * @failure: what went wrong
 *
 * Return: 0 or -1; data_close() in any case.
 */
int bench_table(const struct bench_options *options, const struct job_data *file,
		struct data *data, uint8_t *key, struct failure *failure);

/**
 * bench_run() - train, measure, say it: the step "bench"
 * @options: checked
 * @emit: where it is said; also that and why this machine lacks what is measured
 * @failure: what went wrong: plan, table
 *
 * Return: 0 or -1.
 */
int bench_run(const struct bench_options *options, const struct emit *emit,
	      struct failure *failure);

#endif /* WARD_WORKER_BENCH_H */
