/* SPDX-License-Identifier: MIT */
#ifndef WARDD_NOTIFY_H
#define WARDD_NOTIFY_H

/**
 * notify() - tell the service manager, as sd_notify(3) has the protocol
 * @state: "READY=1", say
 *
 * Return: 0, also without a manager that wants to know; -errno.
 */
int notify(const char *state);

#endif /* WARDD_NOTIFY_H */
