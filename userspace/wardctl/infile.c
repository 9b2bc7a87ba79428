// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int infile_read(struct wardctl *ctl, const char *path, struct wv_bytes *out)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "rb") : stdin;
	int rc;

	*out = (struct wv_bytes){ NULL, 0 };
	if (!f)
		return ctl_error(ctl, EXIT_USAGE, "read", "%s: %s", path, strerror(errno));
	rc = fill(ctl, path, f, out);
	if (f != stdin)
		fclose(f);
	return rc;
}

int infile_read_if(struct wardctl *ctl, const char *path, struct wv_bytes *out)
{
	FILE *f = fopen(path, "rb");
	int rc;

	*out = (struct wv_bytes){ NULL, 0 };
	if (!f && errno == ENOENT)
		return EXIT_OK;
	if (!f)
		return ctl_error(ctl, EXIT_USAGE, "read", "%s: %s", path, strerror(errno));
	rc = fill(ctl, path, f, out);
	fclose(f);
	return rc;
}

void infile_free(struct wv_bytes *b)
{
	free((void *)b->data);
	*b = (struct wv_bytes){ NULL, 0 };
}
