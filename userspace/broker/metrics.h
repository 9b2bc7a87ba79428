/* SPDX-License-Identifier: MIT */
/*
 * What the broker counts, in Prometheus' text format 0.0.4. One thread, one set for
 * the process. Labels come from lists in the code: nobody makes them grow.
 */
#ifndef BROKER_METRICS_H
#define BROKER_METRICS_H

#include <stdint.h>

#include "../common/connection.h"

/** metrics_decision - a request was answered; of @event and @result only known words show */
void metrics_decision(const char *event, const char *result, uint64_t microseconds);

/** metrics_database_error - the database failed, other than by a race that is run again */
void metrics_database_error(void);

/** metrics_reload - the files were read again: taken or kept as they were */
void metrics_reload(int taken);

/** metrics_policies_damaged - how many the database has */
void metrics_policies_damaged(uint64_t count);

/**
 * struct metrics_now - what is not counted but looked at
 * @sessions: that live; negative = not known
 */
struct metrics_now {
	int64_t sessions;
	struct connection_counts connections;
};

/** metrics_text - all of it; to be freed with free(); NULL = no memory */
char *metrics_text(const struct metrics_now *now);

/** metrics_clock - microseconds of a clock that never goes back */
uint64_t metrics_clock(void);

#endif /* BROKER_METRICS_H */
