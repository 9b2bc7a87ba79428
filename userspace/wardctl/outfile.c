// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outfile.h"

bool outfile_same(const char *a, const char *b)
{
	struct stat one, other;

	if (!a || !b)
		return false;
	if (stat(a, &one) || stat(b, &other))
		return !strcmp(a, b);
	return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* The directory of a path, to be freed. */
static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static int open_unnamed(const char *path, mode_t mode)
{
	char *dir = dir_of(path);
	int fd;

	if (!dir)
		return -ENOMEM;
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	free(dir);
	return fd < 0 ? -errno : fd;
}

static int open_named(struct outfile *f, mode_t mode)
{
	int fd = mkostemp(f->temp, O_CLOEXEC);

	if (fd < 0)
		return -errno;
	f->named = 1;
	return fchmod(fd, mode) ? (close(fd), -errno) : fd;
}

/*
 * A rename takes the place of whatever is there: of a device or a link, such as
 * /dev/null and /dev/stdout, as readily as of a file.
 */
static int check_place(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	return S_ISREG(st.st_mode) ? 0 : -EEXIST;
}

int outfile_open(struct outfile *f, const char *path, mode_t mode)
{
	int fd;

	memset(f, 0, sizeof(*f));
	f->fd = -1;
	fd = check_place(path);
	if (fd)
		return fd;
	f->path = strdup(path);
	if (!f->path || asprintf(&f->temp, "%s.XXXXXX", path) < 0) {
		f->temp = NULL;
		outfile_abort(f);
		return -ENOMEM;
	}
	fd = open_unnamed(path, mode);
	if (fd == -EOPNOTSUPP || fd == -EISDIR)
		fd = open_named(f, mode);
	if (fd < 0) {
		outfile_abort(f);
		return fd;
	}
	f->fd = fd;
	return 0;
}

/* Gives an unnamed file its temporary name. */
static int name_it(struct outfile *f)
{
	char proc[64];
	int fd;

	if (f->named)
		return 0;
	/* a free name: made by mkostemp() and given back at once */
	fd = mkostemp(f->temp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	unlink(f->temp);
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", f->fd);
	if (linkat(AT_FDCWD, proc, AT_FDCWD, f->temp, AT_SYMLINK_FOLLOW))
		return -errno;
	f->named = 1;
	return 0;
}

static int sync_dir(const char *path)
{
	char *dir = dir_of(path);
	int fd, rc;

	if (!dir)
		return -ENOMEM;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd < 0)
		return -errno;
	rc = fsync(fd) && errno != EINVAL ? -errno : 0;
	close(fd);
	return rc;
}

int outfile_commit(struct outfile *f)
{
	int rc = fsync(f->fd) ? -errno : name_it(f);

	if (!rc && rename(f->temp, f->path))
		rc = -errno;
	if (!rc) {
		f->named = 0;
		rc = -sync_dir(f->path);
	}
	outfile_abort(f);
	return rc;
}

const char *outfile_strerror(int rc)
{
	if (rc == -EEXIST)
		return "what stands there is not a regular file; name another output";
	return strerror(abs(rc));
}

void outfile_abort(struct outfile *f)
{
	if (f->named)
		unlink(f->temp);
	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	free(f->temp);
	memset(f, 0, sizeof(*f));
	f->fd = -1;
}

int outfile_put(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;
	ssize_t n;

	while (len) {
		n = write(fd, p, len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int outfile_whole(const char *path, mode_t mode, const void *data, size_t len)
{
	struct outfile file;
	int rc = outfile_open(&file, path, mode);

	if (rc)
		return rc;
	rc = outfile_put(file.fd, data, len);
	if (!rc)
		return outfile_commit(&file);
	outfile_abort(&file);
	return rc;
}
