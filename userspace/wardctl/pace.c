// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>

#include "pace.h"

#define HOUR_MS 3600000u
#define BURST_MAX 4096u
#define AT(member) offsetof(struct ward_pace, member)

const struct pace_knob pace_knobs[PACE_KNOBS] = {
	{ "call-interval", WARD_PACE_CALL_MS, AT(call_ms), 0, HOUR_MS },
	{ "call-burst", WARD_PACE_CALL_BURST, AT(call_burst), 1, BURST_MAX },
	{ "user-interval", WARD_PACE_ASK_MS, AT(ask_ms), 0, HOUR_MS },
	{ "user-burst", WARD_PACE_ASK_BURST, AT(ask_burst), 1, BURST_MAX },
	{ "cooldown", WARD_PACE_COOLDOWN_MS, AT(cooldown_ms), 0, HOUR_MS },
};

bool pace_parse(const struct pace_knob *knob, const char *text, struct ward_pace *pace)
{
	uint32_t *to = (uint32_t *)((char *)pace + knob->at);
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || value < knob->least || value > knob->most)
		return false;
	*to = (uint32_t)value;
	return true;
}
