/* SPDX-License-Identifier: MIT */
/* wardctl pressure --follow: the global level as it changes. */
#ifndef WARDCTL_FOLLOW_H
#define WARDCTL_FOLLOW_H

#include "device.h"

/**
 * struct follow - what was asked for
 * @on: go on after the first answer
 * @bytes: any figure that changes is shown, not only the level
 * @interval_ms: between two looks
 * @count: lines to show; 0 = until interrupted
 */
struct follow {
	bool on;
	bool bytes;
	long interval_ms;
	long count;
};

/** follow - show the state and then every change; an exit code */
int follow(struct wardctl *ctl, struct ward_control *control, const struct follow *f);

/** follow_now - CLOCK_BOOTTIME in ns */
uint64_t follow_now(void);

#endif /* WARDCTL_FOLLOW_H */
