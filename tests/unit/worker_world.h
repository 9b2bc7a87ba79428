/* SPDX-License-Identifier: MIT */
/* A worker's data sets, made of lines of a text: of one place, or of one site of several. */
#ifndef WARD_TESTS_WORKER_WORLD_H
#define WARD_TESTS_WORKER_WORLD_H

#include "worker_bench.h"

#define WORLD_SITES 3

struct world {
	struct bench_memory bench;
	struct memory memory;
	struct ring ring;
	struct plan *plan;
	struct bench_text text[WORLD_SITES];
	struct site site[WORLD_SITES];
	struct cohort cohort;
};

/* Lines @from to @to of a text. */
static inline struct bench_text world_lines(const char *text, size_t from, size_t to)
{
	const char *begin = text, *end;
	size_t i;

	for (i = 0; i < from; i++)
		begin = strchr(begin, '\n') + 1;
	for (end = begin; i < to; i++)
		end = strchr(end, '\n') + 1;
	return (struct bench_text){ begin, (size_t)(end - begin), 512, 0 };
}

/* One more data set; the world is otherwise begun. */
static inline void world_add(struct world *w, const char *name, struct bench_text text)
{
	struct failure failure = { 0 };
	size_t i = w->cohort.sites++;

	w->text[i] = text;
	w->site[i] = (struct site){
		.index = (unsigned int)i, .name = name, .source = bench_source(&w->text[i]),
		.table = { .name = name, .columns = BENCH_COLUMNS, .names = bench_names,
			   .missing = "?", .delimiter = ',' },
	};
	if (site_init(&w->site[i], w->plan, &w->ring, &w->memory, &failure))
		fail_msg("%s", failure.text);
}

/* Without data sets yet. */
static inline void world_begin(struct world *w, const char *plan)
{
	struct memory_backend backend = bench_backend(&w->bench);
	struct failure failure = { 0 };

	memset(w, 0, sizeof(*w));
	memory_init(&w->memory, &backend, 4 << 20);
	w->plan = bench_plan(plan);
	assert_int_equal(ring_init(&w->ring, &w->memory, 512, 100, WORLD_SITES, &failure), 0);
	w->cohort = (struct cohort){
		.plan = w->plan, .memory = &w->memory, .ring = &w->ring, .site = w->site,
	};
}

static inline void world_survey(struct world *w)
{
	struct failure failure = { 0 };

	if (cohort_survey(&w->cohort, &failure))
		fail_msg("%s", failure.text);
}

/* Afterwards nothing is held. */
static inline void world_end(struct world *w)
{
	size_t i;

	for (i = 0; i < w->cohort.sites; i++)
		site_end(&w->site[i]);
	ring_end(&w->ring);
	memory_release(&w->memory, NULL);
	assert_int_equal(w->memory.live, 0);
	assert_int_equal(w->bench.live, 0);
	plan_free(w->plan);
}

#endif /* WARD_TESTS_WORKER_WORLD_H */
