// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/regular.h"
#include "infile.h"

static int too_long(struct wardctl *ctl, const char *path, size_t max)
{
	return ctl_error(ctl, EXIT_DAMAGED, "too-long",
			 "%s: longer than %zu bytes, which nothing of this kind is", path, max);
}

/* What is there, up to one byte more than there may be. NULL = no memory. */
static uint8_t *read_up_to(FILE *f, size_t max, size_t *len)
{
	size_t room = max < INFILE_MAX ? max + 1 : INFILE_MAX + 1;
	uint8_t *data = malloc(room), *more;

	*len = 0;
	while (data) {
		*len += fread(data + *len, 1, room - *len, f);
		if (*len < room || room > max)
			return data;
		room = 2 * room < max ? 2 * room : max + 1;
		more = realloc(data, room);
		if (!more)
			free(data);
		data = more;
	}
	return NULL;
}

static int fill(struct wardctl *ctl, const char *path, FILE *f, size_t max, struct wv_bytes *out)
{
	size_t len;
	uint8_t *data = read_up_to(f, max, &len), *fit;

	if (!data)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	if (ferror(f)) {
		free(data);
		return ctl_error(ctl, EXIT_USAGE, "read", "%s: %s", path, strerror(errno));
	}
	if (len > max) {
		free(data);
		return too_long(ctl, path, max);
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

static int read_fd(struct wardctl *ctl, const char *path, int fd, size_t max,
		   struct wv_bytes *out)
{
	FILE *f = fdopen(fd, "rb");
	int rc;

	if (!f) {
		close(fd);
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	}
	rc = fill(ctl, path, f, max, out);
	fclose(f);
	return rc;
}

static int read_max(struct wardctl *ctl, const char *path, size_t max, struct wv_bytes *out)
{
	int fd;

	*out = (struct wv_bytes){ NULL, 0 };
	if (!strcmp(path, "-") || !strcmp(path, "/dev/stdin"))
		return fill(ctl, path, stdin, max, out);
	fd = regular_open(path);
	return fd < 0 ? open_error(ctl, path, fd) : read_fd(ctl, path, fd, max, out);
}

int infile_read(struct wardctl *ctl, const char *path, struct wv_bytes *out)
{
	return read_max(ctl, path, INFILE_MAX, out);
}

int infile_read_image(struct wardctl *ctl, const char *path, struct wv_bytes *out)
{
	return read_max(ctl, path, INFILE_IMAGE_MAX, out);
}

int infile_read_if(struct wardctl *ctl, const char *path, struct wv_bytes *out)
{
	int fd = regular_open(path);

	*out = (struct wv_bytes){ NULL, 0 };
	if (fd == -ENOENT)
		return EXIT_OK;
	return fd < 0 ? open_error(ctl, path, fd) : read_fd(ctl, path, fd, INFILE_MAX, out);
}

void infile_free(struct wv_bytes *b)
{
	free((void *)b->data);
	*b = (struct wv_bytes){ NULL, 0 };
}
