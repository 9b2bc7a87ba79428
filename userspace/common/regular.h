/* SPDX-License-Identifier: MIT */
/*
 * Files that are named on a command line, for the programs (not the libraries).
 */
#ifndef WARD_COMMON_REGULAR_H
#define WARD_COMMON_REGULAR_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/**
 * regular_open() - open for reading what has an end
 * @path: of a regular file; a pipe in its place must not hang us
 *
 * Return: a file descriptor, -EINVAL for another kind of file, or -errno.
 */
static inline int regular_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int rc;

	if (fd < 0)
		return -errno;
	rc = fstat(fd, &st) ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
	if (rc)
		close(fd);
	return rc ? rc : fd;
}

static inline const char *regular_strerror(int rc)
{
	return rc == -EINVAL ? "not a regular file" : strerror(-rc);
}

#endif /* WARD_COMMON_REGULAR_H */
