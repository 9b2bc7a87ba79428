/* SPDX-License-Identifier: MIT */
/* The figures of how fast evidence may be asked for, by the names that people give. */
#ifndef WARDCTL_PACE_H
#define WARDCTL_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libward.h"

/**
 * struct pace_knob - one figure of the pace
 * @name: of the option
 * @which: WARD_PACE_*
 * @at: where it lies in struct ward_pace
 * @least: the smallest value; a burst of nothing would let nothing through
 * @most: the largest
 */
struct pace_knob {
	const char *name;
	uint32_t which;
	size_t at;
	uint32_t least;
	uint32_t most;
};

#define PACE_KNOBS 5
extern const struct pace_knob pace_knobs[PACE_KNOBS];

/** pace_parse - @text into its place of @pace; false = no such value */
bool pace_parse(const struct pace_knob *knob, const char *text, struct ward_pace *pace);

#endif /* WARDCTL_PACE_H */
