// SPDX-License-Identifier: MIT
/* The control's holdings. */
#include "export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "derive.h"
#include "holding.h"

struct writer {
	FILE *file;
	uint64_t blocks;
};

static int put_block(struct writer *w, const void *bytes, uint64_t len)
{
	uint8_t *masked = malloc(len ? len : 1);
	int rc;

	if (!masked)
		return -1;
	memcpy(masked, bytes, len);
	holding_mask(masked, len, w->blocks++);
	rc = fwrite(&len, sizeof(len), 1, w->file) == 1 &&
	     fwrite(masked, 1, len, w->file) == len ? 0 : -1;
	free(masked);
	return rc;
}

/* A matrix as doubles and as floats. */
static int put_matrix(struct writer *w, const double *value, size_t count)
{
	float *narrow = reallocarray(NULL, count ? count : 1, sizeof(*narrow));
	size_t i;
	int rc;

	if (!narrow)
		return -1;
	for (i = 0; i < count; i++)
		narrow[i] = (float)value[i];
	rc = put_block(w, value, count * sizeof(*value));
	if (!rc)
		rc = put_block(w, narrow, count * sizeof(*narrow));
	free(narrow);
	return rc;
}

static void standardise(const struct design *d, size_t scale, size_t rows,
			const double *in, double *out)
{
	size_t row, i, at;
	double sd;

	for (row = 0; row < rows; row++) {
		for (i = 0; i < d->features; i++) {
			at = row * d->features + i;
			sd = d->sd[scale][i] > 0 ? d->sd[scale][i] : 1;
			out[at] = (in[at] - d->mean[scale][i]) / sd;
		}
	}
}

static int put_design(struct writer *w, const struct site *site, const struct design *d)
{
	size_t count = site->rows * d->features, row, scale;
	double *raw = calloc(count ? count : 1, sizeof(*raw));
	double *out = calloc(count ? count : 1, sizeof(*out));
	int rc = raw && out ? 0 : -1;

	for (row = 0; !rc && row < site->rows; row++)
		rc = design_row(d, site, row, raw + row * d->features);
	if (!rc)
		rc = put_matrix(w, raw, count);
	for (scale = 0; !rc && scale < d->scales; scale++) {
		standardise(d, scale, site->rows, raw, out);
		rc = put_matrix(w, out, count);
	}
	free(raw);
	free(out);
	return rc;
}

static int put_keys(struct writer *w, const struct site *site)
{
	struct file_keys keys;
	struct key_texts t;
	int rc = derive_file_keys(site, &keys);

	derive_key_texts(site->key, &t);
	if (!rc)
		rc = put_block(w, site->key, SITE_KEY_LEN);
	if (!rc)
		rc = put_block(w, &keys, sizeof(keys));
	/* One block for all, so that free lists write over none of them. */
	if (!rc)
		rc = put_block(w, &t, sizeof(t));
	explicit_bzero(&keys, sizeof(keys));
	explicit_bzero(&t, sizeof(t));
	return rc;
}

static int put_site(struct writer *w, const struct site *site, const struct design *d)
{
	if (put_block(w, site->text, site->text_len) ||
	    put_matrix(w, site->value, site->rows * site->columns) ||
	    put_keys(w, site))
		return -1;
	return d ? put_design(w, site, d) : 0;
}

static int put_all(struct writer *w, const struct site *site, size_t sites,
		   const struct design *d, const struct numbers *numbers)
{
	size_t i;

	if (fwrite(HOLDING_MAGIC, 8, 1, w->file) != 1 ||
	    fwrite(&w->blocks, sizeof(w->blocks), 1, w->file) != 1)
		return -1;
	/* First: the pages of what comes last are the first to be used again. */
	if (numbers->count &&
	    put_block(w, numbers->value, numbers->count * sizeof(*numbers->value)))
		return -1;
	for (i = 0; i < sites; i++)
		if (put_site(w, &site[i], d))
			return -1;
	if (fseek(w->file, 8, SEEK_SET) ||
	    fwrite(&w->blocks, sizeof(w->blocks), 1, w->file) != 1)
		return -1;
	return fflush(w->file) || fsync(fileno(w->file)) ? -1 : 0;
}

int export_holding(const char *path, const struct site *site, size_t sites,
		   const struct design *d, const struct numbers *numbers)
{
	struct writer w = { 0 };
	char temp[4096];
	int fd, rc;

	if (snprintf(temp, sizeof(temp), "%s.new", path) >= (int)sizeof(temp)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	w.file = fd < 0 ? NULL : fdopen(fd, "wb");
	if (!w.file)
		return -1;
	rc = put_all(&w, site, sites, d, numbers);
	if (fclose(w.file))
		rc = -1;
	if (!rc)
		rc = rename(temp, path);
	if (rc)
		unlink(temp);
	return rc;
}
