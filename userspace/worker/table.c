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

static bool is_blank(char c, char delimiter)
{
	return c == ' ' || (c == '\t' && delimiter != '\t');
}

/* Takes one field off @line. Blanks around it do not count. */
static struct span next_field(struct span *line, char delimiter, bool *more)
{
	const char *cut = line->len ? memchr(line->at, delimiter, line->len) : NULL;
	struct span field = { line->at, cut ? (size_t)(cut - line->at) : line->len };

	*more = cut;
	line->at += field.len + !!cut;
	line->len -= field.len + !!cut;
	while (field.len && is_blank(field.at[0], delimiter)) {
		field.at++;
		field.len--;
	}
	while (field.len && is_blank(field.at[field.len - 1], delimiter))
		field.len--;
	return field;
}

static bool span_is(const struct span *span, const char *text)
{
	return span->len == strlen(text) && !memcmp(span->at, text, span->len);
}

static int parse_field(struct table *table, size_t column, const struct span *field,
		       double *value, struct failure *failure)
{
	const char *what;

	if (table->missing && span_is(field, table->missing)) {
		*value = NAN;
		return 0;
	}
	switch (number_parse(field->at, field->len, table->scratch, value)) {
	case 0:
		return 0;
	case -EMSGSIZE:
		what = "is longer than 1024 characters";
		break;
	case -ERANGE:
		what = "is too large for a double";
		break;
	default:
		what = "is neither a number nor the mark of a missing value";
	}
	return failed(failure, EXIT_DAMAGED, "%s: line %" PRIu64 ": column %zu (%s): %s",
		      table->name, table->line, column + 1, table->names[column], what);
}

static int check_header(struct table *table, struct span line,
			struct failure *failure)
{
	bool more = true;
	size_t i;

	if (line.len >= 3 && !memcmp(line.at, "\xef\xbb\xbf", 3))
		return fail_line(table, failure,
				 "begins with a byte order mark: save the table as UTF-8 without BOM");
	for (i = 0; i < table->columns && more; i++) {
		struct span field = next_field(&line, table->delimiter, &more);

		if (!span_is(&field, table->names[i]))
			break;
	}
	if (i < table->columns || more)
		return fail_line(table, failure,
				 "does not name the columns that the metadata names");
	table->header_seen = true;
	return 0;
}

static int parse_row(struct table *table, struct span line, double *values,
		     struct failure *failure)
{
	bool more = true;
	size_t i;

	for (i = 0; i < table->columns && more; i++) {
		struct span field = next_field(&line, table->delimiter, &more);

		if (parse_field(table, i, &field, &values[i], failure))
			return -1;
	}
	if (i == table->columns && !more) {
		table->rows++;
		return 1;
	}
	while (more) {
		next_field(&line, table->delimiter, &more);
		i++;
	}
	return failed(failure, EXIT_DAMAGED, "%s: line %" PRIu64 ": %zu fields, %zu are expected",
		      table->name, table->line, i, table->columns);
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
