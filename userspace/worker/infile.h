/* SPDX-License-Identifier: MIT */
/* Small files that are named on the command line, read whole. */
#ifndef WARD_WORKER_INFILE_H
#define WARD_WORKER_INFILE_H

#include <stddef.h>
#include <stdint.h>

#include "failure.h"

/**
 * infile_read() - read a file
 * @what: it is, as messages begin: "plan ", or ""
 * @path: of a regular file
 * @most: bytes that are read, whatever follows
 * @out: the caller frees it
 * @len: bytes
 * @failure: EXIT_MISUSE: why it cannot be read
 *
 * Return: 0 or -1.
 */
int infile_read(const char *what, const char *path, size_t most, uint8_t **out, size_t *len,
		struct failure *failure);

#endif /* WARD_WORKER_INFILE_H */
