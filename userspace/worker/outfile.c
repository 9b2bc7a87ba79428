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
	return 0;
}

/* The directory of a path. */
static int open_dir(const char *path, int flags, mode_t mode)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (!slash)
		snprintf(dir, sizeof(dir), ".");
	else
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path + 1), path);
	return open(dir, flags | O_CLOEXEC, mode);
}

/* A rename lasts once its directory is synced. */
static int sync_dir(const char *path)
{
	int ret, fd = open_dir(path, O_RDONLY | O_DIRECTORY, 0);

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

int outfile_begin(struct outfile *file, const char *path, struct failure *failure)
{
	*file = (struct outfile){ .fd = -1, .path = path };
	if (outfile_check(path, failure))
		return -1;
	if (asprintf(&file->temp, "%s.new", path) < 0) {
		file->temp = NULL;
		return failed(failure, EXIT_DEVICE, "%s: out of memory", path);
	}
	file->fd = open_dir(path, O_TMPFILE | O_RDWR, 0600);
	if (file->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		unlink(file->temp);	/* of one that was killed */
		file->fd = open(file->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		file->named = file->fd >= 0;
	}
	if (file->fd >= 0)
		return 0;
	failed(failure, EXIT_DEVICE, "%s: %s", path, strerror(errno));
	outfile_abort(file);
	return -1;
}

void outfile_abort(struct outfile *file)
{
	if (file->named)
		unlink(file->temp);
	if (file->fd >= 0)
		close(file->fd);
	free(file->temp);
	*file = (struct outfile){ .fd = -1 };
}

/* Gives it its temporary name, if it has none yet. */
static int name_it(struct outfile *file)
{
	char proc[64];

	if (file->named)
		return 0;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", file->fd);
	if (unlink(file->temp) && errno != ENOENT)
		return -1;
	if (linkat(AT_FDCWD, proc, AT_FDCWD, file->temp, AT_SYMLINK_FOLLOW))
		return -1;
	file->named = 1;
	return 0;
}

static int put_in_place(struct outfile *file, mode_t mode)
{
	if (fchmod(file->fd, mode) || fsync(file->fd) || name_it(file) ||
	    rename(file->temp, file->path))
		return -1;
	file->named = 0;
	return 0;
}

int outfile_commit(struct outfile *file, unsigned int mode, struct failure *failure)
{
	int ret = 0;

	if (put_in_place(file, mode))
		ret = failed(failure, EXIT_DEVICE, "%s: %s", file->path, strerror(errno));
	else if (sync_dir(file->path))
		ret = failed(failure, EXIT_DEVICE,
			     "%s is written, but its directory can't be synced: %s; a power cut may undo it",
			     file->path, strerror(errno));
	outfile_abort(file);
	return ret;
}

int outfile_put(const char *path, const void *data, size_t len, struct failure *failure)
{
	struct outfile file;

	if (outfile_begin(&file, path, failure))
		return -1;
	if (!write_all(file.fd, data, len))
		return outfile_commit(&file, 0644, failure);
	failed(failure, EXIT_DEVICE, "%s: %s", path, strerror(errno));
	outfile_abort(&file);
	return -1;
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
