/* SPDX-License-Identifier: MIT */
/*
 * Output files that appear whole or not at all: written beside their place,
 * synced, renamed over it. Where the file system can, the file has no name until
 * it is whole, so that not even a killed program leaves a part behind.
 */
#ifndef WARDCTL_OUTFILE_H
#define WARDCTL_OUTFILE_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct outfile - an output file being written
 * @fd: where to write
 * @path: where it will be
 * @temp: its name until then
 * @named: @temp exists
 */
struct outfile {
	int fd;
	char *path;
	char *temp;
	int named;
};

/**
 * outfile_same - whether two paths name one file: an output would take the place
 *	of an input, or of another output. NULL names none
 */
bool outfile_same(const char *a, const char *b);

/**
 * outfile_open - start; 0 or -errno. @mode is what the file will have
 *
 * -EEXIST: what stands at @path is not a regular file (a device, a pipe, a
 * directory, a symbolic link) and is left alone. A regular file is replaced.
 */
int outfile_open(struct outfile *f, const char *path, mode_t mode);

/**
 * outfile_commit - sync and put in place; f is closed in any case
 *
 * 0, -errno: nothing was put in place, or errno above 0: the file is in place
 * and whole, but its directory could not be synced, so that a power cut may
 * undo it.
 */
int outfile_commit(struct outfile *f);

/** outfile_put - all of @data to a descriptor; 0 or -errno */
int outfile_put(int fd, const void *data, size_t len);

/** outfile_whole - a file of @data alone: returns as outfile_open() and outfile_commit() */
int outfile_whole(const char *path, mode_t mode, const void *data, size_t len);

/** outfile_strerror - what an error of the two means, for people; any sign */
const char *outfile_strerror(int rc);

/** outfile_abort - give up, leaving nothing behind */
void outfile_abort(struct outfile *f);

#endif /* WARDCTL_OUTFILE_H */
