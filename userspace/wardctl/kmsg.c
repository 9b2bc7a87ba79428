// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"

#define RECORD_MAX 8192		/* of the kernel's: a shorter buffer is refused */
#define RECORDS_MAX (1 << 20)
#define FACILITY_SHIFT 3	/* above it 0 is the kernel; it takes no other's word for that */

/* "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;MESSAGE"; lines that begin with a blank go with it. */
static void take(char *line, void (*each)(const char *line, void *arg), void *arg)
{
	char *message = strchr(line, ';'), *end;
	unsigned long priority = strtoul(line, &end, 10);

	if (message && end != line && *end == ',' && !(priority >> FACILITY_SHIFT))
		each(message + 1, arg);
}

static void take_all(char *text, void (*each)(const char *line, void *arg), void *arg)
{
	char *save = NULL, *line;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take(line, each, arg);
}

/* Its end is EAGAIN; EPIPE: what was to come next was overwritten meanwhile. */
int kmsg_each(const char *path, void (*each)(const char *line, void *arg), void *arg)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), i, err = 0;
	char record[RECORD_MAX + 1];

	if (fd < 0)
		return -errno;
	for (i = 0; i < RECORDS_MAX; i++) {
		ssize_t n = read(fd, record, RECORD_MAX);

		if (!n || (n < 0 && errno == EAGAIN))
			break;
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n < 0) {
			err = -errno;
			break;
		}
		record[n] = '\0';
		take_all(record, each, arg);
	}
	close(fd);
	return err;
}
