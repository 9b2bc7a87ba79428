/* SPDX-License-Identifier: MIT */
/*
 * A model that was trained before, read back from its safetensors file, and what it says of
 * a row. It has the plan's word for what a row is, and the file's for the numbers.
 */
#ifndef WARD_WORKER_TRAINED_H
#define WARD_WORKER_TRAINED_H

#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "memory.h"
#include "net.h"
#include "plan.h"
#include "stats.h"

/**
 * struct trained - a model
 * @plan: that it was trained by; the caller's
 * @net: its shape
 * @theta: its parameters, in protected memory
 * @scaler: how a row is standardised before it, likewise
 * @work: for one row, likewise
 */
struct trained {
	const struct plan *plan;
	struct net net;
	double *theta;
	struct scaler scaler;
	struct net_work work;
};

/**
 * trained_read() - read a file, and see that it is of this plan and run
 * @out: filled in; lives in the memory scope that is open
 * @plan: outlives @out
 * @run: of the plan
 * @site: whose statistics standardise a row, where the plan says by site; else not asked for
 * @bytes: of the file; not kept
 * @len: how many
 * @memory: where the model lives
 * @failure: the file is damaged or of another plan (EXIT_DAMAGED), @site is none of its
 *	sites (EXIT_MISUSE), the budget has no room (EXIT_DEVICE)
 *
 * Return: 0 or -1.
 */
int trained_read(struct trained *out, const struct plan *plan, const struct plan_run *run,
		 const char *site, const uint8_t *bytes, size_t len, struct memory *memory,
		 struct failure *failure);

/**
 * trained_answer() - what it says of a row
 * @trained: model
 * @x: plan->features numbers as they stand in a table, NaN where missing; standardised in
 *	place
 *
 * Return: plan->outputs numbers, until the next row: the probability of label 1, or values.
 */
const double *trained_answer(struct trained *trained, double *x);

#endif /* WARD_WORKER_TRAINED_H */
