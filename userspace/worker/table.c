// SPDX-License-Identifier: MIT
#include "table.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "number.h"

struct span {
	const char *at;
	size_t len;
};

int table_init(struct table *table, struct memory *memory,
	       struct failure *failure)
{
	if (!table->columns || table->columns > TABLE_COLUMNS_MAX)
		return failed(failure, EXIT_DAMAGED, "%s: %zu columns, 1 to %d are possible",
			      table->name, table->columns, TABLE_COLUMNS_MAX);
	table->memory = memory;
	table->scratch = memory_take(memory, NUMBER_MAX + 1);
	if (!table->scratch)
		return failed(failure, EXIT_DEVICE, "%s: no room for a line in the budget; raise --budget",
			      table->name);
	table_rewind(table);
	return 0;
}

void table_end(struct table *table)
{
	if (table->memory)
		memory_put(table->memory, &table->carry);
}

void table_rewind(struct table *table)
{
	table->carried = 0;
	table->at = table->end = NULL;
	table->last = table->header_seen = false;
	table->line = table->rows = 0;
	table->column = 0;
}

void table_feed(struct table *table, const uint8_t *bytes, size_t len, bool last)
{
	table->at = (const char *)bytes;
	table->end = table->at + len;
	table->last = last;
}

static int fail_line(struct table *table, struct failure *failure, const char *what)
{
	return failed(failure, EXIT_DAMAGED, "%s: line %" PRIu64 ": %s", table->name,
		      table->line, what);
}

static int carry_grow(struct table *table, size_t need, struct failure *failure)
{
	size_t want = table->carry.len ? 2 * table->carry.len : MEMORY_PAGE;
	struct memory_block bigger;

	while (want < need)
		want *= 2;
	if (memory_get(table->memory, want, "carry", &bigger))
		return failed(failure, EXIT_DEVICE,
			      "%s: line %" PRIu64 ": no room for %zu bytes of it in the budget; raise --budget",
			      table->name, table->line, want);
	if (table->carried)
		memcpy(bigger.data, table->carry.data, table->carried);
	memory_put(table->memory, &table->carry);
	table->carry = bigger;
	return 0;
}

static int carry_add(struct table *table, const char *bytes, size_t len,
		     struct failure *failure)
{
	size_t need = table->carried + len;

	if (need > TABLE_LINE_MAX + 1)	/* a CR before the LF does not count */
		return fail_line(table, failure, "longer than 65536 bytes");
	if (need > table->carry.len && carry_grow(table, need, failure))
		return -1;
	if (len)
		memcpy(table->carry.data + table->carried, bytes, len);
	table->carried = need;
	return 0;
}

static void drop_cr(struct span *line)
{
	if (line->len && line->at[line->len - 1] == '\r')
		line->len--;
}

/* Return: 1 with a line, 0 when the chunk is used up, -1 on failure. */
static int next_line(struct table *table, struct span *line,
		     struct failure *failure)
{
	size_t left = (size_t)(table->end - table->at);
	const char *lf = left ? memchr(table->at, '\n', left) : NULL;
	size_t len = lf ? (size_t)(lf - table->at) : left;

	table->line++;
	table->column = 0;
	*line = (struct span){ table->at, len };
	table->at += lf ? len + 1 : len;
	if (table->carried || (!lf && !table->last)) {
		if (carry_add(table, line->at, len, failure))
			return -1;
		*line = (struct span){ (char *)table->carry.data, table->carried };
	}
	if (!lf && (!table->last || !line->len)) {
		table->line--;
		return 0;
	}
	table->carried = 0;
	drop_cr(line);
	if (line->len > TABLE_LINE_MAX)
		return fail_line(table, failure, "longer than 65536 bytes");
	if (!line->len)
		return fail_line(table, failure, "is empty");
	return 1;
}

static int fail_field(struct table *table, size_t column, struct failure *failure,
		      const char *what)
{
	return failed(failure, EXIT_DAMAGED, "%s: line %" PRIu64 ": column %zu (%s): %s",
		      table->name, table->line, column + 1,
		      column < table->columns ? table->names[column] : "one too many", what);
}

/* Takes one field off @line. */
static int next_field(struct table *table, size_t column, struct span *line, struct field *field,
		      bool *more, struct failure *failure)
{
	table->column = column + 1;
	if (!field_cut(&line->at, &line->len, table->delimiter, field, more))
		return 0;
	return fail_field(table, column, failure,
			  "a quote that is not closed in its line, or text behind one");
}

static int parse_field(struct table *table, size_t column, const struct field *field,
		       double *value, struct failure *failure)
{
	static const struct field_use number = { .kind = FIELD_NUMBER };
	const struct field_use *use = table->use ? &table->use[column] : &number;

	if (table->missing && field_is(field, table->missing)) {
		*value = NAN;
		return 0;
	}
	switch (field_value(field, use, table->scratch, value)) {
	case 0:
		return 0;
	case -EMSGSIZE:
		return fail_field(table, column, failure, "is longer than 1024 characters");
	case -ERANGE:
		return fail_field(table, column, failure, "is too large for a double");
	default:
		return fail_field(table, column, failure, use->kind == FIELD_TIME ?
				  "is neither a moment nor the mark of a missing value" :
				  "is neither a number nor the mark of a missing value");
	}
}

/* A mark that some programs put before UTF-8, and that says nothing. */
static void drop_bom(struct span *line)
{
	if (line->len >= 3 && !memcmp(line->at, "\xef\xbb\xbf", 3)) {
		line->at += 3;
		line->len -= 3;
	}
}

static int check_header(struct table *table, struct span line, struct failure *failure)
{
	struct field field;
	bool more = true;
	size_t i;

	drop_bom(&line);
	for (i = 0; i < table->columns && more; i++) {
		if (next_field(table, i, &line, &field, &more, failure))
			return -1;
		if (!field_is(&field, table->names[i]))
			return fail_field(table, i, failure, "is not what the header calls it");
	}
	table->column = 0;
	if (i < table->columns || more)
		return fail_line(table, failure,
				 "does not name the columns that the metadata names");
	table->header_seen = true;
	return 0;
}

static int parse_row(struct table *table, struct span line, double *values,
		     struct failure *failure)
{
	struct field field;
	bool more = true;
	size_t i;

	for (i = 0; more; i++) {
		if (next_field(table, i, &line, &field, &more, failure))
			return -1;
		if (i < table->columns && parse_field(table, i, &field, &values[i], failure))
			return -1;
	}
	table->column = 0;
	if (i != table->columns)
		return failed(failure, EXIT_DAMAGED,
			      "%s: line %" PRIu64 ": %zu fields, %zu are expected",
			      table->name, table->line, i, table->columns);
	table->rows++;
	return 1;
}

int table_next(struct table *table, double *values, struct failure *failure)
{
	struct span line;
	int found = next_line(table, &line, failure);

	if (found == 1 && table->header && !table->header_seen) {
		if (check_header(table, line, failure))
			return -1;
		found = next_line(table, &line, failure);
	}
	if (found != 1)
		return found;
	return parse_row(table, line, values, failure);
}
