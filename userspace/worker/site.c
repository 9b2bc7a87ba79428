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

static int map_columns(struct site *site, struct failure *failure)
{
	const struct plan *plan = site->plan;
	const char *label = *plan->label_column ? plan->label_column : site->label;
	size_t i;

	if (!label)
		return failed(failure, EXIT_DAMAGED,
			      "%s: neither the plan nor the data set names the label's column",
			      site->name);
	if (find_column(site, label, &site->label_column, failure))
		return -1;
	site->column = calloc(plan->features, sizeof(*site->column));
	if (!site->column)
		return failed(failure, EXIT_DEVICE, "%s: out of memory", site->name);
	for (i = 0; i < plan->features; i++) {
		if (find_column(site, plan->feature[i].column, &site->column[i], failure))
			return -1;
		if (site->column[i] == site->label_column)
			return failed(failure, EXIT_DAMAGED,
				      "%s: the plan uses the label's column %s as a feature",
				      site->name, label);
	}
	return 0;
}

int site_init(struct site *site, const struct plan *plan, struct ring *ring,
	      struct memory *memory, struct failure *failure)
{
	site->plan = plan;
	site->ring = ring;
	if (!plan_names_site(plan, site->name))
		return failed(failure, EXIT_DAMAGED, "plan: split.test does not name the data set %s",
			      site->name);
	if (table_init(&site->table, memory, failure) || map_columns(site, failure))
		return -1;
	site->values = memory_doubles(memory, site->table.columns);
	if (!site->values || stats_init(&site->stats, memory, plan->features) ||
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
	free(site->column);
	site->column = NULL;
}

void site_rewind(struct site *site)
{
	ring_drop(site->slot);
	site->slot = NULL;
	site->next_chunk = 0;
	site->row = 0;
	table_rewind(&site->table);
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
		return label == plan->label_value;
	}
}

/* Return: 1 when the row counts, 0 when a value is missing. */
static int encode(const struct site *site, struct site_row *row)
{
	const struct plan *plan = site->plan;
	double label = site->values[site->label_column];
	size_t i;

	if (isnan(label))
		return 0;
	row->y = label_of(plan, label);
	for (i = 0; i < plan->features; i++) {
		const struct plan_feature *feature = &plan->feature[i];
		double value = site->values[site->column[i]];

		if (isnan(value) && plan->missing == PLAN_MISSING_DROP)
			return 0;
		row->x[i] = feature->indicator && !isnan(value) ?
			    value == feature->level : value;
	}
	return 1;
}

int site_next(struct site *site, struct site_row *row, struct failure *failure)
{
	int got;

	while ((got = next_values(site, failure)) == 1) {
		row->test = plan_is_test(site->plan, site->name, site->row++);
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

int site_survey(struct site *site, double *x, struct failure *failure)
{
	struct site_row row = { .x = x };
	int got;

	site_rewind(site);
	while ((got = site_next(site, &row, failure)) == 1) {
		site->positive += row.y > 0;
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
