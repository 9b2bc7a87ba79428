// SPDX-License-Identifier: MIT
/* A request that is JSON: an array of objects, each a row, column: number, text or null. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "field.h"
#include "infer_private.h"
#include "number.h"

#define INTEGER_TEXT	24

/* ---- before it is read --------------------------------------------------------------- */

/** struct shape - what there is of a text, of which nothing is known yet */
struct shape {
	uint64_t commas;
	unsigned int depth, deepest;
	bool text, escaped;
};

static void look_at(struct shape *shape, char c)
{
	if (shape->text) {
		shape->text = shape->escaped || c != '"';
		shape->escaped = !shape->escaped && c == '\\';
		return;
	}
	shape->text = c == '"';
	shape->commas += c == ',';
	if (c == '[' || c == '{')
		shape->depth++;
	else if ((c == ']' || c == '}') && shape->depth)
		shape->depth--;
	if (shape->depth > shape->deepest)
		shape->deepest = shape->depth;
}

/* A tree takes much more room than its text: who has too many values is told before. */
static int check_shape(struct inferring *at)
{
	uint64_t most = at->infer->rows_max * (at->count + 1);
	struct shape shape = { 0 };
	size_t i;

	for (i = 0; i < at->len; i++)
		look_at(&shape, (char)at->body[i]);
	if (shape.deepest > 2)
		return infer_refuse(at, 400, "json-damaged", "must be an array of objects of values");
	if (shape.commas > most)
		return infer_refuse(at, 413, "too-many-rows",
				    "more values than %" PRIu64 " rows have: ask for fewer at a time",
				    at->infer->rows_max);
	return 0;
}

/* ---- values ------------------------------------------------------------------------------ */

static int refuse(struct inferring *at, size_t column, const char *reason, const char *what)
{
	struct infer_problem *problem = at->problem;

	problem->row = at->rows + 1;
	if (column == SIZE_MAX)
		return infer_refuse(at, 400, reason, "row %" PRIu64 ": %s", problem->row, what);
	snprintf(problem->field, sizeof(problem->field), "%s", at->names[column]);
	return infer_refuse(at, 400, reason, "row %" PRIu64 ": %s: %s", problem->row,
			    at->names[column], what);
}

static int take_text(struct inferring *at, size_t column, const char *text, size_t len)
{
	const struct field field = { .at = text, .len = len };
	char scratch[NUMBER_MAX + 1];
	int err = field_value(&field, &design_use(&at->design)[column], scratch,
			      &at->values[column]);

	explicit_bzero(scratch, sizeof(scratch));
	return err ? refuse(at, column, "value-damaged", "is no moment") : 0;
}

/* Numbers name somebody as texts do: 17 is "17". */
static int take_integer(struct inferring *at, size_t column, const json_t *value)
{
	char text[INTEGER_TEXT];
	int ret, len = snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT,
				json_integer_value(value));

	ret = take_text(at, column, text, (size_t)len);
	explicit_bzero(text, sizeof(text));
	return ret;
}

static int take_value(struct inferring *at, size_t column, const json_t *value)
{
	enum field_kind kind = design_use(&at->design)[column].kind;
	bool words = kind == FIELD_WORD || kind == FIELD_NAME;

	if (json_is_null(value)) {
		at->values[column] = NAN;
		return 0;
	}
	if (json_is_number(value) && !words) {
		at->values[column] = json_number_value(value);
		return 0;
	}
	if (json_is_integer(value) && kind == FIELD_NAME)
		return take_integer(at, column, value);
	if (json_is_string(value) && (words || kind == FIELD_TIME))
		return take_text(at, column, json_string_value(value), json_string_length(value));
	return refuse(at, column, "value-damaged", kind == FIELD_TIME ?
		      "must be a moment, a number or null" : words ?
		      "must be text or null" : "must be a number or null");
}

static int check_members(struct inferring *at, json_t *row)
{
	const char *name;
	json_t *value;

	json_object_foreach(row, name, value) {
		if (infer_find(at, name, strlen(name)) == SIZE_MAX)
			return refuse(at, SIZE_MAX, "column-unknown",
				      "has a member that is no column of the plan");
	}
	return 0;
}

static int take_row(struct inferring *at, json_t *row)
{
	size_t i;

	if (!json_is_object(row))
		return refuse(at, SIZE_MAX, "json-damaged", "must be an object");
	if (json_object_size(row) != at->count && check_members(at, row))
		return -1;
	for (i = 0; i < at->count; i++) {
		const json_t *value = json_object_get(row, at->names[i]);

		if (!value)
			return refuse(at, i, "column-missing", "is missing; null says so");
		if (take_value(at, i, value))
			return -1;
	}
	return infer_row(at);
}

static int take_rows(struct inferring *at, json_t *rows)
{
	json_t *row;
	size_t i;

	if (!json_is_array(rows))
		return infer_refuse(at, 400, "json-damaged", "must be an array of objects");
	if (infer_begin(at, at->names, at->count))
		return -1;
	json_array_foreach(rows, i, row) {
		if (take_row(at, row))
			return -1;
	}
	return 0;
}

/* jansson's own words quote what they stumbled over. */
static int refuse_text(struct inferring *at, const json_error_t *error)
{
	if (json_error_code(error) == json_error_out_of_memory)
		return infer_refuse(at, 503, "no-room", "no room for the request");
	if (error->line > 0) {
		at->problem->line = (uint64_t)error->line;
		at->problem->column = (uint64_t)error->column;
	}
	return infer_refuse(at, 400, "json-damaged", "line %d, column %d: is no JSON, or names a member twice",
			    error->line, error->column);
}

int infer_json(struct inferring *at)
{
	json_error_t error;
	json_t *rows;
	int ret;

	if (check_shape(at))
		return -1;
	rows = json_loadb((const char *)at->body, at->len, JSON_REJECT_DUPLICATES, &error);
	ret = rows ? take_rows(at, rows) : refuse_text(at, &error);
	explicit_bzero(&error, sizeof(error));
	json_decref(rows);
	return ret;
}
