// SPDX-License-Identifier: MIT
#include "infile.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/regular.h"

/* Return: bytes read, or -errno. */
static ssize_t read_whole(int fd, uint8_t *buf, size_t cap)
{
	size_t used = 0;
	ssize_t got;

	while (used < cap) {
		got = read(fd, buf + used, cap - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

/* No more than it takes: what is freed is zeroed first. */
static size_t room_for(int fd, size_t most)
{
	struct stat st;

	if (fstat(fd, &st) || st.st_size < 0 || (uint64_t)st.st_size >= most)
		return most;
	return (size_t)st.st_size + 1;
}

int infile_read(const char *what, const char *path, size_t most, uint8_t **out, size_t *len,
		struct failure *failure)
{
	int fd = regular_open(path);
	size_t cap = fd < 0 ? 1 : room_for(fd, most);
	uint8_t *bytes = malloc(cap);
	ssize_t got = fd < 0 ? fd : bytes ? read_whole(fd, bytes, cap) : -ENOMEM;

	if (fd >= 0)
		close(fd);
	if (got < 0) {
		free(bytes);
		return failed(failure, EXIT_MISUSE, "%s%s: %s", what, path,
			      regular_strerror((int)got));
	}
	*out = bytes;
	*len = (size_t)got;
	return 0;
}
