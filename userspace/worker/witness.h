/* SPDX-License-Identifier: MIT */
/*
 * A site as a witness: no number of it is believed that its rows cannot have given.
 *
 * All are finite, rows are those that it counted. A gradient and a Hessian can be no larger than
 * the columns' moments that it told allow: |sum of s x| <= sqrt(rows x sum of x^2) where no
 * slope s is above 1, a diagonal of sums of c x^2 lies between 0 and the largest c times the
 * sum of x^2, and beside it stands what |h_ij| <= sqrt(h_ii h_jj) leaves. So a site that lies
 * can mislead by as much as one with other rows could, and by no more.
 */
#ifndef WARD_WORKER_WITNESS_H
#define WARD_WORKER_WITNESS_H

#include <stdint.h>

#include "gradient.h"
#include "metrics.h"
#include "plan.h"
#include "stats.h"
#include "wire.h"

#define WITNESS_MAX	1e200	/* of any number, so that what all send adds up to one */

/**
 * struct witness - who says it
 * @plan: plan
 * @run: of it, where it is about one
 * @pooled: what rows are standardised by
 * @counts: what the site said of its rows
 * @stats: and of its columns
 */
struct witness {
	const struct plan *plan;
	const struct plan_run *run;
	const struct stats *pooled;
	const struct wire_counts *counts;
	const struct stats *stats;
};

/**
 * witness_moments() - can a table have these
 * @counts: rows
 * @stats: moments
 *
 * Return: 0, or enum wire_reason; and so all below.
 */
uint32_t witness_moments(const struct wire_counts *counts, const struct stats *stats);

/** witness_sums() - can these rows have such a loss, gradient, Hessian: @sums */
uint32_t witness_sums(const struct witness *w, const struct gradient *sums);

/** witness_update() - can a site have moved by these @params @numbers */
uint32_t witness_update(const struct witness *w, const struct wire_update *update,
			const double *numbers, size_t params);

/** witness_figures() - can the test rows have these @figures of a model with that @loss */
uint32_t witness_figures(const struct witness *w, enum loss loss, const struct metrics *figures);

#endif /* WARD_WORKER_WITNESS_H */
