/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast evidence may be asked for, and what is told of asking: what control_pace.c
 * shares with queue.c and request.c.
 */
#ifndef WARD_PACE_H
#define WARD_PACE_H

#include "gate.h"

/* Settings, in the order in which WARD_EVENT_LIMIT's reasons count them. */
enum ward_pace_knob {
	WARD_PACE_CALL_MS,
	WARD_PACE_CALL_BURST,
	WARD_PACE_ASK_MS,
	WARD_PACE_ASK_BURST,
	WARD_PACE_COOLDOWN_MS,
	WARD_PACE_KNOBS,
};

/* The first of those reasons. */
#define WARD_LIMIT_CALL_MS	5

/**
 * struct ward_paces - some of the settings
 * @named: bit n: setting n is meant
 * @value: milliseconds, or tokens
 */
struct ward_paces {
	unsigned long named;
	u32 value[WARD_PACE_KNOBS];
};

const char *ward_pace_fault(enum ward_pace_knob knob, u32 value);
void ward_pace_get(struct ward_paces *out);
/* Takes effect at once, for those that wait too. */
void ward_attest_pace(const struct ward_paces *paces);
/* The same without waking the worker; queue.c. */
void ward_pace_set(const struct ward_paces *paces);

#endif /* WARD_PACE_H */
