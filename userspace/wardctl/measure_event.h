/* SPDX-License-Identifier: MIT */
/* What events of a TPM's log say, and which of them a prediction replaces. */
#ifndef WARDCTL_MEASURE_EVENT_H
#define WARDCTL_MEASURE_EVENT_H

#include <stdbool.h>

#include "wardverify.h"

#define EVENT_TEXT_MAX 160

/** enum event_role - what Linux' and systemd's EFI stubs, and firmware, measured with it */
enum event_role {
	EVENT_OTHER,
	EVENT_IMAGE,		/* a program that the firmware started: PCR 4 */
	EVENT_CMDLINE,		/* Linux' stub: its command line: PCR 9 */
	EVENT_INITRD,		/* Linux' stub: PCR 9 */
	EVENT_SECTION,		/* systemd's stub: a section of an image: PCR 11 */
};

/** event_role - of that event; @section: the section's name, or "" */
enum event_role event_role(const struct wv_tcglog_event *e, char section[EVENT_TEXT_MAX]);

/** event_text - for people: what an event says of itself; false = nothing that is text */
bool event_text(const struct wv_tcglog_event *e, char out[EVENT_TEXT_MAX]);

#endif /* WARDCTL_MEASURE_EVENT_H */
