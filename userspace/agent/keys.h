/* SPDX-License-Identifier: MIT */
/*
 * Keys that SEV-SNP's firmware derives, for processes that may open /dev/ward and not
 * /dev/sev-guest. What they are bound to of the asker is wardd's word: its uid by the
 * connection, its cgroup by the kernel's claims for its session, ward.ko by sysfs.
 */
#ifndef WARDD_KEYS_H
#define WARDD_KEYS_H

#include "trouble.h"

struct keys;

/**
 * keys_open() - listen, and open the device
 * @device: of the firmware
 * @socket: where; one that is there is taken over
 * @out: to be closed
 *
 * Who may open /dev/ward may ask: the socket has its group.
 *
 * Return: 0; -errno with @why.
 */
int keys_open(const char *device, const char *socket, struct keys **out, struct trouble *why);

/** keys_start() - a thread that answers. 0 or -EAGAIN */
int keys_start(struct keys *keys);

/** keys_close() - ends the thread, unless a device holds it; NULL does nothing */
void keys_close(struct keys *keys);

#endif /* WARDD_KEYS_H */
