// SPDX-License-Identifier: MIT
#include "infer.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../verifier/hex.h"
#include "infer_private.h"

#define NUMBER_TEXT	32	/* -1.2345678901234567e-300 */

/* ---- what is wrong ------------------------------------------------------------------ */

int infer_refuse(struct inferring *at, int status, const char *reason, const char *fmt, ...)
{
	struct infer_problem *problem = at->problem;
	va_list args;

	problem->status = status;
	problem->reason = reason;
	va_start(args, fmt);
	vsnprintf(problem->detail, sizeof(problem->detail), fmt, args);
	va_end(args);
	return -1;
}

int infer_trouble(struct inferring *at, const struct failure *failure)
{
	return failure->exit == EXIT_DAMAGED ?
	       infer_refuse(at, 400, "table-damaged", "%s", failure->text) :
	       infer_refuse(at, 503, "no-room", "no room for the request: ask for fewer rows, or later");
}

static int no_room(struct inferring *at)
{
	const struct failure failure = { .exit = EXIT_DEVICE };

	return infer_trouble(at, &failure);
}

/* ---- columns -------------------------------------------------------------------------- */

static void add_name(const char **names, size_t *count, const char *name)
{
	size_t i;

	for (i = 0; i < *count; i++) {
		if (!strcmp(names[i], name))
			return;
	}
	if (*name && *count < PLAN_FEATURES_MAX)
		names[(*count)++] = name;
}

size_t infer_columns(const struct plan *plan, const char **names)
{
	size_t count = 0, i;

	if (plan->course.past) {
		add_name(names, &count, plan->course.by);
		add_name(names, &count, plan->course.time);
		add_name(names, &count, plan->course.column);
		return count;
	}
	for (i = 0; i < plan->features; i++)
		add_name(names, &count, plan->feature[i].column);
	return count;
}

static bool is_name(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && !memcmp(name, text, len);
}

size_t infer_find(const struct inferring *at, const char *name, size_t len)
{
	const struct plan *plan = at->infer->plan;
	size_t i;

	for (i = 0; i < at->count; i++) {
		if (is_name(at->names[i], name, len))
			return i;
	}
	/* whoever has the table that was trained with may send it as it is */
	return !plan->course.past && *plan->label_column && is_name(plan->label_column, name, len) ?
	       at->count : SIZE_MAX;
}

int infer_begin(struct inferring *at, const char *const *names, size_t columns)
{
	const struct plan *plan = at->infer->plan;
	struct memory *memory = at->infer->memory;
	struct failure failure = { 0 };

	at->design = (struct design){
		.name = "request", .names = names, .columns = columns, .unlabelled = true,
	};
	if (design_init(&at->design, plan, &at->course, &failure))
		return infer_trouble(at, &failure);
	at->values = memory_doubles(memory, columns);
	at->x = memory_doubles(memory, plan->features);
	if (!at->values || !at->x ||
	    (plan->course.past && course_init(&at->course, plan, memory)))
		return no_room(at);
	return 0;
}

/* ---- answers ---------------------------------------------------------------------------- */

/* Where all went well until here; otherwise the buffer has no memory. */
static int put(struct inferring *at, const char *text, size_t len)
{
	return evbuffer_add(at->out, text, len) ? no_room(at) : 0;
}

static int put_number(struct inferring *at, double y)
{
	char text[NUMBER_TEXT];
	int len = snprintf(text, sizeof(text), "%.17g", y);
	int ret = put(at, text, (size_t)len);

	explicit_bzero(text, sizeof(text));
	return ret;
}

static int put_values(struct inferring *at, const double *y)
{
	size_t i;

	if (put(at, "[", 1))
		return -1;
	for (i = 0; i < at->infer->plan->outputs; i++) {
		if ((i && put(at, ",", 1)) || put_number(at, y[i]))
			return -1;
	}
	return put(at, "]", 1);
}

static int put_head(struct inferring *at, uint64_t row)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "%s\n{\"row\":%" PRIu64 ",\"y\":",
			   at->more ? "," : "", row);

	at->more = true;
	return put(at, text, (size_t)len);
}

/* @known: the features are in x; else no answer can be given. */
static int put_answer(struct inferring *at, uint64_t row, bool known)
{
	const struct plan *plan = at->infer->plan;
	const double *y = known ? trained_answer(at->infer->trained, at->x) : NULL;
	size_t i;

	for (i = 0; y && i < plan->outputs; i++) {
		if (isfinite(y[i]))
			continue;
		at->problem->row = row;
		return infer_refuse(at, 422, "out-of-range",
				    "row %" PRIu64 ": its values are too large for the model", row);
	}
	if (put_head(at, row))
		return -1;
	if (!y ? put(at, "null", 4) : plan->course.past ? put_values(at, y) : put_number(at, *y))
		return -1;
	return put(at, "}", 1);
}

/* The course that ended before this row. */
static int end_course(struct inferring *at)
{
	uint64_t last = at->last;
	bool known = at->known;

	at->last = 0;
	at->known = false;
	return last ? put_answer(at, last, known) : 0;
}

static int next_of_course(struct inferring *at)
{
	enum course_step step = course_follow(&at->course, at->values);
	const double *known;

	if (step != COURSE_GOES_ON && end_course(at))
		return -1;
	if (step == COURSE_GAP)
		return 0;
	at->last = at->rows;
	known = course_known(&at->course);
	at->known = known;
	if (known)
		memcpy(at->x, known, at->infer->plan->features * sizeof(double));
	return 0;
}

int infer_row(struct inferring *at)
{
	if (at->rows++ == at->infer->rows_max)
		return infer_refuse(at, 413, "too-many-rows",
				    "more than %" PRIu64 " rows: ask for fewer at a time",
				    at->infer->rows_max);
	if (at->infer->plan->course.past)
		return next_of_course(at);
	return put_answer(at, at->rows, design_row(&at->design, at->values, at->x));
}

/* ---- all of it ------------------------------------------------------------------------------ */

static int put_hex(struct inferring *at, const char *before, const uint8_t *bytes, size_t len)
{
	char text[2 * PLAN_DIGEST_LEN + 1];

	hex_encode(bytes, len, text);
	return put(at, before, strlen(before)) || put(at, text, 2 * len) ? -1 : 0;
}

static int put_begin(struct inferring *at)
{
	static const char rows[] = "\",\"rows\":[";
	const struct infer *infer = at->infer;

	return put_hex(at, "{\"model\":\"", infer->model, INFER_MODEL_LEN) ||
	       put_hex(at, "\",\"plan\":\"", infer->plan->digest, PLAN_DIGEST_LEN) ||
	       put(at, "\",\"run\":\"", 9) || put(at, infer->run->name, strlen(infer->run->name)) ||
	       put(at, rows, sizeof(rows) - 1) ? -1 : 0;
}

static int answer(struct inferring *at, enum infer_kind kind)
{
	if (put_begin(at) || (kind == INFER_CSV ? infer_csv(at) : infer_json(at)) || end_course(at))
		return -1;
	return put(at, "]}\n", 3);
}

int infer_answer(const struct infer *infer, enum infer_kind kind, const uint8_t *body, size_t len,
		 struct evbuffer *out, uint64_t *rows, struct infer_problem *problem)
{
	struct memory_region *outer = memory_scope(infer->memory);
	struct inferring at = {
		.infer = infer, .body = body, .len = len, .problem = problem, .out = out,
	};
	int ret;

	*problem = (struct infer_problem){ 0 };
	at.count = infer_columns(infer->plan, at.names);
	ret = answer(&at, kind);
	*rows = at.rows;
	design_end(&at.design);
	course_end(&at.course);
	memory_release(infer->memory, outer);
	explicit_bzero(&at, sizeof(at));
	return ret;
}
