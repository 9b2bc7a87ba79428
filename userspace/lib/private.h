/* SPDX-License-Identifier: MIT */
/* What the files of libward share. Nothing here is exported. */
#ifndef WARD_LIB_PRIVATE_H
#define WARD_LIB_PRIVATE_H

#include <stdint.h>

#include "libward.h"
#include "sys.h"

struct ward_session {
	const struct ward_sys *sys;
	int fd;
	uint64_t retry_after_ns;	/* ward_session_retry_after() */
	uint32_t denied;		/* ward_session_denied(), and the next */
	uint64_t denied_by;
};

/* ward_session_open() with another table than the real one. */
int ward_session_open_with(const struct ward_sys *sys, const char *device,
			   struct ward_session **out);

/* ward_buffer_from_fd() with another table than the real one. */
int ward_buffer_from_fd_with(const struct ward_sys *sys, int fd,
			     struct ward_buffer **out);

/* The label of an ioctl: cut to 31 bytes, the rest zero. NULL = empty. */
void ward_label_set(uint8_t *to, const char *label);

#endif /* WARD_LIB_PRIVATE_H */
