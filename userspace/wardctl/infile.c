// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/regular.h"
#include "infile.h"

static int fill(struct wardctl *ctl, const char *path, FILE *f, struct wv_bytes *out)
{
	uint8_t *data = malloc(INFILE_MAX + 1), *fit;
	size_t len = data ? fread(data, 1, INFILE_MAX + 1, f) : 0;

	if (!data)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	if (ferror(f)) {
		free(data);
		return ctl_error(ctl, EXIT_USAGE, "read", "%s: %s", path, strerror(errno));
	}
	if (len > INFILE_MAX) {
		free(data);
		return ctl_error(ctl, EXIT_DAMAGED, "too-long",
				 "%s: longer than %u bytes, which nothing of this kind is", path,
				 INFILE_MAX);
	}
	fit = realloc(data, len ? len : 1);
	*out = (struct wv_bytes){ fit ? fit : data, len };
	return EXIT_OK;
}

static int open_error(struct wardctl *ctl, const char *path, int rc)
{
	if (rc == -EINVAL)
		return ctl_error(ctl, EXIT_USAGE, "input",
				 "%s is not a regular file ('-' reads the standard input)", path);
	return ctl_error(ctl, EXIT_USAGE, "read", "%s: %s", path, strerror(-rc));
}

static int read_fd(struct wardctl *ctl, const char *path, int fd, struct wv_bytes *out)
{
	FILE *f = fdopen(fd, "rb");
	int rc;

	if (!f) {
		close(fd);
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	}
	rc = fill(ctl, path, f, out);
	fclose(f);
	return rc;
}

int infile_read(struct wardctl *ctl, const char *path, struct wv_bytes *out)
{
	int fd;

	*out = (struct wv_bytes){ NULL, 0 };
	if (!strcmp(path, "-") || !strcmp(path, "/dev/stdin"))
		return fill(ctl, path, stdin, out);
	fd = regular_open(path);
	return fd < 0 ? open_error(ctl, path, fd) : read_fd(ctl, path, fd, out);
}

int infile_read_if(struct wardctl *ctl, const char *path, struct wv_bytes *out)
{
	int fd = regular_open(path);

	*out = (struct wv_bytes){ NULL, 0 };
	if (fd == -ENOENT)
		return EXIT_OK;
	return fd < 0 ? open_error(ctl, path, fd) : read_fd(ctl, path, fd, out);
}

void infile_free(struct wv_bytes *b)
{
	free((void *)b->data);
	*b = (struct wv_bytes){ NULL, 0 };
}
