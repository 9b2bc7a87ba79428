/* SPDX-License-Identifier: MIT */
/* Files that appear whole or not at all: written aside, synced, renamed. */
#ifndef WARD_WORKER_OUTFILE_H
#define WARD_WORKER_OUTFILE_H

#include <stddef.h>

#include "failure.h"

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
