/* SPDX-License-Identifier: MIT */
/* The kernel's log, as /dev/kmsg has it. */
#ifndef WARDCTL_KMSG_H
#define WARDCTL_KMSG_H

/**
 * kmsg_each - what the kernel itself said, oldest first, as far as it still has it
 * @path: /dev/kmsg, or a file of the same form
 * @each: is given each message without its head
 *
 * What programs wrote there is left out. Returns 0 or -errno: most systems show
 * it to root alone.
 */
int kmsg_each(const char *path, void (*each)(const char *line, void *arg), void *arg);

#endif /* WARDCTL_KMSG_H */
