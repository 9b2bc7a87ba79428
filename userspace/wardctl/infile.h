/* SPDX-License-Identifier: MIT */
/* Input files, read whole. */
#ifndef WARDCTL_INFILE_H
#define WARDCTL_INFILE_H

#include "wardctl.h"
#include "wardverify.h"

#define INFILE_MAX (2u << 20)
#define INFILE_IMAGE_MAX (1u << 30)

/**
 * infile_read - a regular file, whole, at most INFILE_MAX bytes
 *
 * "-" and "/dev/stdin" are the standard input, whatever stands behind it.
 * Returns EXIT_OK, or an exit code with the error told. *out: infile_free() it.
 */
int infile_read(struct wardctl *ctl, const char *path, struct wv_bytes *out);

/**
 * infile_read_if - the same, but a file that is not there gives {NULL, 0}
 */
int infile_read_if(struct wardctl *ctl, const char *path, struct wv_bytes *out);

/** infile_read_image - the same for firmware, kernels and initrds: INFILE_IMAGE_MAX bytes */
int infile_read_image(struct wardctl *ctl, const char *path, struct wv_bytes *out);

void infile_free(struct wv_bytes *b);

#endif /* WARDCTL_INFILE_H */
