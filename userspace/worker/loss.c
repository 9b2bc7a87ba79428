// SPDX-License-Identifier: MIT
#include "loss.h"

#include <math.h>

double loss_chance(double z)
{
	double e = exp(-fabs(z));

	return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

double loss_value(enum loss loss, double z, double y)
{
	if (loss == LOSS_SQUARED)
		return (z - y) * (z - y) / 2;
	return (z > 0 ? z : 0) + log1p(exp(-fabs(z))) - y * z;
}

double loss_slope(enum loss loss, double z, double y)
{
	return (loss == LOSS_SQUARED ? z : loss_chance(z)) - y;
}

double loss_curvature(enum loss loss, double z)
{
	double chance;

	if (loss == LOSS_SQUARED)
		return 1;
	chance = loss_chance(z);
	return chance * (1 - chance);
}
