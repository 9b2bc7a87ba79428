// SPDX-License-Identifier: MIT
/* A request that is a table: as formats.md section 6 has them, its first line names the columns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "infer_private.h"
#include "table.h"

/* The first line, without its end and the mark that some programs put before UTF-8. */
static size_t first_line(const struct inferring *at, const char **line)
{
	const char *text = (const char *)at->body;
	const char *lf = at->len ? memchr(text, '\n', at->len) : NULL;
	size_t len = lf ? (size_t)(lf - text) : at->len;

	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		len -= 3;
	}
	if (len && text[len - 1] == '\r')
		len--;
	*line = text;
	return len;
}

static int refuse_name(struct inferring *at, size_t column, const char *reason, const char *what)
{
	at->problem->line = 1;
	at->problem->column = column;
	return infer_refuse(at, 400, reason, "line 1: column %zu: %s", column, what);
}

/* @named: what stands in which column, one more than the plan has at most: its label. */
static int read_name(struct inferring *at, const struct field *field, const char **named,
		     size_t column)
{
	size_t i, found = SIZE_MAX;

	for (i = 0; i <= at->count && found == SIZE_MAX; i++) {
		const char *name = i < at->count ? at->names[i] : at->infer->plan->label_column;

		if (field_is(field, name) && infer_find(at, name, strlen(name)) == i)
			found = i;
	}
	if (found == SIZE_MAX)
		return refuse_name(at, column + 1, "column-unknown", "the plan has no such column");
	named[column] = found < at->count ? at->names[found] : at->infer->plan->label_column;
	for (i = 0; i < column; i++) {
		if (named[i] == named[column])
			return refuse_name(at, column + 1, "column-twice", "stands twice");
	}
	return 0;
}

static int read_names(struct inferring *at, const char **named, size_t *columns)
{
	struct field field;
	const char *line;
	size_t len = first_line(at, &line);
	bool more = true;

	if (len > TABLE_LINE_MAX)
		return refuse_name(at, 0, "table-damaged", "longer than 65536 bytes");
	for (*columns = 0; more; ++*columns) {
		if (*columns > at->count)
			return refuse_name(at, *columns + 1, "too-many-columns",
					   "more columns than the plan has");
		if (field_cut(&line, &len, ',', &field, &more))
			return refuse_name(at, *columns + 1, "table-damaged",
					   "a quote that is not closed, or text behind one");
		if (read_name(at, &field, named, *columns))
			return -1;
	}
	return 0;
}

static int refuse_row(struct inferring *at, const struct table *table,
		      const struct failure *failure)
{
	struct infer_problem *problem = at->problem;

	problem->line = table->line;
	problem->column = table->column;
	problem->row = table->line > 1 ? table->line - 1 : 0;
	if (table->column && table->column <= table->columns)
		snprintf(problem->field, sizeof(problem->field), "%s",
			 table->names[table->column - 1]);
	return infer_trouble(at, failure);
}

static int read_rows(struct inferring *at, struct table *table)
{
	struct failure failure = { 0 };
	int got;

	if (table_init(table, at->infer->memory, &failure))
		return infer_trouble(at, &failure);
	table_feed(table, at->body, at->len, true);
	while ((got = table_next(table, at->values, &failure)) == 1) {
		if (infer_row(at)) {
			at->problem->line = table->line;
			return -1;
		}
	}
	return got ? refuse_row(at, table, &failure) : 0;
}

static int read_table(struct inferring *at, const char **named)
{
	struct table table = {
		.name = "request", .names = named, .missing = at->infer->missing,
		.delimiter = ',', .header = true,
	};
	int ret;

	if (read_names(at, named, &table.columns) || infer_begin(at, named, table.columns))
		return -1;
	table.use = design_use(&at->design);
	ret = read_rows(at, &table);
	table_end(&table);
	return ret;
}

int infer_csv(struct inferring *at)
{
	const char **named = calloc(at->count + 1, sizeof(*named));
	const struct failure failure = { .exit = EXIT_DEVICE };
	int ret = named ? read_table(at, named) : infer_trouble(at, &failure);

	/* the design and the table point into it no more: their ends do not look at names */
	free(named);
	return ret;
}
