// SPDX-License-Identifier: MIT
#include "pressure.h"

/* As many as the kernel keeps: what comes meanwhile can wait for the next look. */
#define NOTICES_AT_ONCE	32

/* True when the last of them that tells a level is in pressure->last. */
static bool take_level(struct pressure *pressure)
{
	struct ward_notice notice = { .size = sizeof(notice) };
	bool taken = false;
	int i;

	for (i = 0; i < NOTICES_AT_ONCE; i++) {
		if (ward_session_notice(pressure->session, 0, &notice))
			break;
		pressure->notices++;
		if (notice.kind != WARD_NOTICE_LEVEL)
			continue;
		pressure->last = notice;
		taken = true;
	}
	return taken;
}

void pressure_check(void *arg)
{
	struct pressure *pressure = arg;

	if (take_level(pressure) && pressure->last.level > WARD_LEVEL_LOW)
		ring_shrink(pressure->ring);
}
