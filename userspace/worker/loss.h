/* SPDX-License-Identifier: MIT */
/*
 * What a score costs when the label is known, and how that changes with the score.
 *
 * LOSS_LOG: the score z is the log odds of label 1, the label 0 or 1; the loss is
 * log(1 + exp(z)) - y z, in nats. LOSS_SQUARED: the score is the label's estimate;
 * the loss is (z - y)^2 / 2, in the label's unit squared.
 */
#ifndef WARD_WORKER_LOSS_H
#define WARD_WORKER_LOSS_H

enum loss { LOSS_LOG, LOSS_SQUARED };

/**
 * loss_chance() - 1 / (1 + exp(-z)) without overflow
 * @z: log odds
 *
 * Return: probability.
 */
double loss_chance(double z);

/**
 * loss_value() - the loss itself
 * @loss: which
 * @z: score
 * @y: label
 *
 * Return: 0 or above.
 */
double loss_value(enum loss loss, double z, double y);

/**
 * loss_both() - the loss and its first derivative by the score
 * @loss: which
 * @z: score
 * @y: label
 * @slope: the derivative
 *
 * Return: as loss_value().
 */
double loss_both(enum loss loss, double z, double y, double *slope);

/**
 * loss_curvature() - its second derivative by the score
 * @loss: which
 * @z: score
 *
 * Return: 0 or above: both losses are convex.
 */
double loss_curvature(enum loss loss, double z);

#endif /* WARD_WORKER_LOSS_H */
