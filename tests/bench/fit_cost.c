// SPDX-License-Identifier: MIT
/*
 * P16: what it takes to fit a model of a table, natively, in plain memory, by the worker's own
 * code: beside scikit-learn and PyTorch, with tests/bench/fit.
 *
 *	fit_cost TABLE.csv RUN [TIMES]
 *
 * RUN is one object of a plan's "runs". The last column is the label, above 0; no row is left
 * out for testing. On stdout, each the median of TIMES (5): milliseconds of the processor from
 * text in memory to the model; of them those of training alone, behind the survey of all rows,
 * which are kept as numbers; then passes or epochs, the loss with its penalty, and the largest
 * part of the gradient (0 of methods that do not look at it).
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "../../userspace/worker/train.h"

enum { COLUMNS = 256, CHUNK = 1 << 20, BUDGET = 1 << 28, PLAN_TEXT = 1 << 16, TIMES_MAX = 101 };

struct text_table {
	char *text;		/* behind the header */
	size_t len;
	uint64_t rows;
	const char *name[COLUMNS];
	size_t columns;
};

static void need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fit_cost: %s\n", what);
	exit(1);
}

/* Of the processor: other work on the machine adds less to it than to a clock's. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void load(struct text_table *t, const char *path)
{
	FILE *file = fopen(path, "r");
	char *all = malloc(BUDGET), *rest = NULL, *word;
	size_t len;

	need(file && all, "cannot read the table");
	len = fread(all, 1, BUDGET - 1, file);
	need(len < BUDGET - 1, "the table is too long");
	fclose(file);
	all[len] = '\0';
	t->text = strchr(all, '\n');
	need(t->text != NULL, "the table has one line");
	*t->text++ = '\0';
	t->len = len - (size_t)(t->text - all);
	for (word = strtok_r(all, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		need(t->columns < COLUMNS, "too many columns");
		t->name[t->columns++] = word;
	}
	for (word = t->text; (word = strchr(word, '\n')); word++)
		t->rows++;
	need(t->columns > 1 && t->rows, "the table is empty");
}

static struct plan *plan_of(const struct text_table *t, const char *run)
{
	struct failure failure = { 0 };
	char *text = malloc(PLAN_TEXT);
	struct plan *plan;
	size_t i, at;

	need(text != NULL, "no memory");
	at = (size_t)snprintf(text, PLAN_TEXT, "{\"ward-plan\":1,\"name\":\"fit\",\"features\":[");
	for (i = 0; i + 1 < t->columns && at < PLAN_TEXT; i++)
		at += (size_t)snprintf(text + at, PLAN_TEXT - at, "%s{\"column\":\"%s\"}", i ? "," : "",
				       t->name[i]);
	need(at < PLAN_TEXT, "names are too long");
	at += (size_t)snprintf(text + at, PLAN_TEXT - at,
			       "],\"label\":{\"column\":\"%s\",\"above\":0},"
			       "\"split\":{\"rule\":\"every\",\"every\":1000000},\"runs\":[%s]}",
			       t->name[t->columns - 1], run);
	need(at < PLAN_TEXT, "the run is too long");
	need(!plan_parse(text, at, &plan, &failure), failure.text);
	free(text);
	return plan;
}

static int open_chunk(void *arg, uint64_t chunk, uint8_t *out, size_t *len, struct failure *failure)
{
	const struct text_table *t = arg;
	size_t from = chunk * CHUNK;

	(void)failure;
	*len = t->len - from < CHUNK ? t->len - from : CHUNK;
	memcpy(out, t->text + from, *len);
	return 0;
}

static int get(void *arg, size_t len, const char *label, void **data, void **handle)
{
	size_t *bytes = malloc(sizeof(*bytes) * 2);

	(void)arg;
	(void)label;
	*data = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!bytes || *data == MAP_FAILED)
		return -ENOMEM;
	bytes[0] = (size_t)*data;
	bytes[1] = len;
	*handle = bytes;
	return 0;
}

static void put(void *arg, void *handle)
{
	size_t *bytes = handle;

	(void)arg;
	munmap((void *)bytes[0], bytes[1]);
	free(bytes);
}

/** struct fit - what one took, and what came of it */
struct fit {
	double all;
	double training;
	uint64_t steps;
	double loss;
	double norm;
};

static void fit(struct plan *plan, struct text_table *t, struct fit *out)
{
	const struct memory_backend backend = { get, put, NULL };
	struct failure failure = { 0 };
	struct memory memory;
	struct model model;
	struct ring ring;
	struct site site = {
		.name = "all", .expected = t->rows,
		.table = { .name = "all", .columns = t->columns, .names = t->name, .delimiter = ',' },
		.source = { .chunks = (t->len + CHUNK - 1) / CHUNK, .chunk_bytes = CHUNK,
			    .open = open_chunk, .arg = t },
	};
	struct cohort cohort = { .plan = plan, .memory = &memory, .ring = &ring, .sites = 1,
				 .site = &site };
	double began = now(), surveyed;

	memory_init(&memory, &backend, BUDGET);
	need(!ring_init(&ring, &memory, CHUNK, site.source.chunks, 1, &failure) &&
	     !site_init(&site, plan, &ring, &memory, &failure) && site_keep(&site, BUDGET) &&
	     !cohort_survey(&cohort, &failure), failure.text);
	surveyed = now();
	need(!train_model(&cohort, &plan->run[0], NULL, &model, &failure), failure.text);
	*out = (struct fit){ now() - began, now() - surveyed, model.steps, model.loss, model.norm };
	model_clear(&model);
	site_end(&site);
	ring_end(&ring);
	memory_release(&memory, NULL);
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	double all[TIMES_MAX], training[TIMES_MAX];
	int times = argc > 3 ? atoi(argv[3]) : 5, i;
	struct text_table table = { 0 };
	struct fit last = { 0 };
	struct plan *plan;

	need(argc > 2 && times > 0 && times <= TIMES_MAX, "usage: fit_cost TABLE.csv RUN [TIMES]");
	load(&table, argv[1]);
	plan = plan_of(&table, argv[2]);
	for (i = 0; i < times; i++) {
		fit(plan, &table, &last);
		all[i] = last.all;
		training[i] = last.training;
	}
	qsort(all, (size_t)times, sizeof(*all), by_number);
	qsort(training, (size_t)times, sizeof(*training), by_number);
	printf("%.3f %.3f %llu %.9f %.3e\n", all[times / 2], training[times / 2],
	       (unsigned long long)last.steps, last.loss, last.norm);
	plan_free(plan);
	return 0;
}
