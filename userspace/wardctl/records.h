/* SPDX-License-Identifier: MIT */
/* Records of the chains as wardctl shows them. */
#ifndef WARDCTL_RECORDS_H
#define WARDCTL_RECORDS_H

#include "device.h"

/** record_line - one for people, without an end of line; false = it is damaged */
bool record_line(const struct ward_event_entry *entry, char *to, size_t room);

/** record_members - the same as members of what is open; false = it is damaged */
bool record_members(struct wardctl *ctl, const struct ward_event_entry *entry);

#endif /* WARDCTL_RECORDS_H */
