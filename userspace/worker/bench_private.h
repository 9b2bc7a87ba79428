/* SPDX-License-Identifier: MIT */
/* What bench.c (a training between phases) and bench_tell.c (what came of it) share. */
#ifndef WARD_WORKER_BENCH_PRIVATE_H
#define WARD_WORKER_BENCH_PRIVATE_H

#include "bench.h"
#include "cohort.h"
#include "counters.h"
#include "phases.h"
#include "pressure.h"
#include "ring.h"
#include "session.h"
#include "train.h"

/**
 * struct bench - one training, measured
 * @silent: for the session's own steps
 * @session: of ward alone, but for its memory
 * @steps: epochs, steps or rounds of all runs
 * @train_ns: of the phases, from the first run to the last
 * @faults: of pages
 * @chunks: that were decrypted
 * @weights: one digest over those of all runs
 * @lacking: why this memory is not measured here, "" = it is
 * @unattested: why evidence is not, likewise
 */
struct bench {
	const struct bench_options *options;
	struct failure *failure;
	struct plan *plan;
	struct emit silent;
	struct session session;
	struct pressure pressure;
	struct phases phases;
	struct phased_memory phased;
	struct counters counters;
	struct ring ring;
	struct data data[PLAN_SITES_MAX];
	uint8_t key[PLAN_SITES_MAX][WARD_DATASET_KEY_LEN];
	struct phased_source source[PLAN_SITES_MAX];
	struct site site[PLAN_SITES_MAX];
	struct cohort cohort;
	struct model model[PLAN_RUNS_MAX];

	uint64_t steps;
	uint64_t train_ns;
	uint64_t faults;
	uint64_t chunks;
	uint8_t weights[32];
	char lacking[640];
	char unattested[640];
};

/** bench_tell() - the step "bench": @b measured, or lacking */
void bench_tell(const struct bench *b, const struct emit *emit);

#endif /* WARD_WORKER_BENCH_PRIVATE_H */
