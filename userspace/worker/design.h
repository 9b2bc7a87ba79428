/* SPDX-License-Identifier: MIT */
/*
 * From a table's values to a row of the design matrix, as the plan says: which column is which
 * feature, what becomes of words and levels, what of missing values. One noun for what training
 * and serving do alike; neither standardises here (stats.h).
 */
#ifndef WARD_WORKER_DESIGN_H
#define WARD_WORKER_DESIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "course.h"
#include "failure.h"
#include "field.h"
#include "plan.h"

#define DESIGN_NO_COLUMN	SIZE_MAX

/**
 * struct design - a plan's view of a table
 * @name: of the table, for messages
 * @names: of its columns
 * @columns: how many
 * @label: name of the label's column where the plan has none; or NULL
 * @unlabelled: rows have no label: a column of that name is not looked at, and need not be
 *
 * The caller fills in the above, and stays the owner of the texts.
 */
struct design {
	const char *name;
	const char *const *names;
	size_t columns;
	const char *label;
	bool unlabelled;

	/* private */
	const struct plan *plan;
	size_t *column;		/* of each feature */
	size_t label_column;
	struct field_use *use;	/* of each column of the table */
	const char **word;	/* of columns of words: indicators' and the label's, back to back */
	struct course *course;
};

/**
 * design_init() - find the plan's columns
 * @design: upper part filled in, the rest zero
 * @plan: outlives @design
 * @course: of a plan about courses: its columns are filled in
 * @failure: EXIT_DAMAGED: a column that the table lacks, or that is used twice
 *
 * Return: 0 or -1; design_end() in any case.
 */
int design_init(struct design *design, const struct plan *plan, struct course *course,
		struct failure *failure);

/** design_end() - forget it; all zero will do */
void design_end(struct design *design);

/**
 * design_use() - what is to be made of the table's columns
 * @design: design
 *
 * Return: one for each column, good until design_end().
 */
const struct field_use *design_use(const struct design *design);

/**
 * design_row() - a row of a plan that is not about courses
 * @design: design
 * @values: of the table's columns, NaN where missing
 * @x: plan->features doubles, NaN where missing; behind them the label, where there is one
 *
 * Return: 1; 0 where a value is missing and such rows do not count.
 */
int design_row(const struct design *design, const double *values, double *x);

#endif /* WARD_WORKER_DESIGN_H */
