/* SPDX-License-Identifier: MIT */
/*
 * What the kernel counts of this thread, where it lets us: perf_event_open(2).
 */
#ifndef WARD_WORKER_COUNTERS_H
#define WARD_WORKER_COUNTERS_H

#include <stdint.h>

enum counter {
	COUNTER_CALLS,		/* system calls, by the tracepoint raw_syscalls:sys_enter */
	COUNTER_USER,		/* instructions in user space, by the processor */
	COUNTER_KERNEL,		/* and in the kernel */
	COUNTERS,
};

/**
 * struct counters - running or stopped
 * @value: once they are stopped; with the few system calls that stopping takes
 * @why: what cannot be counted here and why, with the mend where there is one; "" = it can
 */
struct counters {
	uint64_t value[COUNTERS];
	char why[COUNTERS][160];

	/* private */
	int fd[COUNTERS];
};

/** counter_name() - system_calls, instructions_user, instructions_kernel */
const char *counter_name(enum counter counter);

/** counters_begin() - count from now on, what can be counted: @counters filled in */
void counters_begin(struct counters *counters);

/** counters_end() - stop: values and reasons are final */
void counters_end(struct counters *counters);

#endif /* WARD_WORKER_COUNTERS_H */
