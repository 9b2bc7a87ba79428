/* SPDX-License-Identifier: MIT */
/*
 * What the worker's unit tests share: memory that checks the wipe, tables as
 * text cut into chunks of any size, cohorts made of them.
 */
#ifndef WARD_TESTS_WORKER_BENCH_H
#define WARD_TESTS_WORKER_BENCH_H

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "../../userspace/worker/cohort.h"
#include "../../userspace/worker/memory.h"
#include "../../userspace/worker/plan.h"
#include "../../userspace/worker/random.h"

/* ---- memory: plain mappings ---------------------------------------------- */

struct bench_memory {
	size_t live;
	size_t peak;
	size_t refuse_above;	/* 0 = never */
};

struct bench_handle {
	void *data;
	size_t len;
};

static inline int bench_get(void *arg, size_t len, const char *label, void **data,
			    void **handle)
{
	struct bench_memory *bench = arg;
	struct bench_handle *h = malloc(sizeof(*h));

	assert_non_null(h);
	assert_true(len % MEMORY_PAGE == 0 && label);
	if (bench->refuse_above && bench->live + len > bench->refuse_above) {
		free(h);
		return -EDQUOT;
	}
	h->len = len;
	h->data = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	assert_true(h->data != MAP_FAILED);
	bench->live += len;
	if (bench->live > bench->peak)
		bench->peak = bench->live;
	*data = h->data;
	*handle = h;
	return 0;
}

static inline void bench_put(void *arg, void *handle)
{
	struct bench_memory *bench = arg;
	struct bench_handle *h = handle;

	bench->live -= h->len;
	assert_int_equal(munmap(h->data, h->len), 0);
	free(h);
}

static inline struct memory_backend bench_backend(struct bench_memory *bench)
{
	return (struct memory_backend){ bench_get, bench_put, bench };
}

/* ---- a text as chunks ----------------------------------------------------- */

struct bench_text {
	const char *text;
	size_t len;
	size_t chunk;
	uint64_t opened;
};

static inline int bench_open(void *arg, uint64_t chunk, uint8_t *out, size_t *len,
			     struct failure *failure)
{
	struct bench_text *text = arg;
	size_t from = chunk * text->chunk;

	(void)failure;
	assert_true(from < text->len);
	*len = text->len - from < text->chunk ? text->len - from : text->chunk;
	memcpy(out, text->text + from, *len);
	text->opened++;
	return 0;
}

static inline struct source bench_source(struct bench_text *text)
{
	return (struct source){
		.chunks = (text->len + text->chunk - 1) / text->chunk,
		.chunk_bytes = text->chunk, .open = bench_open, .arg = text,
	};
}

/* ---- made-up patients ------------------------------------------------------ */

#define BENCH_COLUMNS 4

static const char *const bench_names[BENCH_COLUMNS] = { "age", "dose", "kind", "ill" };

/* Rows "age,dose,kind,ill", some values missing, made from a seed. */
static inline char *bench_table(uint64_t seed, size_t rows, size_t *len)
{
	char *text = malloc(rows * 64 + 1), *at = text;
	size_t i;

	assert_non_null(text);
	for (i = 0; i < rows; i++) {
		double age = 20 + (double)random_below(&seed, 600) / 10;
		double dose = (double)random_below(&seed, 1000000) / 1e5;
		unsigned int kind = 1 + (unsigned int)random_below(&seed, 3);
		double noise = (double)random_below(&seed, 2000) / 1000 - 1;
		int ill = (age - 50) / 10 + dose / 4 - 1.2 + (kind == 2) + 2 * noise > 0;

		if (random_below(&seed, 20))
			at += sprintf(at, "%.1f,%.5f,%u,%d\n", age, dose, kind, 2 * ill);
		else
			at += sprintf(at, "%.1f,?,%u,%d\n", age, kind, 2 * ill);
	}
	*len = (size_t)(at - text);
	return text;
}

static const char bench_plan_text[] =
	"{\"ward-plan\":1,\"name\":\"bench\",\"features\":[{\"column\":\"age\"},"
	"{\"column\":\"dose\"},{\"column\":\"kind\",\"levels\":[2,3]}],"
	"\"label\":{\"column\":\"ill\",\"above\":0},"
	"\"split\":{\"rule\":\"hash\",\"seed\":7,\"fraction\":0.3},"
	"\"runs\":[{\"name\":\"newton\",\"method\":\"newton\",\"l2\":0.001,\"tolerance\":1e-10},"
	"{\"name\":\"sgd\",\"method\":\"sgd\",\"epochs\":20,\"batch\":16,\"rate\":0.2,"
	"\"decay\":0.1,\"momentum\":0.5,\"window\":64,\"seed\":3},"
	"{\"name\":\"lbfgs\",\"method\":\"lbfgs\",\"l2\":0.001,\"tolerance\":1e-8},"
	"{\"name\":\"layers\",\"method\":\"adam\",\"hidden\":[8,4],\"activation\":\"tanh\","
	"\"rate\":0.02,\"epochs\":20,\"batch\":16,\"window\":64,\"seed\":3}]}";

static inline struct plan *bench_plan(const char *text)
{
	struct failure failure = { 0 };
	struct plan *plan = NULL;

	if (plan_parse(text, strlen(text), &plan, &failure))
		fail_msg("%s", failure.text);
	return plan;
}

#define BENCH_SITES 3

struct bench_cohort {
	struct bench_memory bench;
	struct memory memory;
	struct ring ring;
	struct bench_text text[BENCH_SITES];
	struct site site[BENCH_SITES];
	struct cohort cohort;
	struct plan *plan;
	const char *plan_text;	/* NULL = bench_plan_text */
	bool reader;		/* chunks are opened by a second thread, ahead */
	bool keep;		/* rows are kept as numbers */
	size_t unkeep_after;	/* chunks opened or passes begun: then they are given back */
	size_t ring_limit;	/* shrink once when the ring has so many slots */
};

static inline void bench_shrink(void *arg)
{
	struct bench_cohort *b = arg;

	size_t i;

	if (b->ring_limit && b->ring.count >= b->ring_limit && b->ring_limit--)
		ring_shrink(&b->ring);
	if (b->unkeep_after && !--b->unkeep_after) {
		for (i = 0; i < BENCH_SITES; i++)
			site_unkeep(&b->site[i]);
	}
}

/* Three sites of @rows, 2 x @rows and 3 x @rows. */
static inline void bench_begin(struct bench_cohort *b, size_t rows, size_t chunk,
			       size_t ring, size_t budget)
{
	static const char *const names[] = { "north", "south", "west" };
	struct memory_backend backend;
	struct failure failure = { 0 };
	size_t i;

	backend = bench_backend(&b->bench);
	memory_init(&b->memory, &backend, budget);
	b->plan = bench_plan(b->plan_text ? b->plan_text : bench_plan_text);
	if (ring_init(&b->ring, &b->memory, chunk, ring, BENCH_SITES, &failure))
		fail_msg("%s", failure.text);
	if (b->reader && ring_read_ahead(&b->ring, &failure))
		fail_msg("%s", failure.text);
	b->ring.before = bench_shrink;
	b->ring.before_arg = b;
	for (i = 0; i < BENCH_SITES; i++) {
		struct bench_text *text = &b->text[i];

		text->text = bench_table(i + 11, rows * (i + 1), &text->len);
		text->chunk = chunk;
		b->site[i] = (struct site){
			.index = (unsigned int)i, .name = names[i],
			.source = bench_source(text), .expected = rows * (i + 1),
			.table = { .name = names[i], .columns = BENCH_COLUMNS,
				   .names = bench_names, .missing = "?",
				   .delimiter = ',' },
		};
		if (site_init(&b->site[i], b->plan, &b->ring, &b->memory, &failure))
			fail_msg("%s", failure.text);
		if (b->keep)
			assert_true(site_keep(&b->site[i], budget) > 0);
	}
	b->cohort = (struct cohort){
		.plan = b->plan, .memory = &b->memory, .ring = &b->ring,
		.sites = BENCH_SITES, .site = b->site,
	};
	if (cohort_survey(&b->cohort, &failure))
		fail_msg("%s", failure.text);
}

/* Afterwards nothing is held. */
static inline void bench_end(struct bench_cohort *b)
{
	size_t i;

	for (i = 0; i < BENCH_SITES; i++) {
		site_end(&b->site[i]);
		free((char *)b->text[i].text);
	}
	ring_end(&b->ring);
	memory_release(&b->memory, NULL);
	assert_int_equal(b->memory.live, 0);
	assert_int_equal(b->bench.live, 0);
	plan_free(b->plan);
}

#endif /* WARD_TESTS_WORKER_BENCH_H */
