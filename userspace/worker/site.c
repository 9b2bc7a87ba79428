// SPDX-License-Identifier: MIT
#include "site.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int find_column(const struct site *site, const char *name, size_t *out,
		       struct failure *failure)
{
	size_t i;

	for (i = 0; i < site->table.columns; i++) {
		if (!strcmp(site->table.names[i], name)) {
			*out = i;
			return 0;
		}
	}
	return failed(failure, EXIT_DAMAGED, "%s: the table has no column %s, which the plan uses",
		      site->name, name);
}

/* Nothing is made of a column that the plan does not name. */
static int make_uses(struct site *site, struct failure *failure)
{
	size_t i;

	site->use = calloc(site->table.columns, sizeof(*site->use));
	site->word = calloc(site->plan->features + 1, sizeof(*site->word));
	site->column = calloc(site->plan->features, sizeof(*site->column));
	if (!site->use || !site->word || !site->column)
		return failed(failure, EXIT_DEVICE, "%s: out of memory", site->name);
	for (i = 0; i < site->table.columns; i++)
		site->use[i].kind = FIELD_SKIP;
	site->table.use = site->use;
	return 0;
}

static int find_label(struct site *site, struct failure *failure)
{
	const struct plan *plan = site->plan;
	const char *label = *plan->label_column ? plan->label_column : site->label;
	struct field_use *use;

	if (!label)
		return failed(failure, EXIT_DAMAGED,
			      "%s: neither the plan nor the data set names the label's column",
			      site->name);
	if (find_column(site, label, &site->label_column, failure))
		return -1;
	use = &site->use[site->label_column];
	use->kind = *plan->label_word ? FIELD_WORD : FIELD_NUMBER;
	site->word[plan->features] = plan->label_word;
	use->words = &site->word[plan->features];
	use->count = 1;
	return 0;
}

/* Words of one column are neighbours in the plan, so they are in site->word. */
static int find_feature(struct site *site, size_t i, struct failure *failure)
{
	const struct plan_feature *feature = &site->plan->feature[i];
	struct field_use *use;

	if (find_column(site, feature->column, &site->column[i], failure))
		return -1;
	if (site->column[i] == site->label_column)
		return failed(failure, EXIT_DAMAGED,
			      "%s: the plan uses the label's column %s as a feature",
			      site->name, feature->column);
	use = &site->use[site->column[i]];
	use->kind = *feature->word ? FIELD_WORD : FIELD_NUMBER;
	site->word[i] = feature->word;
	if (!use->count++)
		use->words = &site->word[i];
	return 0;
}

static int map_columns(struct site *site, struct failure *failure)
{
	size_t i;

	if (find_label(site, failure))
		return -1;
	for (i = 0; i < site->plan->features; i++) {
		if (find_feature(site, i, failure))
			return -1;
	}
	return 0;
}

/* A column that a course names, or none. */
static int course_column(struct site *site, const char *name, enum field_kind kind, size_t *out,
			 struct failure *failure)
{
	*out = COURSE_NO_COLUMN;
	if (!*name)
		return 0;
	if (find_column(site, name, out, failure))
		return -1;
	if (site->use[*out].kind != FIELD_SKIP)
		return failed(failure, EXIT_DAMAGED, "%s: the plan's course uses the column %s twice",
			      site->name, name);
	site->use[*out].kind = kind;
	return 0;
}

static int map_course(struct site *site, struct failure *failure)
{
	const struct plan_course *course = &site->plan->course;

	return course_column(site, course->column, FIELD_NUMBER, &site->course.column, failure) ||
	       course_column(site, course->by, FIELD_NAME, &site->course.by, failure) ||
	       course_column(site, course->time, FIELD_TIME, &site->course.time, failure) ? -1 : 0;
}

int site_init(struct site *site, const struct plan *plan, struct ring *ring,
	      struct memory *memory, struct failure *failure)
{
	site->plan = plan;
	site->ring = ring;
	if (!plan_names_site(plan, site->name))
		return failed(failure, EXIT_DAMAGED, "plan: split.test does not name the data set %s",
			      site->name);
	if (table_init(&site->table, memory, failure) || make_uses(site, failure) ||
	    (plan->course.past ? map_course : map_columns)(site, failure))
		return -1;
	site->values = memory_doubles(memory, site->table.columns);
	if (!site->values || (plan->course.past && course_init(&site->course, plan, memory)) ||
	    stats_init(&site->stats, memory, plan->features) ||
	    scaler_init(&site->scaler, memory, plan->features))
		return failed(failure, EXIT_DEVICE,
			      "%s: no room for a row and its statistics in the budget; raise --budget",
			      site->name);
	return 0;
}

void site_end(struct site *site)
{
	ring_drop(site->slot);
	site->slot = NULL;
	table_end(&site->table);
	course_end(&site->course);
	free(site->column);
	free(site->use);
	free(site->word);
	site->column = NULL;
	site->use = NULL;
	site->word = NULL;
}

void site_rewind(struct site *site)
{
	ring_drop(site->slot);
	site->slot = NULL;
	site->next_chunk = 0;
	site->row = 0;
	table_rewind(&site->table);
	course_rewind(&site->course);
}

/* Return: 1 after a chunk was fed, 0 at the end, -1 on failure. */
static int feed(struct site *site, struct failure *failure)
{
	uint64_t chunk = site->next_chunk;

	ring_drop(site->slot);
	site->slot = NULL;
	if (chunk == site->source.chunks)
		return 0;
	if (ring_hold(site->ring, site->index, chunk, &site->source, &site->slot, failure))
		return -1;
	site->next_chunk++;
	table_feed(&site->table, site->slot->block.data, site->slot->len,
		   site->next_chunk == site->source.chunks);
	return 1;
}

static int next_values(struct site *site, struct failure *failure)
{
	int got;

	while (!(got = table_next(&site->table, site->values, failure))) {
		got = feed(site, failure);
		if (got != 1)
			return got;
	}
	return got;
}

static double label_of(const struct plan *plan, double label)
{
	switch (plan->label) {
	case PLAN_LABEL_VALUE:
		return label;
	case PLAN_LABEL_ABOVE:
		return label > plan->label_value;
	default:
		return *plan->label_word ? label == 0 : label == plan->label_value;
	}
}

/* @i: of the features. Columns of words hold the place of a word among its column's. */
static double indicate(const struct site *site, size_t i, double value)
{
	const struct plan_feature *feature = &site->plan->feature[i];
	size_t first = (size_t)(site->use[site->column[i]].words - site->word);

	return *feature->word ? value == (double)(i - first) : value == feature->level;
}

/* Return: 1 when the row counts, 0 when a value is missing. */
static int encode(const struct site *site, struct site_row *row)
{
	const struct plan *plan = site->plan;
	double label = site->values[site->label_column];
	size_t i;

	if (isnan(label))
		return 0;
	row->x[plan->features] = label_of(plan, label);
	for (i = 0; i < plan->features; i++) {
		double value = site->values[site->column[i]];

		if (isnan(value) && plan->missing == PLAN_MISSING_DROP)
			return 0;
		row->x[i] = plan->feature[i].indicator && !isnan(value) ?
			    indicate(site, i, value) : value;
	}
	return 1;
}

static int next_window(struct site *site, struct site_row *row, struct failure *failure)
{
	enum course_part part;
	int got;

	while ((got = next_values(site, failure)) == 1) {
		site->row++;
		part = course_next(&site->course, site->values, row->x);
		if (part == COURSE_NEITHER)
			continue;
		row->test = part == COURSE_TEST;
		return 1;
	}
	return got;
}

int site_next(struct site *site, struct site_row *row, struct failure *failure)
{
	int got;

	if (site->plan->course.past)
		return next_window(site, row, failure);

	while ((got = next_values(site, failure)) == 1) {
		row->test = plan_is_test(site->plan, site->name, site->row++,
					site->fold);
		if (encode(site, row))
			return 1;
	}
	return got;
}

static int check_count(struct site *site, struct failure *failure)
{
	if (site->expected && site->rows != site->expected)
		return failed(failure, EXIT_DAMAGED,
			      "%s: %" PRIu64 " rows, its header promises %" PRIu64,
			      site->name, site->rows, site->expected);
	return 0;
}

/* How long each course is must be known before its head is. */
static int measure_courses(struct site *site, struct failure *failure)
{
	int got;

	site_rewind(site);
	while ((got = next_values(site, failure)) == 1) {
		if (course_measure(&site->course, site->values))
			return failed(failure, EXIT_DEVICE,
				      "%s: no room for the lengths of its courses in the budget; raise --budget",
				      site->name);
	}
	return got;
}

int site_survey(struct site *site, double *x, struct failure *failure)
{
	struct site_row row = { .x = x };
	int got;

	if (site->plan->course.past && measure_courses(site, failure))
		return -1;
	site->train = site->test = site->positive = 0;
	stats_clear(&site->stats);
	site_rewind(site);
	while ((got = site_next(site, &row, failure)) == 1) {
		site->positive += x[site->plan->features] > 0;
		if (row.test) {
			site->test++;
			continue;
		}
		site->train++;
		stats_add(&site->stats, x);
	}
	if (got < 0)
		return -1;
	site->rows = site->row;
	site->dropped = site->rows - site->train - site->test;
	return check_count(site, failure);
}
