/* SPDX-License-Identifier: MIT */
/*
 * How far a long step has come, on standard error: a bar with rate and time to
 * go on a terminal, a line every few seconds elsewhere.
 */
#ifndef WARD_WORKER_PROGRESS_H
#define WARD_WORKER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool quiet;
	bool terminal;
	bool shown;		/* a bar stands on the terminal's last line */
	double began;		/* seconds */
	double told;
	char what[64];
};

/**
 * progress_begin() - a step begins
 * @progress: filled in
 * @what: its name
 * @quiet: show nothing
 */
void progress_begin(struct progress *progress, const char *what, bool quiet);

/**
 * progress_show() - so far
 * @progress: begun
 * @done: units done
 * @total: of how many; 0 = unknown
 * @unit: their name
 */
void progress_show(struct progress *progress, uint64_t done, uint64_t total,
		   const char *unit);

/**
 * progress_clear() - wipe the bar, so that a line can be printed
 * @progress: begun; may go on
 */
void progress_clear(struct progress *progress);

#endif /* WARD_WORKER_PROGRESS_H */
