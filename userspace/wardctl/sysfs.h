/* SPDX-License-Identifier: MIT */
/* Short text files of /proc and /sys. */
#ifndef WARDCTL_SYSFS_H
#define WARDCTL_SYSFS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * sysfs_line - the first line of a file, without its newline
 * @room: of @to, at least 1; a longer line is cut
 * Returns 0 or -errno; @to is "" on failure.
 */
int sysfs_line(const char *path, char *to, size_t room);

/** sysfs_number - a file that holds one number; @fallback when it cannot be had */
long long sysfs_number(const char *path, long long fallback);

/** sysfs_chosen - the word in [brackets], as /sys/kernel/security/lockdown has it */
int sysfs_chosen(const char *path, char *to, size_t room);

/**
 * sysfs_cgroup - the control group of this process
 * @controller: of a version 1 hierarchy, or "" for the unified one
 * @to: its path; "" = there is no such hierarchy
 */
void sysfs_cgroup(const char *controller, char *to, size_t room);

#endif /* WARDCTL_SYSFS_H */
