/* SPDX-License-Identifier: MIT */
/* JSON to struct plan, for plan.c alone. */
#ifndef WARD_WORKER_PLAN_READ_H
#define WARD_WORKER_PLAN_READ_H

#include "plan.h"

/**
 * plan_read() - take in the members of a plan
 * @text: JSON
 * @len: bytes
 * @plan: zero but for the digest; filled in, partly so on failure
 * @failure: names the member at fault
 *
 * Return: 0 or -1.
 */
int plan_read(const char *text, size_t len, struct plan *plan,
	      struct failure *failure);

#endif /* WARD_WORKER_PLAN_READ_H */
