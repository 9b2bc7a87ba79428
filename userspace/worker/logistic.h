/* SPDX-License-Identifier: MIT */
/*
 * Logistic regression: the loss, its gradient and its Hessian as sums over
 * rows, so that sums of sites add up to the sum of all.
 *
 * Parameters are @features weights and then the bias. With z = w x + b and y
 * 0 or 1 the loss of a row is log(1 + exp(z)) - y z.
 */
#ifndef WARD_WORKER_LOGISTIC_H
#define WARD_WORKER_LOGISTIC_H

#include <stddef.h>
#include <stdint.h>

#include "memory.h"

/**
 * struct gradient - sums over rows
 * @features: weights; vectors hold one more for the bias
 * @rows: how many were added
 * @loss: sum of losses
 * @g: sum of gradients, features + 1
 * @h: sum of Hessians, (features + 1)^2 row-major, lower triangle only; or NULL
 */
struct gradient {
	size_t features;
	uint64_t rows;
	double loss;
	double *g;
	double *h;
};

/**
 * gradient_init() - zero sums
 * @sum: filled in
 * @memory: where the arrays live
 * @features: weights
 * @hessian: 0 = without Hessian
 *
 * Return: 0, or -1 when the budget has no room.
 */
int gradient_init(struct gradient *sum, struct memory *memory, size_t features,
		  int hessian);

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
 * @y: 0 or 1
 */
void gradient_add(struct gradient *sum, const double *theta, const double *x,
		  double y);

/**
 * gradient_merge() - count all rows of another in
 * @sum: grows
 * @other: the same features, with a Hessian where @sum has one
 */
void gradient_merge(struct gradient *sum, const struct gradient *other);

/**
 * gradient_finish() - sums to means, and the penalty added
 * @sum: at least one row
 * @theta: parameters
 * @l2: l2/2 * |w|^2 is added to the loss, bias left out
 */
void gradient_finish(struct gradient *sum, const double *theta, double l2);

/**
 * gradient_norm() - the largest part of the gradient
 * @sum: sums
 *
 * Return: max |g_i|.
 */
double gradient_norm(const struct gradient *sum);

/**
 * logistic_score() - z = w x + b
 * @theta: parameters
 * @x: features
 * @features: how many
 *
 * Return: the log odds.
 */
double logistic_score(const double *theta, const double *x, size_t features);

/**
 * logistic_chance() - 1 / (1 + exp(-z)) without overflow
 * @z: log odds
 *
 * Return: probability.
 */
double logistic_chance(double z);

/**
 * logistic_loss() - log(1 + exp(z)) - y z without overflow
 * @z: log odds
 * @y: 0 or 1
 *
 * Return: the loss, in nats.
 */
double logistic_loss(double z, double y);

#endif /* WARD_WORKER_LOGISTIC_H */
