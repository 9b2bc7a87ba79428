/* SPDX-License-Identifier: MIT */
/*
 * The loss of a model, its gradient and, of a linear one, its Hessian as sums over rows, so
 * that sums of sites add up to the sum of all.
 */
#ifndef WARD_WORKER_GRADIENT_H
#define WARD_WORKER_GRADIENT_H

#include <stddef.h>
#include <stdint.h>

#include "memory.h"
#include "net.h"

/**
 * struct gradient - sums over rows
 * @net: shape of the model
 * @params: length of vectors
 * @block: of a linear model, rows of @h: weights of one score and its bias
 * @rows: how many were added
 * @loss: sum of losses
 * @g: sum of gradients, in the order of parameters
 * @h: sum of Hessians by the parameters of one score, @block^2 row-major, the bias last,
 *	lower triangle only; or NULL. With LOSS_SQUARED it is the same for each score, and
 *	between two scores it is 0; a model with LOSS_LOG has one score
 */
struct gradient {
	const struct net *net;
	size_t params;
	size_t block;
	uint64_t rows;
	double loss;
	double *g;
	double *h;

	/* private */
	struct net_work work;
};

/**
 * gradient_init() - zero sums
 * @sum: filled in
 * @memory: where the arrays live
 * @net: outlives the sums
 * @hessian: 0 = without; else @net has no hidden layer
 *
 * Return: 0, or -1 when the budget has no room.
 */
int gradient_init(struct gradient *sum, struct memory *memory, const struct net *net, int hessian);

/**
 * gradient_clear() - back to zero
 * @sum: sums
 */
void gradient_clear(struct gradient *sum);

/**
 * gradient_add() - count a row in
 * @sum: sums
 * @theta: parameters
 * @x: features, standardised
 * @y: a label for each score
 */
void gradient_add(struct gradient *sum, const double *theta, const double *x, const double *y);

/**
 * gradient_merge() - count all rows of another in
 * @sum: grows
 * @other: of the same shape, with a Hessian where @sum has one
 */
void gradient_merge(struct gradient *sum, const struct gradient *other);

/**
 * gradient_finish() - sums to means, and the penalty added
 * @sum: at least one row
 * @theta: parameters
 * @l2: l2/2 * |w|^2 is added to the loss, biases left out
 */
void gradient_finish(struct gradient *sum, const double *theta, double l2);

/**
 * gradient_norm() - the largest part of the gradient
 * @sum: sums
 *
 * Return: max |g_i|.
 */
double gradient_norm(const struct gradient *sum);

#endif /* WARD_WORKER_GRADIENT_H */
