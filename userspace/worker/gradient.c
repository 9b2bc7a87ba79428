// SPDX-License-Identifier: MIT
#include "gradient.h"

#include <math.h>
#include <string.h>

#include "vector.h"

int gradient_init(struct gradient *sum, struct memory *memory, const struct net *net, int hessian)
{
	*sum = (struct gradient){
		.net = net, .params = net_params(net), .block = net->inputs + 1,
	};
	sum->g = memory_doubles(memory, sum->params);
	sum->h = hessian ? memory_doubles(memory, sum->block * sum->block) : NULL;
	return sum->g && (sum->h || !hessian) ? net_work_init(&sum->work, memory, net) : -1;
}

void gradient_clear(struct gradient *sum)
{
	sum->rows = 0;
	sum->loss = 0;
	memset(sum->g, 0, sum->params * sizeof(double));
	if (sum->h)
		memset(sum->h, 0, sum->block * sum->block * sizeof(double));
}

/* The bias is a weight whose feature is 1. */
static void hessian_add(struct gradient *sum, const double *x, double weight)
{
	size_t n = sum->net->inputs, i;

	for (i = 0; i < n; i++)
		vector_add(sum->h + i * sum->block, weight * x[i], x, i + 1);
	vector_add(sum->h + n * sum->block, weight, x, n);
	sum->h[n * sum->block + n] += weight;
}

void gradient_add(struct gradient *sum, const double *theta, const double *x, const double *y)
{
	const struct net *net = sum->net;
	const double *z = net_forward(net, theta, x, &sum->work);
	size_t i;

	sum->rows++;
	for (i = 0; i < net->outputs; i++)
		sum->loss += loss_both(net->loss, z[i], y[i], &sum->work.slope[i]);
	if (sum->h)
		hessian_add(sum, x, loss_curvature(net->loss, z[0]));
	net_backward(net, theta, x, &sum->work, sum->g);
}

void gradient_merge(struct gradient *sum, const struct gradient *other)
{
	sum->rows += other->rows;
	sum->loss += other->loss;
	vector_add(sum->g, 1, other->g, sum->params);
	if (sum->h)
		vector_add(sum->h, 1, other->h, sum->block * sum->block);
}

static void penalise(struct gradient *sum, const double *theta, double l2)
{
	size_t layer, i;

	for (layer = 0; layer <= sum->net->hidden; layer++) {
		struct net_layer at = net_layer(sum->net, layer);
		const double *w = theta + at.weight;

		sum->loss += l2 / 2 * vector_dot(w, w, at.units * at.inputs);
		vector_add(sum->g + at.weight, l2, w, at.units * at.inputs);
	}
	for (i = 0; sum->h && i < sum->net->inputs; i++)
		sum->h[i * sum->block + i] += l2;
}

void gradient_finish(struct gradient *sum, const double *theta, double l2)
{
	double rows = (double)sum->rows;
	size_t i;

	sum->loss /= rows;
	for (i = 0; i < sum->params; i++)
		sum->g[i] /= rows;
	for (i = 0; sum->h && i < sum->block * sum->block; i++)
		sum->h[i] /= rows;
	penalise(sum, theta, l2);
}

double gradient_norm(const struct gradient *sum)
{
	double norm = 0;
	size_t i;

	for (i = 0; i < sum->params; i++)
		norm = fmax(norm, fabs(sum->g[i]));
	return norm;
}
