// SPDX-License-Identifier: MIT
#include "site.h"

#include <inttypes.h>

int site_init(struct site *site, const struct plan *plan, struct ring *ring,
	      struct memory *memory, struct failure *failure)
{
	site->plan = plan;
	site->ring = ring;
	site->memory = memory;
	if (!plan_names_site(plan, site->name))
		return failed(failure, EXIT_DAMAGED, "plan: split.test does not name the data set %s",
			      site->name);
	if (table_init(&site->table, memory, failure))
		return -1;
	site->design = (struct design){
		.name = site->name, .names = site->table.names, .columns = site->table.columns,
		.label = site->label,
	};
	if (design_init(&site->design, plan, &site->course, failure))
		return -1;
	site->table.use = design_use(&site->design);
	site->values = memory_doubles(memory, site->table.columns);
	if (!site->values || (plan->course.past && course_init(&site->course, plan, memory)) ||
	    stats_init(&site->stats, memory, plan->features) ||
	    scaler_init(&site->scaler, memory, plan->features))
		return failed(failure, EXIT_DEVICE,
			      "%s: no room for a row and its statistics in the budget; raise --budget",
			      site->name);
	return 0;
}

size_t site_keep(struct site *site, size_t most)
{
	size_t width = site_row_width(site->plan), bytes = kept_bytes(width, site->expected);

	if (!site->expected || bytes > most)
		return 0;
	site->kept = (struct kept){ .width = width, .room = site->expected };
	return bytes;
}

size_t site_unkeep(struct site *site)
{
	site->kept.room = 0;
	return kept_drop(&site->kept);
}

void site_end(struct site *site)
{
	ring_drop(site->slot);
	site->slot = NULL;
	site_unkeep(site);
	table_end(&site->table);
	course_end(&site->course);
	design_end(&site->design);
}

/* To the first byte of the table. */
static void rewind_table(struct site *site)
{
	ring_drop(site->slot);
	site->slot = NULL;
	site->next_chunk = 0;
	site->row = 0;
	table_rewind(&site->table);
	course_rewind(&site->course);
}

void site_rewind(struct site *site)
{
	rewind_table(site);
	/* Who reads chunks looks at each whether memory is short; who reads none, here. */
	if (site->kept.whole)
		ring_look(site->ring);
	site->from_kept = site->kept.whole;
	site->given = 0;
	kept_rewind(&site->kept);
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

static int next_of_table(struct site *site, struct site_row *row, struct failure *failure)
{
	int got;

	if (site->plan->course.past)
		return next_window(site, row, failure);

	while ((got = next_values(site, failure)) == 1) {
		row->test = plan_is_test(site->plan, site->name, site->row++,
					site->fold);
		if (design_row(&site->design, site->values, row->x))
			return 1;
	}
	return got;
}

/* What was kept went away in the midst of a pass: read up to where that was. */
static int catch_up(struct site *site, struct site_row *row, struct failure *failure)
{
	uint64_t i;

	site->from_kept = false;
	rewind_table(site);
	for (i = 0; i < site->given; i++) {
		int got = next_of_table(site, row, failure);

		if (!got)
			return failed(failure, EXIT_DAMAGED, "%s: fewer rows than it had before",
				      site->name);
		if (got < 0)
			return -1;
	}
	return 0;
}

int site_next(struct site *site, struct site_row *row, struct failure *failure)
{
	if (site->from_kept && !site->kept.whole && catch_up(site, row, failure))
		return -1;
	if (!site->from_kept)
		return next_of_table(site, row, failure);
	if (!kept_next(&site->kept, row->x, &row->test))
		return 0;
	site->given++;
	return 1;
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

	rewind_table(site);
	while ((got = next_values(site, failure)) == 1) {
		if (course_measure(&site->course, site->values))
			return failed(failure, EXIT_DEVICE,
				      "%s: no room for the lengths of its courses in the budget; raise --budget",
				      site->name);
	}
	return got;
}

/* Another fold has other rows for testing; of a course it is where they lie that decides. */
static void mark_anew(struct site *site, struct site_row *row)
{
	if (site->plan->course.past)
		return;
	row->test = plan_is_test(site->plan, site->name, kept_last(&site->kept), site->fold);
	kept_mark(&site->kept, row->test);
}

/* Return: 1 with a row, 0 at the end, -1 on failure. */
static int survey_next(struct site *site, struct site_row *row, struct failure *failure)
{
	int got = site_next(site, row, failure);

	if (got != 1)
		return got;
	if (site->from_kept)
		mark_anew(site, row);
	else
		kept_add(&site->kept, site->row - 1, row->test, row->x);
	return 1;
}

static int begin_survey(struct site *site, struct failure *failure)
{
	site->train = site->test = site->positive = 0;
	stats_clear(&site->stats);
	if (!site->kept.whole) {
		if (site->plan->course.past && measure_courses(site, failure))
			return -1;
		kept_drop(&site->kept);
		if (site->kept.room)
			kept_begin(&site->kept, site->memory);
	}
	site_rewind(site);
	return 0;
}

int site_survey(struct site *site, double *x, struct failure *failure)
{
	struct site_row row = { .x = x };
	int got;

	if (begin_survey(site, failure))
		return -1;
	while ((got = survey_next(site, &row, failure)) == 1) {
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
	if (!site->from_kept) {
		kept_end(&site->kept);
		site->rows = site->row;
	}
	site->dropped = site->rows - site->train - site->test;
	return check_count(site, failure);
}
