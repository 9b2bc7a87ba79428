/* SPDX-License-Identifier: MIT */
/*
 * Sums over vectors of doubles, in an order that is fixed: the same numbers give the same
 * bits on every machine that rounds as IEEE 754 says.
 */
#ifndef WARD_WORKER_VECTOR_H
#define WARD_WORKER_VECTOR_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * vector_dot() - the inner product, summed in four lanes
 * @a: vector
 * @b: vector
 * @n: length of both
 *
 * Return: the sum of a[i] b[i].
 */
static inline double vector_dot(const double *a, const double *b, size_t n)
{
	double lane[4] = { 0, 0, 0, 0 }, rest = 0;
	size_t i = 0, j;

	for (; i + 4 <= n; i += 4) {
		for (j = 0; j < 4; j++)
			lane[j] += a[i + j] * b[i + j];
	}
	for (; i < n; i++)
		rest += a[i] * b[i];
	return (lane[0] + lane[2]) + (lane[1] + lane[3]) + rest;
}

/**
 * vector_add() - y grows by a x
 * @y: vector
 * @a: factor
 * @x: vector apart from @y
 * @n: length of both
 */
static inline void vector_add(double *restrict y, double a, const double *restrict x, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		y[i] += a * x[i];
}

/**
 * vector_finite() - are these all numbers
 * @a: vector
 * @n: its length
 *
 * Return: false where one is infinite or NaN.
 */
static inline bool vector_finite(const double *a, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!isfinite(a[i]))
			return false;
	}
	return true;
}

#endif /* WARD_WORKER_VECTOR_H */
