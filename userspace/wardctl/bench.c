// SPDX-License-Identifier: MIT
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static const char *const kinds[BENCH_KINDS] = { "plain", "mlocked", "secret", "ward" };

static const char *const figures[BENCH_FIGURES] = {
	[BENCH_COMPUTE] = "compute", [BENCH_DECRYPT] = "decrypt", [BENCH_CALLS] = "system_calls",
	[BENCH_MEMORY] = "memory", [BENCH_ATTESTATION] = "attestation", [BENCH_TOTAL] = "total",
	[BENCH_TRAINING] = "training", [BENCH_CALL_COUNT] = "system_calls",
	[BENCH_USER] = "instructions_user", [BENCH_KERNEL] = "instructions_kernel",
	[BENCH_FAULTS] = "page_faults", [BENCH_CHUNKS] = "chunks_decrypted",
	[BENCH_EPOCHS] = "epochs", [BENCH_PEAK] = "peak_bytes",
};

const char *bench_kind_name(enum bench_kind kind)
{
	return kinds[kind];
}

const char *bench_figure_name(enum bench_figure figure)
{
	return figures[figure];
}

/* ---- one round ------------------------------------------------------------------- */

static void copy_text(char *to, size_t room, const json_t *text)
{
	snprintf(to, room, "%s", json_is_string(text) ? json_string_value(text) : "");
}

/*
 * The time in system calls and their number share a name: only the number can be missing, so
 * that a reason is the number's.
 */
static void take_figures(struct bench_memory *m, const json_t *ns, const json_t *counts,
			 const json_t *lacks)
{
	int i;

	for (i = 0; i < BENCH_FIGURES; i++) {
		const json_t *value = json_object_get(i < BENCH_NUMBERS ? ns : counts, figures[i]);
		struct bench_series *series = &m->series[i];

		if (json_is_integer(value) && series->n < BENCH_ROUNDS_MAX)
			series->v[series->n++] = (double)json_integer_value(value);
		else if (i != BENCH_CALLS)
			copy_text(m->why[i], sizeof(m->why[i]), json_object_get(lacks, figures[i]));
	}
}

static void take_weights(struct bench_memory *m, const char *weights)
{
	if (!m->weights[0])
		snprintf(m->weights, sizeof(m->weights), "%s", weights);
	m->unlike |= strcmp(m->weights, weights) != 0;
}

static bool take(struct bench_memory *m, const json_t *result)
{
	const json_t *lacks = json_object_get(result, "not_measured");
	const json_t *ns = json_object_get(result, "ns");
	const json_t *counts = json_object_get(result, "counts");
	const char *weights = json_string_value(json_object_get(result, "weights"));

	copy_text(m->lacking, sizeof(m->lacking), json_object_get(lacks, "memory"));
	if (m->lacking[0])
		return true;
	if (!json_is_integer(json_object_get(ns, figures[BENCH_TOTAL])) || !json_is_object(counts) ||
	    !weights || strlen(weights) != BENCH_WEIGHTS_LEN)
		return false;
	take_figures(m, ns, counts, lacks);
	take_weights(m, weights);
	return true;
}

bool bench_take(struct bench *b, enum bench_kind kind, const char *text)
{
	json_t *result = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	const char *of = json_string_value(json_object_get(result, "memory"));
	bool ok = of && !strcmp(of, kinds[kind]) && take(&b->memory[kind], result);

	json_decref(result);
	return ok;
}

/* ---- all rounds -------------------------------------------------------------------- */

bool bench_measured(const struct bench *b, enum bench_kind kind)
{
	const struct bench_memory *m = &b->memory[kind];

	return m->wanted && !m->lacking[0] && m->series[BENCH_TOTAL].n;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct bench_series sorted(const struct bench_series *series)
{
	struct bench_series s = *series;

	qsort(s.v, s.n, sizeof(*s.v), by_value);
	return s;
}

double bench_median(const struct bench_series *series)
{
	struct bench_series s = sorted(series);

	if (!s.n)
		return NAN;
	return s.n % 2 ? s.v[s.n / 2] : (s.v[s.n / 2 - 1] + s.v[s.n / 2]) / 2;
}

double bench_least(const struct bench_series *series)
{
	return series->n ? sorted(series).v[0] : NAN;
}

double bench_most(const struct bench_series *series)
{
	return series->n ? sorted(series).v[series->n - 1] : NAN;
}

double bench_to_plain(const struct bench *b, enum bench_kind kind, enum bench_figure figure)
{
	const struct bench_series *a = &b->memory[kind].series[figure];
	const struct bench_series *p = &b->memory[BENCH_PLAIN].series[figure];
	struct bench_series ratio = { .n = a->n < p->n ? a->n : p->n };
	size_t i;

	for (i = 0; i < ratio.n; i++) {
		if (!(p->v[i] > 0))
			return NAN;
		ratio.v[i] = a->v[i] / p->v[i];
	}
	return bench_median(&ratio);
}

double bench_per_epoch(const struct bench *b, enum bench_kind kind)
{
	const struct bench_memory *m = &b->memory[kind];
	double epochs = bench_median(&m->series[BENCH_EPOCHS]);

	return epochs > 0 ? bench_median(&m->series[BENCH_TRAINING]) / epochs : NAN;
}

bool bench_same_weights(const struct bench *b)
{
	const char *first = NULL;
	int i;

	for (i = 0; i < BENCH_KINDS; i++) {
		const struct bench_memory *m = &b->memory[i];

		if (!bench_measured(b, i))
			continue;
		first = first ? first : m->weights;
		if (m->unlike || strcmp(first, m->weights))
			return false;
	}
	return true;
}
