/* SPDX-License-Identifier: MIT */
/*
 * Rows that follow each other, and the windows over them: so many rows that are known, so
 * many behind them that are to be predicted.
 *
 * A course ends where another's rows begin, where a value is missing, or where the time from
 * row to row is not the plan's step. A window is for training when all its rows lie in the
 * head of its course, for testing when all lie in the tail; others count for neither, so that
 * nothing is tested on what was trained with.
 */
#ifndef WARD_WORKER_COURSE_H
#define WARD_WORKER_COURSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"
#include "plan.h"

enum course_step { COURSE_GAP, COURSE_BEGINS, COURSE_GOES_ON };
enum course_part { COURSE_NEITHER, COURSE_TRAIN, COURSE_TEST };

/**
 * struct course - where reading is
 * @by: place of the column that tells whose row it is; COURSE_NO_COLUMN = none
 * @time: of the moment; or COURSE_NO_COLUMN
 * @column: of the value
 *
 * The caller fills in the above.
 */
struct course {
	size_t by;
	size_t time;
	size_t column;

	/* private */
	const struct plan *plan;
	struct memory *memory;
	double *window;			/* the last rows' values, the newest last */
	uint64_t held;			/* rows of this course so far */
	double whose;
	double when;
	struct memory_block lengths;	/* of the courses, in their order */
	size_t current;			/* courses begun, in this pass */
};

#define COURSE_NO_COLUMN	SIZE_MAX

/**
 * course_init() - prepare to read
 * @course: upper part filled in, the rest zero
 * @plan: about courses; outlives @course
 * @memory: where windows live
 *
 * Return: 0, or -1 when the budget has no room.
 */
int course_init(struct course *course, const struct plan *plan, struct memory *memory);

/**
 * course_end() - give back what it holds
 * @course: or all zero
 */
void course_end(struct course *course);

/**
 * course_rewind() - start with the first row again
 * @course: course
 */
void course_rewind(struct course *course);

/**
 * course_measure() - of the first pass: count a row in
 * @course: course
 * @values: of the table's columns
 *
 * Return: 0, or -1 when the budget has no room for one more course's length.
 */
int course_measure(struct course *course, const double *values);

/**
 * course_next() - of later passes: the next row
 * @course: measured
 * @values: of the table's columns
 * @x: features and labels, when it returns a part
 *
 * Return: what the window that ends here is for.
 */
enum course_part course_next(struct course *course, const double *values, double *x);

/**
 * course_follow() - without a first pass, where nothing is trained: the next row
 * @course: course
 * @values: of the table's columns
 *
 * Return: what it is of the course before it; COURSE_GAP where its value is missing.
 */
enum course_step course_follow(struct course *course, const double *values);

/**
 * course_known() - the last rows of a course, from which the next are predicted
 * @course: followed
 *
 * Return: plan->course.past values, the newest last, until the next row; NULL while there
 * are fewer.
 */
const double *course_known(const struct course *course);

#endif /* WARD_WORKER_COURSE_H */
