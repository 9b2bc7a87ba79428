// SPDX-License-Identifier: MIT
#include "cohort.h"

#include "scrub.h"

void cohort_fit(struct cohort *cohort)
{
	int standardise = cohort->plan->scale != PLAN_SCALE_NONE;
	size_t i;

	for (i = 0; i < cohort->sites; i++) {
		struct site *site = &cohort->site[i];

		scaler_fit(&site->scaler,
			   cohort->plan->scale == PLAN_SCALE_SITE ? &site->stats :
								    &cohort->pooled,
			   standardise);
	}
}

static const char *label_name(const struct cohort *cohort)
{
	return *cohort->plan->label_column ? cohort->plan->label_column :
					     cohort->site[0].label;
}

static int check_classes(struct cohort *cohort, struct failure *failure)
{
	uint64_t rows = cohort->train + cohort->test, positive = 0;
	size_t i;

	for (i = 0; i < cohort->sites; i++)
		positive += cohort->site[i].positive;
	if (!cohort->train)
		return failed(failure, EXIT_DAMAGED,
			      "no training rows: the split or missing values leave none");
	if (cohort->plan->label != PLAN_LABEL_VALUE && (!positive || positive == rows))
		return failed(failure, EXIT_DAMAGED,
			      "all rows have the same label: by the plan's rule column %s does not tell them apart",
			      label_name(cohort));
	return 0;
}

static int survey(struct cohort *cohort, struct failure *failure)
{
	size_t i;

	cohort->train = cohort->test = 0;
	stats_clear(&cohort->pooled);
	for (i = 0; i < cohort->sites; i++) {
		struct site *site = &cohort->site[i];

		if (site_survey(site, cohort->x, failure))
			return -1;
		cohort->train += site->train;
		cohort->test += site->test;
		stats_merge(&cohort->pooled, &site->stats);
	}
	scrub_stack();
	return 0;
}

static int prepare(struct cohort *cohort, struct failure *failure)
{
	cohort->x = memory_doubles(cohort->memory, site_row_width(cohort->plan));
	if (!cohort->x ||
	    stats_init(&cohort->pooled, cohort->memory, cohort->plan->features))
		return failed(failure, EXIT_DEVICE,
			      "no room for pooled statistics in the budget; raise --budget");
	return 0;
}

static void set_fold(struct cohort *cohort, uint64_t fold)
{
	size_t i;

	for (i = 0; i < cohort->sites; i++)
		cohort->site[i].fold = fold;
}

int cohort_scan(struct cohort *cohort, struct failure *failure)
{
	set_fold(cohort, PLAN_NO_FOLD);
	return prepare(cohort, failure) || survey(cohort, failure) ? -1 : 0;
}

int cohort_survey(struct cohort *cohort, struct failure *failure)
{
	return prepare(cohort, failure) || cohort_fold(cohort, PLAN_NO_FOLD, failure) ? -1 : 0;
}

int cohort_fold(struct cohort *cohort, uint64_t fold, struct failure *failure)
{
	set_fold(cohort, fold);
	if (survey(cohort, failure))
		return -1;
	cohort_fit(cohort);
	return check_classes(cohort, failure);
}

/* A row of @part, standardised. Return: as site_next(). */
static int next_of(struct cohort *cohort, size_t site, enum cohort_part part,
		   struct site_row *row, struct failure *failure)
{
	int got;

	while ((got = site_next(&cohort->site[site], row, failure)) == 1) {
		if (row->test != (part == COHORT_TEST))
			continue;
		scaler_apply(&cohort->site[site].scaler, row->x);
		return 1;
	}
	return got;
}

int cohort_next(struct cohort *cohort, size_t site, struct site_row *row,
		struct failure *failure)
{
	return next_of(cohort, site, COHORT_TRAIN, row, failure);
}

int cohort_walk(struct cohort *cohort, size_t site, enum cohort_part part,
		cohort_visit visit, void *arg, struct failure *failure)
{
	struct site_row row = { .x = cohort->x };
	int got;

	site_rewind(&cohort->site[site]);
	while ((got = next_of(cohort, site, part, &row, failure)) == 1)
		visit(arg, row.x, row.x + cohort->plan->features);
	scrub_stack();
	return got;
}
