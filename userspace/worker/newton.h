/* SPDX-License-Identifier: MIT */
/* Newton's method on a smooth convex function, with a backtracking step. */
#ifndef WARD_WORKER_NEWTON_H
#define WARD_WORKER_NEWTON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "logistic.h"
#include "memory.h"

/* The mean loss, gradient and Hessian at @theta, by one pass over all rows. */
typedef int (*newton_pass)(void *arg, const double *theta, struct gradient *out,
			   struct failure *failure);

struct newton_options {
	double tolerance;	/* of gradient_norm() */
	uint64_t max_steps;
	newton_pass pass;
	void *arg;
	/* after each step; or NULL */
	void (*progress)(void *arg, uint64_t step, double loss, double norm);
};

struct newton_result {
	uint64_t steps;
	uint64_t passes;
	double loss;
	double norm;
	bool converged;
};

/**
 * newton_solve() - find the minimum
 * @options: options
 * @memory: where work arrays live
 * @features: weights
 * @theta: features + 1 doubles: start, then the best point found
 * @result: how it ended; not converged is no failure
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int newton_solve(const struct newton_options *options, struct memory *memory,
		 size_t features, double *theta, struct newton_result *result,
		 struct failure *failure);

/**
 * newton_factor() - Cholesky factor of h + ridge I
 * @h: n x n, lower triangle
 * @n: size
 * @ridge: added to the diagonal
 * @out: n x n; lower triangle filled in
 *
 * Return: 0, or -1 when the matrix is not positive definite.
 */
int newton_factor(const double *h, size_t n, double ridge, double *out);

/**
 * newton_substitute() - solve L L' x = b
 * @factor: L, as newton_factor() gave it
 * @n: size
 * @x: b, then x
 */
void newton_substitute(const double *factor, size_t n, double *x);

#endif /* WARD_WORKER_NEWTON_H */
