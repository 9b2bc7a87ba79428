// SPDX-License-Identifier: MIT
#include "pressure.h"

/* Each shrink makes a notice of its own when the level falls. */
#define NOTICES_AT_ONCE	8

void pressure_check(void *arg)
{
	struct pressure *pressure = arg;
	int i;

	for (i = 0; i < NOTICES_AT_ONCE; i++) {
		struct ward_notice notice = { .size = sizeof(notice) };

		if (ward_session_notice(pressure->session, 0, &notice))
			return;
		pressure->notices++;
		pressure->last = notice;
		if (notice.level > WARD_LEVEL_LOW ||
		    (pressure->threshold && notice.live >= pressure->threshold))
			ring_shrink(pressure->ring);
	}
}
