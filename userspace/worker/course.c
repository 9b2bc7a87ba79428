// SPDX-License-Identifier: MIT
#include "course.h"

#include <math.h>
#include <string.h>

static uint64_t *length_of(const struct course *course, size_t i)
{
	return (uint64_t *)course->lengths.data + i;
}

static size_t window_rows(const struct course *course)
{
	return course->plan->course.past + course->plan->course.ahead;
}

int course_init(struct course *course, const struct plan *plan, struct memory *memory)
{
	course->plan = plan;
	course->memory = memory;
	course->window = memory_doubles(memory, window_rows(course));
	course_rewind(course);
	return course->window ? 0 : -1;
}

void course_end(struct course *course)
{
	if (course->memory)
		memory_put(course->memory, &course->lengths);
}

void course_rewind(struct course *course)
{
	course->held = course->current = 0;
	course->whose = course->when = NAN;
}

/* Does this row go on with the course of the one before? */
static bool goes_on(const struct course *course, const double *values)
{
	const struct plan_course *plan = &course->plan->course;

	if (!course->held)
		return false;
	if (course->by != COURSE_NO_COLUMN && values[course->by] != course->whose)
		return false;
	return course->time == COURSE_NO_COLUMN ||
	       fabs(values[course->time] - course->when - plan->step) <= plan->step / 1000;
}

/* Return: the row counts. */
static bool take(struct course *course, const double *values)
{
	size_t rows = window_rows(course);
	double value = values[course->column];

	if (isnan(value)) {
		course->held = 0;
		return false;
	}
	if (!goes_on(course, values)) {
		course->held = 0;
		course->current++;
	}
	if (course->by != COURSE_NO_COLUMN)
		course->whose = values[course->by];
	if (course->time != COURSE_NO_COLUMN)
		course->when = values[course->time];
	memmove(course->window, course->window + 1, (rows - 1) * sizeof(double));
	course->window[rows - 1] = value;
	course->held++;
	return true;
}

static int grow(struct course *course)
{
	struct memory_block bigger;
	size_t want = course->lengths.len ? 2 * course->lengths.len : MEMORY_PAGE;

	if (memory_get(course->memory, want, "courses", &bigger))
		return -1;
	if (course->lengths.len)
		memcpy(bigger.data, course->lengths.data, course->lengths.len);
	memory_put(course->memory, &course->lengths);
	course->lengths = bigger;
	return 0;
}

int course_measure(struct course *course, const double *values)
{
	if (!take(course, values))
		return 0;
	if (course->current * sizeof(uint64_t) > course->lengths.len && grow(course))
		return -1;
	*length_of(course, course->current - 1) = course->held;
	return 0;
}

enum course_part course_next(struct course *course, const double *values, double *x)
{
	const struct plan *plan = course->plan;
	size_t rows = window_rows(course);
	double length;

	if (!take(course, values) || course->held < rows)
		return COURSE_NEITHER;
	memcpy(x, course->window, rows * sizeof(double));
	length = (double)*length_of(course, course->current - 1);
	if (course->held <= (uint64_t)(plan->split_head * length))
		return COURSE_TRAIN;
	if (course->held - rows >= (uint64_t)((1 - plan->split_tail) * length))
		return COURSE_TEST;
	return COURSE_NEITHER;
}

enum course_step course_follow(struct course *course, const double *values)
{
	if (!take(course, values))
		return COURSE_GAP;
	return course->held == 1 ? COURSE_BEGINS : COURSE_GOES_ON;
}

const double *course_known(const struct course *course)
{
	if (course->held < course->plan->course.past)
		return NULL;
	return course->window + course->plan->course.ahead;
}
