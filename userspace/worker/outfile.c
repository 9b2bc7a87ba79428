// SPDX-License-Identifier: MIT
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *data, size_t len)
{
	ssize_t put;

	while (len) {
		put = write(fd, data, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		data += put;
		len -= (size_t)put;
	}
	return fsync(fd);
}

/* A rename lasts once its directory is synced. */
static int sync_dir(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd, ret;

	if (!slash)
		snprintf(dir, sizeof(dir), ".");
	else
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path + 1), path);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = fsync(fd);
	close(fd);
	return ret;
}

/*
 * A rename takes the place of whatever is there: of a device or a link, such as
 * /dev/null and /dev/stdout, as readily as of a file.
 */
int outfile_check(const char *path, struct failure *failure)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 :
		       failed(failure, EXIT_DEVICE, "%s: %s", path, strerror(errno));
	if (S_ISREG(st.st_mode))
		return 0;
	return failed(failure, EXIT_MISUSE,
		      "%s: what stands there is not a regular file; name another output", path);
}

int outfile_put(const char *path, const void *data, size_t len, struct failure *failure)
{
	char temp[PATH_MAX];
	int fd, err;

	if (snprintf(temp, sizeof(temp), "%s.XXXXXX", path) >= (int)sizeof(temp))
		return failed(failure, EXIT_MISUSE, "%s: the path is too long", path);
	if (outfile_check(path, failure))
		return -1;
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return failed(failure, EXIT_DEVICE, "%s: %s", path, strerror(errno));
	err = write_all(fd, data, len) || fchmod(fd, 0644) ? errno : 0;
	if (close(fd) && !err)
		err = errno;
	if (!err && rename(temp, path))
		err = errno;
	if (!err && sync_dir(path))
		return failed(failure, EXIT_DEVICE,
			      "%s is written, but its directory can't be synced: %s; a power cut may undo it",
			      path, strerror(errno));
	if (!err)
		return 0;
	unlink(temp);
	return failed(failure, EXIT_DEVICE, "%s: %s", path, strerror(err));
}

int outfile_write(const char *dir, const char *name, const void *data, size_t len,
		  struct failure *failure)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return failed(failure, EXIT_MISUSE, "%s/%s: the path is too long", dir, name);
	return outfile_put(path, data, len, failure);
}

int outfile_dir(const char *path, struct failure *failure)
{
	struct stat st;

	if (!mkdir(path, 0755))
		return 0;
	if (errno == EEXIST && !stat(path, &st) && S_ISDIR(st.st_mode))
		return 0;
	return failed(failure, EXIT_MISUSE, "%s: %s", path, strerror(errno));
}
