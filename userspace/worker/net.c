// SPDX-License-Identifier: MIT
#include "net.h"

#include <math.h>
#include <string.h>

#include "random.h"
#include "vector.h"

struct net_layer net_layer(const struct net *net, size_t layer)
{
	struct net_layer at = { .inputs = net->inputs };
	size_t i;

	for (i = 0; ; i++) {
		at.units = i < net->hidden ? net->width[i] : net->outputs;
		at.bias = at.weight + at.units * at.inputs;
		if (i == layer)
			return at;
		at.weight = at.bias + at.units;
		at.inputs = at.units;
	}
}

size_t net_params(const struct net *net)
{
	struct net_layer last = net_layer(net, net->hidden);

	return last.bias + last.units;
}

static void begin_layer(const struct net_layer *at, double *theta, uint64_t *seed)
{
	double reach = sqrt(6.0 / (double)(at->inputs + at->units));
	size_t i;

	for (i = 0; i < at->units * at->inputs; i++) {
		double even = (double)(random_next(seed) >> 11) * 0x1p-53;

		theta[at->weight + i] = reach * (2 * even - 1);
	}
}

void net_begin(const struct net *net, double *theta, uint64_t seed)
{
	size_t layer;

	memset(theta, 0, net_params(net) * sizeof(*theta));
	for (layer = 0; net->hidden && layer <= net->hidden; layer++) {
		struct net_layer at = net_layer(net, layer);

		begin_layer(&at, theta, &seed);
	}
}

int net_work_init(struct net_work *work, struct memory *memory, const struct net *net)
{
	size_t units = net->outputs, widest = net->outputs, i;

	for (i = 0; i < net->hidden; i++) {
		units += net->width[i];
		widest = net->width[i] > widest ? net->width[i] : widest;
	}
	work->unit = memory_doubles(memory, units);
	work->slope = memory_doubles(memory, widest);
	work->below = memory_doubles(memory, widest);
	return work->unit && work->slope && work->below ? 0 : -1;
}

static void activate(enum net_activation activation, double *unit, size_t units)
{
	size_t i;

	for (i = 0; i < units; i++)
		unit[i] = activation == NET_TANH ? tanh(unit[i]) : fmax(unit[i], 0);
}

/* The derivative, by what the unit says after activation. */
static double activation_slope(enum net_activation activation, double unit)
{
	if (activation == NET_TANH)
		return 1 - unit * unit;
	return unit > 0;
}

const double *net_forward(const struct net *net, const double *theta, const double *x,
			  struct net_work *work)
{
	double *unit = work->unit;
	size_t layer, i;

	for (layer = 0; ; layer++) {
		struct net_layer at = net_layer(net, layer);

		for (i = 0; i < at.units; i++)
			unit[i] = theta[at.bias + i] +
				  vector_dot(theta + at.weight + i * at.inputs, x, at.inputs);
		if (layer == net->hidden)
			return unit;
		activate(net->activation, unit, at.units);
		x = unit;
		unit += at.units;
	}
}

static void add_layer(const struct net_layer *at, const double *slope, const double *in, double *g)
{
	size_t i;

	for (i = 0; i < at->units; i++) {
		vector_add(g + at->weight + i * at->inputs, slope[i], in, at->inputs);
		g[at->bias + i] += slope[i];
	}
}

/* Slopes by the units of the layer before, before their activation. */
static void go_down(const struct net *net, const struct net_layer *at, const double *theta,
		    const double *in, struct net_work *work)
{
	double *swap = work->slope;
	size_t i;

	memset(work->below, 0, at->inputs * sizeof(*work->below));
	for (i = 0; i < at->units; i++)
		vector_add(work->below, work->slope[i], theta + at->weight + i * at->inputs,
			   at->inputs);
	for (i = 0; i < at->inputs; i++)
		work->below[i] *= activation_slope(net->activation, in[i]);
	work->slope = work->below;
	work->below = swap;
}

void net_backward(const struct net *net, const double *theta, const double *x,
		  struct net_work *work, double *g)
{
	const double *in = work->unit;
	struct net_layer at;
	size_t layer;

	for (layer = 0; layer < net->hidden; layer++)
		in += net->width[layer];
	for (layer = net->hidden; layer; layer--) {
		at = net_layer(net, layer);
		in -= at.inputs;
		add_layer(&at, work->slope, in, g);
		go_down(net, &at, theta, in, work);
	}
	at = net_layer(net, 0);
	add_layer(&at, work->slope, x, g);
}
