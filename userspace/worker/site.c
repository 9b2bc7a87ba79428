// SPDX-License-Identifier: MIT
#include "site.h"

#include <inttypes.h>

int site_init(struct site *site, const struct plan *plan, struct ring *ring,
	      struct memory *memory, struct failure *failure)
{
	site->plan = plan;
	site->ring = ring;
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

void site_end(struct site *site)
{
	ring_drop(site->slot);
	site->slot = NULL;
	table_end(&site->table);
	course_end(&site->course);
	design_end(&site->design);
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
		if (design_row(&site->design, site->values, row->x))
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
