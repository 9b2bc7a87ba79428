/* SPDX-License-Identifier: MIT */
/* A progress bar on stderr for long work; silent where stderr is no terminal. */
#ifndef WARDCTL_PROGRESS_H
#define WARDCTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct progress - one bar
 * @label: what is being done
 * @total: units of the whole work; 0 = unknown, no bar
 * @done: units so far
 * @shown: permille last drawn
 * @on: stderr is a terminal and nobody asked for quiet
 */
struct progress {
	const char *label;
	uint64_t total;
	uint64_t done;
	int shown;
	bool on;
};

void progress_start(struct progress *p, const char *label, uint64_t total, bool quiet);
void progress_add(struct progress *p, uint64_t units);
/** progress_end - take the bar away */
void progress_end(struct progress *p);

#endif /* WARDCTL_PROGRESS_H */
