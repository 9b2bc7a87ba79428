// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vtpm_log.h"

/* Files of securityfs tell no size: what is beyond the room is read and dropped. */
static int log_fill(int fd, size_t room, struct vtpm_log *log)
{
	uint8_t beyond[4096];

	while (log->size < VTPM_LOG_SIZE_MAX) {
		bool fits = log->kept.len < room;
		ssize_t n = fits ? read(fd, log->kept.data + log->kept.len, room - log->kept.len) :
				   read(fd, beyond, sizeof(beyond));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -EIO : 0;
		if (fits)
			log->kept.len += (size_t)n;
		log->size += (size_t)n;
	}
	return 0;
}

int vtpm_log_read(const char *path, size_t room, struct vtpm_log *out, struct trouble *why)
{
	int fd, err;

	memset(out, 0, sizeof(*out));
	fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1;
	if (fd < 0)
		return 0;
	out->kept.data = malloc(room ? room : 1);
	err = out->kept.data ? log_fill(fd, room, out) : -ENOMEM;
	close(fd);
	if (!err)
		return 0;
	vtpm_bytes_free(&out->kept);
	return trouble_set(why, err, "%.100s: cannot be read", path);
}
