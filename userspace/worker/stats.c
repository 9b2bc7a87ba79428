// SPDX-License-Identifier: MIT
#include "stats.h"

#include <math.h>
#include <string.h>

int stats_init(struct stats *stats, struct memory *memory, size_t columns)
{
	stats->columns = columns;
	stats->count = memory_doubles(memory, columns);
	stats->mean = memory_doubles(memory, columns);
	stats->m2 = memory_doubles(memory, columns);
	return stats->count && stats->mean && stats->m2 ? 0 : -1;
}

void stats_clear(struct stats *stats)
{
	memset(stats->count, 0, stats->columns * sizeof(double));
	memset(stats->mean, 0, stats->columns * sizeof(double));
	memset(stats->m2, 0, stats->columns * sizeof(double));
}

void stats_add(struct stats *stats, const double *x)
{
	size_t i;

	for (i = 0; i < stats->columns; i++) {
		double from = x[i] - stats->mean[i];

		if (isnan(x[i]))
			continue;
		stats->count[i] += 1;
		stats->mean[i] += from / stats->count[i];
		stats->m2[i] += from * (x[i] - stats->mean[i]);
	}
}

void stats_merge(struct stats *stats, const struct stats *other)
{
	size_t i;

	for (i = 0; i < stats->columns; i++) {
		double a = stats->count[i], b = other->count[i];
		double apart = other->mean[i] - stats->mean[i];

		if (b == 0)
			continue;
		if (a == 0) {	/* as they are, to the bit: whoever sums one site sums it so */
			stats->count[i] = b;
			stats->mean[i] = other->mean[i];
			stats->m2[i] = other->m2[i];
			continue;
		}
		stats->count[i] = a + b;
		stats->mean[i] += apart * b / (a + b);
		stats->m2[i] += other->m2[i] + apart * apart * a * b / (a + b);
	}
}

double stats_deviation(const struct stats *stats, size_t column)
{
	if (stats->count[column] < 2)
		return 0;
	return sqrt(stats->m2[column] / (stats->count[column] - 1));
}

int scaler_init(struct scaler *scaler, struct memory *memory, size_t columns)
{
	size_t i;

	scaler->columns = columns;
	scaler->fill = memory_doubles(memory, columns);
	scaler->shift = memory_doubles(memory, columns);
	scaler->scale = memory_doubles(memory, columns);
	if (!scaler->fill || !scaler->shift || !scaler->scale)
		return -1;
	for (i = 0; i < columns; i++)
		scaler->scale[i] = 1;
	return 0;
}

void scaler_fit(struct scaler *scaler, const struct stats *stats, int standardise)
{
	size_t i;

	for (i = 0; i < scaler->columns; i++) {
		double deviation = stats_deviation(stats, i);

		scaler->fill[i] = stats->mean[i];
		if (!standardise)
			continue;
		scaler->shift[i] = stats->mean[i];
		scaler->scale[i] = deviation > 0 ? deviation : 1;
	}
}

/* Four at a time: the compiler divides two or more at once then. */
void scaler_apply(const struct scaler *scaler, double *x)
{
	const double *shift = scaler->shift, *scale = scaler->scale;
	size_t n = scaler->columns, i, j;

	for (i = 0; i < n; i++) {
		if (isnan(x[i]))
			x[i] = scaler->fill[i];
	}
	for (i = 0; i + 4 <= n; i += 4) {
		double four[4];

		for (j = 0; j < 4; j++)
			four[j] = (x[i + j] - shift[i + j]) / scale[i + j];
		for (j = 0; j < 4; j++)
			x[i + j] = four[j];
	}
	for (; i < n; i++)
		x[i] = (x[i] - shift[i]) / scale[i];
}
