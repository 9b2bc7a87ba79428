/* SPDX-License-Identifier: MIT */
/*
 * Newton's method on a smooth convex function, with a backtracking step: for models without
 * hidden layers. Where the loss is squared its first step is the exact solution.
 */
#ifndef WARD_WORKER_NEWTON_H
#define WARD_WORKER_NEWTON_H

#include <stddef.h>

#include "failure.h"
#include "memory.h"
#include "solve.h"

/**
 * newton_solve() - find the minimum
 * @options: options; its passes fill in the Hessian
 * @memory: where work arrays live
 * @theta: parameters: start, then the best point found
 * @result: how it ended; not converged is no failure
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int newton_solve(const struct solve_options *options, struct memory *memory, double *theta,
		 struct solve_result *result, struct failure *failure);

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
