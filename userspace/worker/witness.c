// SPDX-License-Identifier: MIT
#include "witness.h"

#include <math.h>

#include "average.h"
#include "vector.h"

#define MEAN_MAX	1e100	/* its square is no more than WITNESS_MAX */
#define SLACK		1e-6	/* sums were rounded in another order */

static bool possible(double value, double most)
{
	return value >= 0 && value <= most;
}

/* ---- moments ------------------------------------------------------------------ */

static uint32_t check_counts(const struct wire_counts *counts)
{
	uint64_t used;

	if (counts->rows > 1ull << 48 || counts->train > counts->rows ||
	    counts->test > counts->rows - counts->train)
		return WIRE_ROWS;
	used = counts->train + counts->test;
	return counts->positive > used || counts->dropped != counts->rows - used ? WIRE_ROWS : 0;
}

static uint32_t check_column(const struct stats *stats, size_t i, uint64_t train)
{
	double count = stats->count[i];

	if (!possible(count, (double)train) || count != floor(count) ||
	    fabs(stats->mean[i]) > MEAN_MAX || !possible(stats->m2[i], WITNESS_MAX))
		return WIRE_ROWS;
	return !(count > 0) && (fabs(stats->mean[i]) > 0 || stats->m2[i] > 0) ? WIRE_ROWS : 0;
}

uint32_t witness_moments(const struct wire_counts *counts, const struct stats *stats)
{
	uint32_t reason = 0;
	size_t i;

	if (!vector_finite(stats->mean, stats->columns) ||
	    !vector_finite(stats->m2, stats->columns) ||
	    !vector_finite(stats->count, stats->columns))
		return WIRE_NOT_FINITE;
	reason = check_counts(counts);
	for (i = 0; !reason && i < stats->columns; i++)
		reason = check_column(stats, i, counts->train);
	return reason;
}

/* ---- sums ----------------------------------------------------------------------- */

/* Most that the squares of a column, standardised, add up to; the last is the bias's, of ones. */
static double squares(const struct witness *w, size_t i)
{
	double rows = (double)w->counts->train, count, mean, spread, missing;

	if (i == w->stats->columns)
		return rows;
	count = w->stats->count[i];
	mean = w->stats->mean[i];
	missing = (rows - count) * w->pooled->mean[i] * w->pooled->mean[i];
	if (w->plan->scale == PLAN_SCALE_SITE)	/* deviation 1 in each of its tables */
		return count;
	if (w->plan->scale == PLAN_SCALE_NONE)
		return w->stats->m2[i] + count * mean * mean + missing;
	mean -= w->pooled->mean[i];
	spread = stats_deviation(w->pooled, i);
	return (w->stats->m2[i] + count * mean * mean) / (spread > 0 ? spread * spread : 1);
}

static double allowed(const struct witness *w, size_t i)
{
	return squares(w, i) * (1 + SLACK) + SLACK * (double)w->counts->train;
}

static uint32_t check_hessian(const struct witness *w, const struct gradient *sums)
{
	double most = sums->net->loss == LOSS_LOG ? 0.25 : 1;
	size_t n = sums->block, i, j;

	for (i = 0; i < n; i++) {
		const double *row = sums->h + i * n;

		if (!possible(row[i], fmin(most * allowed(w, i), WITNESS_MAX)))
			return WIRE_IMPOSSIBLE;
		for (j = 0; j < i; j++) {
			double beside = sqrt(row[i]) * sqrt(sums->h[j * n + j]);

			if (fabs(row[j]) > beside * (1 + SLACK) + SLACK * SLACK)
				return WIRE_IMPOSSIBLE;
		}
	}
	return 0;
}

/* Of logistic regression, of which no row's slope is above 1; the bias is the last. */
static uint32_t check_gradient(const struct witness *w, const struct gradient *sums)
{
	double rows = (double)w->counts->train;
	size_t i;

	for (i = 0; i < sums->params; i++) {
		if (fabs(sums->g[i]) > sqrt(rows * allowed(w, i)))
			return WIRE_IMPOSSIBLE;
	}
	return 0;
}

uint32_t witness_sums(const struct witness *w, const struct gradient *sums)
{
	double rows = (double)w->counts->train, norm = average_norm(sums->g, sums->params);
	uint32_t reason = 0;

	if (sums->rows != w->counts->train)
		return WIRE_ROWS;
	if (!isfinite(sums->loss) || !isfinite(norm) ||
	    (sums->h && !vector_finite(sums->h, sums->block * sums->block)))
		return WIRE_NOT_FINITE;
	if (norm > fmin(w->run->max_norm * (rows > 0 ? rows : 1), WITNESS_MAX))
		return WIRE_NORM;
	if (!possible(sums->loss, rows > 0 ? WITNESS_MAX : 0) || (!(rows > 0) && norm > 0))
		return WIRE_IMPOSSIBLE;
	if (sums->h)
		reason = check_hessian(w, sums);
	if (!reason && !sums->net->hidden && sums->net->loss == LOSS_LOG)
		reason = check_gradient(w, sums);
	return reason;
}

/* ---- updates ---------------------------------------------------------------------- */

uint32_t witness_update(const struct witness *w, const struct wire_update *update,
			const double *numbers, size_t params)
{
	double norm = average_norm(numbers, params);

	if (update->rows != w->counts->train)
		return WIRE_ROWS;
	if (!isfinite(norm) || !isfinite(update->loss))
		return WIRE_NOT_FINITE;
	if (norm > fmin(w->run->max_norm, WITNESS_MAX))
		return WIRE_NORM;
	return possible(update->loss, WITNESS_MAX / MEAN_MAX) ? 0 : WIRE_IMPOSSIBLE;
}

/* ---- figures ------------------------------------------------------------------------ */

/* NaN says that there is none. */
static bool none_or(double value, double most)
{
	return isnan(value) || possible(value, most);
}

static bool all_none(const double *value, size_t count)
{
	size_t i;

	for (i = 0; i < count && isnan(value[i]); i++)
		;
	return i == count;
}

static bool deciles_fit(const struct metrics *figures)
{
	uint64_t rows = 0, positive = 0;
	size_t i;

	for (i = 0; i < METRICS_DECILES; i++) {
		const struct metrics_decile *d = &figures->decile[i];

		if (d->rows > figures->rows - rows || d->positive > d->rows ||
		    !possible(d->expected, (double)d->rows * (1 + SLACK)))
			return false;
		rows += d->rows;
		positive += d->positive;
	}
	return figures->kind == LOSS_LOG ? rows == figures->rows && positive == figures->positive :
					   !rows;
}

static bool class_figures_fit(const struct metrics *m)
{
	const double values[] = { m->mse, m->mae, m->median_se, m->median_ae, m->r2 };
	const double classes[] = { m->accuracy, m->auc, m->loss, m->brier, m->calibration };
	double one = 1 + SLACK;

	if (!all_none(values, sizeof(values) / sizeof(*values)))
		return false;
	if (!m->rows)
		return all_none(classes, sizeof(classes) / sizeof(*classes));
	return possible(m->accuracy, 1) && none_or(m->auc, one) && possible(m->loss, MEAN_MAX) &&
	       possible(m->brier, one) && possible(m->calibration, one);
}

static bool value_figures_fit(const struct metrics *m)
{
	const double classes[] = { m->accuracy, m->auc, m->loss, m->brier, m->calibration };
	const double values[] = { m->mse, m->mae, m->median_se, m->median_ae, m->r2 };

	if (m->positive || !all_none(classes, sizeof(classes) / sizeof(*classes)))
		return false;
	if (!m->rows)
		return all_none(values, sizeof(values) / sizeof(*values));
	return possible(m->mse, MEAN_MAX) && possible(m->mae, MEAN_MAX) &&
	       none_or(m->median_se, MEAN_MAX) && none_or(m->median_ae, MEAN_MAX) &&
	       (isnan(m->r2) || (m->r2 <= 1 && m->r2 >= -MEAN_MAX));
}

uint32_t witness_figures(const struct witness *w, enum loss loss, const struct metrics *figures)
{
	bool fit;

	if (figures->kind != loss)
		return WIRE_DAMAGED;
	if (figures->rows != w->counts->test || figures->positive > figures->rows)
		return WIRE_ROWS;
	fit = loss == LOSS_LOG ? figures->positive <= w->counts->positive &&
				 class_figures_fit(figures) : value_figures_fit(figures);
	return fit && possible(figures->auc_error, 1) && deciles_fit(figures) ? 0 : WIRE_IMPOSSIBLE;
}
