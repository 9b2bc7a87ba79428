/* SPDX-License-Identifier: MIT */
/* Files that hold one data key: 32 bytes raw, for their owner alone. */
#ifndef WARD_KEYFILE_H
#define WARD_KEYFILE_H

#include <stdint.h>

#define WARD_KEYFILE_LEN 32

/**
 * ward_keyfile_read() - read a data key
 * @path: regular file of exactly 32 bytes that group and others have no rights to
 * @key: WARD_KEYFILE_LEN bytes; the caller wipes them; zeroed on failure
 *
 * Returns 0; -EPERM: group or others may reach the file; -EINVAL: not a regular
 * file of 32 bytes; or what open(2) and read(2) say.
 */
int ward_keyfile_read(const char *path, uint8_t *key);

/**
 * ward_keyfile_create() - make a random data key and write it, mode 0600, synced
 * @path: must not exist yet
 * @key: WARD_KEYFILE_LEN bytes; the caller wipes them; zeroed on failure
 *
 * Returns 0; -EEXIST; -EIO: no random numbers; or what open(2) and write(2) say.
 */
int ward_keyfile_create(const char *path, uint8_t *key);

#endif /* WARD_KEYFILE_H */
