// SPDX-License-Identifier: MIT
#include "design.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int find_column(const struct design *design, const char *name, size_t *out,
		       struct failure *failure)
{
	size_t i;

	for (i = 0; i < design->columns; i++) {
		if (!strcmp(design->names[i], name)) {
			*out = i;
			return 0;
		}
	}
	return failed(failure, EXIT_DAMAGED, "%s: the table has no column %s, which the plan uses",
		      design->name, name);
}

/* Nothing is made of a column that the plan does not name. */
static int make_uses(struct design *design, struct failure *failure)
{
	size_t i;

	design->use = calloc(design->columns, sizeof(*design->use));
	design->word = calloc(design->plan->features + 1, sizeof(*design->word));
	design->column = calloc(design->plan->features, sizeof(*design->column));
	if (!design->use || !design->word || !design->column)
		return failed(failure, EXIT_DEVICE, "%s: out of memory", design->name);
	for (i = 0; i < design->columns; i++)
		design->use[i].kind = FIELD_SKIP;
	return 0;
}

static int find_label(struct design *design, struct failure *failure)
{
	const struct plan *plan = design->plan;
	const char *label = *plan->label_column ? plan->label_column : design->label;
	struct field_use *use;

	design->label_column = DESIGN_NO_COLUMN;
	if (design->unlabelled)
		return 0;
	if (!label)
		return failed(failure, EXIT_DAMAGED,
			      "%s: neither the plan nor the data set names the label's column",
			      design->name);
	if (find_column(design, label, &design->label_column, failure))
		return -1;
	use = &design->use[design->label_column];
	use->kind = *plan->label_word ? FIELD_WORD : FIELD_NUMBER;
	design->word[plan->features] = plan->label_word;
	use->words = &design->word[plan->features];
	use->count = 1;
	return 0;
}

/* Words of one column are neighbours in the plan, so they are in design->word. */
static int find_feature(struct design *design, size_t i, struct failure *failure)
{
	const struct plan_feature *feature = &design->plan->feature[i];
	struct field_use *use;

	if (find_column(design, feature->column, &design->column[i], failure))
		return -1;
	if (design->column[i] == design->label_column)
		return failed(failure, EXIT_DAMAGED,
			      "%s: the plan uses the label's column %s as a feature",
			      design->name, feature->column);
	use = &design->use[design->column[i]];
	use->kind = *feature->word ? FIELD_WORD : FIELD_NUMBER;
	design->word[i] = feature->word;
	if (!use->count++)
		use->words = &design->word[i];
	return 0;
}

static int map_columns(struct design *design, struct failure *failure)
{
	size_t i;

	if (find_label(design, failure))
		return -1;
	for (i = 0; i < design->plan->features; i++) {
		if (find_feature(design, i, failure))
			return -1;
	}
	return 0;
}

/* A column that a course names, or none. */
static int course_column(struct design *design, const char *name, enum field_kind kind, size_t *out,
			 struct failure *failure)
{
	*out = COURSE_NO_COLUMN;
	if (!*name)
		return 0;
	if (find_column(design, name, out, failure))
		return -1;
	if (design->use[*out].kind != FIELD_SKIP)
		return failed(failure, EXIT_DAMAGED, "%s: the plan's course uses the column %s twice",
			      design->name, name);
	design->use[*out].kind = kind;
	return 0;
}

static int map_course(struct design *design, struct failure *failure)
{
	const struct plan_course *course = &design->plan->course;

	struct course *to = design->course;

	return course_column(design, course->column, FIELD_NUMBER, &to->column, failure) ||
	       course_column(design, course->by, FIELD_NAME, &to->by, failure) ||
	       course_column(design, course->time, FIELD_TIME, &to->time, failure) ? -1 : 0;
}

int design_init(struct design *design, const struct plan *plan, struct course *course,
		struct failure *failure)
{
	design->plan = plan;
	design->course = course;
	return make_uses(design, failure) ||
	       (plan->course.past ? map_course : map_columns)(design, failure) ? -1 : 0;
}

void design_end(struct design *design)
{
	free(design->column);
	free(design->use);
	free(design->word);
	*design = (struct design){ 0 };
}

const struct field_use *design_use(const struct design *design)
{
	return design->use;
}

static double label_of(const struct plan *plan, double label)
{
	switch (plan->label) {
	case PLAN_LABEL_VALUE:
		return label;
	case PLAN_LABEL_ABOVE:
		return label > plan->label_value;
	default:
		return *plan->label_word ? label == 0 : label == plan->label_value;
	}
}

/* @i: of the features. Columns of words hold the place of a word among its column's. */
static double indicate(const struct design *design, size_t i, double value)
{
	const struct plan_feature *feature = &design->plan->feature[i];
	size_t first = (size_t)(design->use[design->column[i]].words - design->word);

	return *feature->word ? value == (double)(i - first) : value == feature->level;
}

int design_row(const struct design *design, const double *values, double *x)
{
	const struct plan *plan = design->plan;
	size_t i;

	if (!design->unlabelled) {
		double label = values[design->label_column];

		if (isnan(label))
			return 0;
		x[plan->features] = label_of(plan, label);
	}
	for (i = 0; i < plan->features; i++) {
		double value = values[design->column[i]];

		if (isnan(value) && plan->missing == PLAN_MISSING_DROP)
			return 0;
		x[i] = plan->feature[i].indicator && !isnan(value) ?
		       indicate(design, i, value) : value;
	}
	return 1;
}
