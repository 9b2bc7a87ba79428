// SPDX-License-Identifier: MIT
/*
 * numbers PLAN OUT MISSING TABLE...: what a federation with these tables has in its members'
 * memory while it trains, and hands to nobody: parameters on their way, each site's sums of
 * gradients and Hessians, its own weights after a round and what they moved by. OUT gets doubles
 * in runs, a NaN behind each. The models that come of it in the end are left out.
 *
 * It trains in one place, which comes to the same numbers to the bit (tests/e2e/federation.sh
 * says so), with the functions that see them wrapped by the linker.
 */
#include <err.h>
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/worker/sgd.h"
#include "../../userspace/worker/train.h"

#define SITES_MAX	16
#define COLUMNS_MAX	512
#define TABLE_MAX	(1u << 20)
#define CHUNK		4096

/** struct run - doubles as they were seen */
struct run {
	size_t count;
	double *value;
	struct run *next;
};

static struct run *runs;

static void keep(const double *value, size_t count)
{
	struct run *run = malloc(sizeof(*run));

	if (!run)
		err(1, "malloc");
	*run = (struct run){ count, malloc((count + 1) * sizeof(double)), runs };
	if (!run->value)
		err(1, "malloc");
	memcpy(run->value, value, count * sizeof(double));
	run->value[count] = NAN;
	runs = run;
}

/* ---- what sees them -------------------------------------------------------------- */

void __real_gradient_finish(struct gradient *sum, const double *theta, double l2);
void __wrap_gradient_finish(struct gradient *sum, const double *theta, double l2);
void __real_gradient_merge(struct gradient *sum, const struct gradient *other);
void __wrap_gradient_merge(struct gradient *sum, const struct gradient *other);
int __real_sgd_solve(const struct sgd_options *options, struct cohort *cohort, double *theta,
		     struct failure *failure);
int __wrap_sgd_solve(const struct sgd_options *options, struct cohort *cohort, double *theta,
		     struct failure *failure);

/* One site more was read: @other is its sums. */
void __wrap_gradient_merge(struct gradient *sum, const struct gradient *other)
{
	size_t i;

	keep(other->g, other->params);
	for (i = 0; other->h && i < other->block; i++)
		keep(other->h + i * other->block, i + 1);
	__real_gradient_merge(sum, other);
}

void __wrap_gradient_finish(struct gradient *sum, const double *theta, double l2)
{
	keep(theta, sum->params);
	keep(sum->g, sum->params);
	__real_gradient_finish(sum, theta, l2);
}

int __wrap_sgd_solve(const struct sgd_options *options, struct cohort *cohort, double *theta,
		     struct failure *failure)
{
	size_t params = net_params(options->net), i;
	double *common = calloc(params, sizeof(double));
	int ret;

	if (!common)
		err(1, "calloc");
	memcpy(common, theta, params * sizeof(double));
	keep(common, params);
	ret = __real_sgd_solve(options, cohort, theta, failure);
	keep(theta, params);
	for (i = 0; i < params; i++)
		common[i] = theta[i] - common[i];
	keep(common, params);
	free(common);
	return ret;
}

/* ---- tables in plain memory -------------------------------------------------------- */

struct text {
	char *all, *rows;
	size_t len;
	const char *column[COLUMNS_MAX];
	size_t columns;
};

static int get(void *arg, size_t len, const char *label, void **data, void **handle)
{
	(void)arg;
	(void)label;
	*data = *handle = aligned_alloc(4096, len);
	if (*data)
		memset(*data, 0, len);
	return *data ? 0 : -1;
}

static void put(void *arg, void *handle)
{
	(void)arg;
	free(handle);
}

static int open_chunk(void *arg, uint64_t chunk, uint8_t *out, size_t *len, struct failure *failure)
{
	const struct text *t = arg;
	size_t from = chunk * CHUNK;

	(void)failure;
	*len = t->len - from < CHUNK ? t->len - from : CHUNK;
	memcpy(out, t->rows + from, *len);
	return 0;
}

static void load(struct text *t, const char *path)
{
	FILE *file = fopen(path, "r");
	char *rest = NULL, *word;
	size_t got;

	t->all = calloc(1, TABLE_MAX);
	if (!file || !t->all)
		err(1, "%s", path);
	got = fread(t->all, 1, TABLE_MAX - 1, file);
	fclose(file);
	t->rows = memchr(t->all, '\n', got);
	if (!t->rows || got == TABLE_MAX - 1)
		errx(7, "%s: no table with names of columns, or above 1 MiB", path);
	*t->rows++ = '\0';
	t->len = got - (size_t)(t->rows - t->all);
	for (word = strtok_r(t->all, ",", &rest); word && t->columns < COLUMNS_MAX;
	     word = strtok_r(NULL, ",", &rest))
		t->column[t->columns++] = word;
}

/* ---- training ------------------------------------------------------------------------ */

struct place {
	struct plan *plan;
	struct memory memory;
	struct ring ring;
	struct text text[SITES_MAX];
	struct site site[SITES_MAX];
	struct cohort cohort;
	struct failure failure;
};

static void must(const struct place *p, int ret)
{
	if (ret)
		errx(1, "%s", p->failure.text);
}

static void begin(struct place *p, const char *missing, char **table, size_t sites)
{
	const struct memory_backend backend = { get, put, NULL };
	size_t i;

	memory_init(&p->memory, &backend, 64 << 20);
	must(p, ring_init(&p->ring, &p->memory, CHUNK, 1024, sites, &p->failure));
	for (i = 0; i < sites; i++) {
		struct text *t = &p->text[i];
		char *name = basename(table[i]);

		load(t, table[i]);
		name[strcspn(name, ".")] = '\0';
		p->site[i] = (struct site){
			.index = (unsigned int)i, .name = name,
			.source = { .chunks = (t->len + CHUNK - 1) / CHUNK, .chunk_bytes = CHUNK,
				    .open = open_chunk, .arg = t },
			.table = { .name = name, .columns = t->columns, .names = t->column,
				   .missing = missing, .delimiter = ',' },
		};
		must(p, site_init(&p->site[i], p->plan, &p->ring, &p->memory, &p->failure));
	}
	p->cohort = (struct cohort){
		.plan = p->plan, .memory = &p->memory, .ring = &p->ring, .sites = sites,
		.site = p->site,
	};
	must(p, cohort_survey(&p->cohort, &p->failure));
}

/* All that was seen but the model itself. */
static void write_runs(FILE *out, const struct model *model)
{
	size_t params = net_params(&model->net);
	struct run *run;

	while ((run = runs)) {
		runs = run->next;
		if (run->count != params ||
		    memcmp(run->value, model->theta, params * sizeof(double)))
			fwrite(run->value, sizeof(double), run->count + 1, out);
		free(run->value);
		free(run);
	}
}

int main(int argc, char **argv)
{
	static struct place p;
	struct model model;
	FILE *out;
	size_t i;

	if (argc < 5 || argc - 4 > SITES_MAX)
		errx(1, "usage: numbers PLAN OUT MISSING TABLE...");
	must(&p, plan_load(argv[1], &p.plan, &p.failure));
	out = fopen(argv[2], "wb");
	if (!out)
		err(1, "%s", argv[2]);
	begin(&p, argv[3], argv + 4, (size_t)argc - 4);
	for (i = 0; i < p.plan->runs; i++) {
		must(&p, train_model(&p.cohort, &p.plan->run[i], NULL, &model, &p.failure));
		write_runs(out, &model);
		model_clear(&model);
	}
	if (fclose(out))
		err(1, "%s", argv[2]);
	return 0;
}
