/* SPDX-License-Identifier: MIT */
/* What the worker does when the kernel says that memory is short: shrink the ring. */
#ifndef WARD_WORKER_PRESSURE_H
#define WARD_WORKER_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "libward.h"
#include "ring.h"

struct pressure {
	struct ward_session *session;
	struct ring *ring;
	uint64_t threshold;	/* bytes, as set by ward_session_watch() */
	uint64_t notices;
	struct ward_notice last;	/* the one that is being answered */
};

/**
 * pressure_check() - look for notices, without waiting; the ring's @before
 * @pressure: struct pressure
 *
 * Shrinks the ring once when the newest of the notices about levels tells of one
 * above low: those before it are over.
 */
void pressure_check(void *pressure);

#endif /* WARD_WORKER_PRESSURE_H */
