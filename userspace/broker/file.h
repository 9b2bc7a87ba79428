/* SPDX-License-Identifier: MIT */
#ifndef BROKER_FILE_H
#define BROKER_FILE_H

#include <stddef.h>
#include <stdint.h>

/**
 * file_read - read a whole regular file
 * @max: most bytes; a longer file is -EFBIG
 * @out: freed by the caller; one NUL follows the bytes
 * Returns 0 or -errno.
 */
int file_read(const char *path, size_t max, uint8_t **out, size_t *len);

#endif /* BROKER_FILE_H */
