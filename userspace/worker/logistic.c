// SPDX-License-Identifier: MIT
#include "logistic.h"

#include <math.h>
#include <string.h>

int gradient_init(struct gradient *sum, struct memory *memory, size_t features,
		  int hessian)
{
	size_t n = features + 1;

	*sum = (struct gradient){ .features = features };
	sum->g = memory_doubles(memory, n);
	sum->h = hessian ? memory_doubles(memory, n * n) : NULL;
	return sum->g && (sum->h || !hessian) ? 0 : -1;
}

void gradient_clear(struct gradient *sum)
{
	size_t n = sum->features + 1;

	sum->rows = 0;
	sum->loss = 0;
	memset(sum->g, 0, n * sizeof(double));
	if (sum->h)
		memset(sum->h, 0, n * n * sizeof(double));
}

double logistic_score(const double *theta, const double *x, size_t features)
{
	double z = theta[features];
	size_t i;

	for (i = 0; i < features; i++)
		z += theta[i] * x[i];
	return z;
}

double logistic_chance(double z)
{
	double e = exp(-fabs(z));

	return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

double logistic_loss(double z, double y)
{
	return (z > 0 ? z : 0) + log1p(exp(-fabs(z))) - y * z;
}

/* The bias is a weight whose feature is 1. */
static void hessian_add(struct gradient *sum, const double *x, double weight)
{
	size_t n = sum->features + 1, i, j;

	for (i = 0; i < n; i++) {
		double wx = weight * (i < sum->features ? x[i] : 1);
		double *row = sum->h + i * n;

		for (j = 0; j < i; j++)
			row[j] += wx * x[j];
		row[i] += wx * (i < sum->features ? x[i] : 1);
	}
}

void gradient_add(struct gradient *sum, const double *theta, const double *x, double y)
{
	double z = logistic_score(theta, x, sum->features);
	double chance = logistic_chance(z);
	size_t i;

	sum->rows++;
	sum->loss += logistic_loss(z, y);
	for (i = 0; i < sum->features; i++)
		sum->g[i] += (chance - y) * x[i];
	sum->g[i] += chance - y;
	if (sum->h)
		hessian_add(sum, x, chance * (1 - chance));
}

void gradient_merge(struct gradient *sum, const struct gradient *other)
{
	size_t n = sum->features + 1, i;

	sum->rows += other->rows;
	sum->loss += other->loss;
	for (i = 0; i < n; i++)
		sum->g[i] += other->g[i];
	for (i = 0; sum->h && i < n * n; i++)
		sum->h[i] += other->h[i];
}

void gradient_finish(struct gradient *sum, const double *theta, double l2)
{
	size_t n = sum->features + 1, i;
	double rows = (double)sum->rows;

	sum->loss /= rows;
	for (i = 0; i < n; i++)
		sum->g[i] /= rows;
	for (i = 0; sum->h && i < n * n; i++)
		sum->h[i] /= rows;
	for (i = 0; i < sum->features; i++) {
		sum->loss += l2 / 2 * theta[i] * theta[i];
		sum->g[i] += l2 * theta[i];
		if (sum->h)
			sum->h[i * n + i] += l2;
	}
}

double gradient_norm(const struct gradient *sum)
{
	double norm = 0;
	size_t i;

	for (i = 0; i <= sum->features; i++)
		norm = fmax(norm, fabs(sum->g[i]));
	return norm;
}
