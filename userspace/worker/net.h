/* SPDX-License-Identifier: MIT */
/*
 * The shape of a model, and how it gets from a row to scores and back: layers of units, each
 * a weighted sum of the layer before and a bias. Without hidden layers that is linear or,
 * with LOSS_LOG, logistic regression.
 *
 * Parameters lie layer by layer: weights [units x inputs], row-major, then biases [units].
 */
#ifndef WARD_WORKER_NET_H
#define WARD_WORKER_NET_H

#include <stddef.h>
#include <stdint.h>

#include "loss.h"
#include "memory.h"

#define NET_HIDDEN_MAX	4
#define NET_WIDTH_MAX	1024
#define NET_OUTPUTS_MAX	64

enum net_activation { NET_RELU, NET_TANH };

/**
 * struct net - a shape
 * @inputs: features
 * @outputs: scores of a row
 * @hidden: layers between; 0 = a linear model
 * @width: units of each
 * @activation: of hidden units; the scores have none
 * @loss: of each score; a row's is their sum
 */
struct net {
	size_t inputs;
	size_t outputs;
	size_t hidden;
	size_t width[NET_HIDDEN_MAX];
	enum net_activation activation;
	enum loss loss;
};

/**
 * struct net_layer - where a layer's parameters lie
 * @inputs: of each unit
 * @units: how many
 * @weight: index of its first weight
 * @bias: index of its first bias
 */
struct net_layer {
	size_t inputs;
	size_t units;
	size_t weight;
	size_t bias;
};

/**
 * struct net_work - what one row needs on its way, in protected memory
 * @unit: what hidden units say, layer by layer, and the scores
 * @slope: of the loss by each score, or by each unit of a layer
 * @below: the same for the layer before
 */
struct net_work {
	double *unit;
	double *slope;
	double *below;
};

/**
 * net_layer() - a layer's place
 * @net: shape
 * @layer: 0 to @net->hidden
 *
 * Return: its place.
 */
struct net_layer net_layer(const struct net *net, size_t layer);

/**
 * net_params() - how many parameters
 * @net: shape
 *
 * Return: weights and biases of all layers.
 */
size_t net_params(const struct net *net);

/**
 * net_begin() - parameters to start from
 * @net: shape
 * @theta: filled in: all zero for a linear model; else weights even within
 *	+-sqrt(6 / (inputs + units)) of the layer (X. Glorot, Y. Bengio, 2010)
 * @seed: of the weights
 */
void net_begin(const struct net *net, double *theta, uint64_t seed);

/**
 * net_work_init() - room for a row
 * @work: filled in
 * @memory: where it lives
 * @net: shape
 *
 * Return: 0, or -1 when the budget has no room.
 */
int net_work_init(struct net_work *work, struct memory *memory, const struct net *net);

/**
 * net_forward() - from a row to its scores
 * @net: shape
 * @theta: parameters
 * @x: row
 * @work: remembers what the units said, for net_backward()
 *
 * Return: @net->outputs scores, in @work.
 */
const double *net_forward(const struct net *net, const double *theta, const double *x,
			  struct net_work *work);

/**
 * net_backward() - from the scores' slopes to the parameters'
 * @net: shape
 * @theta: parameters
 * @x: row, after net_forward()
 * @work: its slope holds those of the scores; lost
 * @g: grows by the gradient
 */
void net_backward(const struct net *net, const double *theta, const double *x,
		  struct net_work *work, double *g);

#endif /* WARD_WORKER_NET_H */
