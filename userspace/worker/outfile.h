/* SPDX-License-Identifier: MIT */
/* Files that appear whole or not at all: written aside, synced, renamed. */
#ifndef WARD_WORKER_OUTFILE_H
#define WARD_WORKER_OUTFILE_H

#include <stddef.h>

#include "failure.h"

/**
 * struct outfile - a file that is being written
 * @fd: where to write
 * @path: where it will be; the caller's
 */
struct outfile {
	int fd;
	const char *path;

	/* private */
	char *temp;
	int named;
};

/**
 * outfile_begin() - start a file that outfile_write() is too small for
 * @file: filled in; ended by outfile_commit() or outfile_abort()
 * @path: file, in a directory that exists
 * @failure: what went wrong
 *
 * Where the file system can, it has no name until it is whole.
 *
 * Return: 0 or -1.
 */
int outfile_begin(struct outfile *file, const char *path, struct failure *failure);

/**
 * outfile_commit() - sync it and put it in place
 * @file: ended in any case
 * @mode: what the file shall have
 * @failure: what went wrong
 *
 * Return: as outfile_write().
 */
int outfile_commit(struct outfile *file, unsigned int mode, struct failure *failure);

/**
 * outfile_abort() - give up; what stands at the path stays
 * @file: begun
 */
void outfile_abort(struct outfile *file);

/**
 * outfile_write() - make or replace a file
 * @dir: directory, exists
 * @name: name in it
 * @data: contents
 * @len: bytes
 * @failure: what went wrong
 *
 * What stands there may only be a regular file, which is replaced: a device, a
 * pipe or a symbolic link is left alone.
 *
 * Return: 0 or -1; then an earlier file of that name stands as it was, unless
 * @failure says that the new one is written and its directory is not synced.
 */
int outfile_write(const char *dir, const char *name, const void *data, size_t len,
		  struct failure *failure);

/**
 * outfile_put() - outfile_write() of a path
 * @path: file, in a directory that exists
 * @data: contents
 * @len: bytes
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int outfile_put(const char *path, const void *data, size_t len,
		struct failure *failure);

/**
 * outfile_check() - whether outfile_put() may write there, told before long work
 * @path: file
 * @failure: what stands in its place
 *
 * Return: 0 or -1.
 */
int outfile_check(const char *path, struct failure *failure);

/**
 * outfile_dir() - make a directory unless it is there
 * @path: its parent exists
 * @failure: what went wrong
 *
 * Return: 0 or -1.
 */
int outfile_dir(const char *path, struct failure *failure);

#endif /* WARD_WORKER_OUTFILE_H */
