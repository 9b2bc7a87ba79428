// SPDX-License-Identifier: MIT
#include "loss.h"

#include <math.h>

/* @e: of minus the magnitude of @z, so that nothing overflows */
static double chance_by(double z, double e)
{
	return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

double loss_chance(double z)
{
	return chance_by(z, exp(-fabs(z)));
}

/* One exponential serves both: it is most of what a row with few columns costs. */
double loss_both(enum loss loss, double z, double y, double *slope)
{
	double e;

	if (loss == LOSS_SQUARED) {
		*slope = z - y;
		return (z - y) * (z - y) / 2;
	}
	e = exp(-fabs(z));
	*slope = chance_by(z, e) - y;
	return (z > 0 ? z : 0) + log1p(e) - y * z;
}

double loss_value(enum loss loss, double z, double y)
{
	double slope;

	return loss_both(loss, z, y, &slope);
}

double loss_curvature(enum loss loss, double z)
{
	double chance;

	if (loss == LOSS_SQUARED)
		return 1;
	chance = loss_chance(z);
	return chance * (1 - chance);
}
