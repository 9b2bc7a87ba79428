/* SPDX-License-Identifier: MIT */
/*
 * L-BFGS (D. C. Liu, J. Nocedal, 1989): steps by what the last ones taught of the curvature,
 * for models whose Hessian is too large or that have hidden layers. The length of a step is
 * found by bisection for the weak Wolfe conditions (A. S. Lewis, M. L. Overton, 2013).
 */
#ifndef WARD_WORKER_LBFGS_H
#define WARD_WORKER_LBFGS_H

#include "failure.h"
#include "memory.h"
#include "solve.h"

#define LBFGS_PAIRS	10	/* steps that are remembered */

/**
 * lbfgs_solve() - find a minimum; of a convex function, the minimum
 * @options: options
 * @memory: where work arrays live
 * @theta: parameters: start, then the best point found
 * @result: how it ended; not converged is no failure
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int lbfgs_solve(const struct solve_options *options, struct memory *memory, double *theta,
		struct solve_result *result, struct failure *failure);

#endif /* WARD_WORKER_LBFGS_H */
