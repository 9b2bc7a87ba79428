/* SPDX-License-Identifier: MIT */
/* Sizes and users as people write them. */
#ifndef WARDCTL_SIZE_H
#define WARDCTL_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/** size_parse - "4096", "64K", "512M", "8G", "1T" (powers of 1024), or "none" */
bool size_parse(const char *text, uint64_t *out);

/** user_parse - a user id or a user's name */
bool user_parse(const char *text, uint32_t *out);

/** group_parse - a group id or a group's name */
bool group_parse(const char *text, uint32_t *out);

#endif /* WARDCTL_SIZE_H */
