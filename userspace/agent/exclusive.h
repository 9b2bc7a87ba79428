/* SPDX-License-Identifier: MIT */
/*
 * WARD_AGENT_EXCLUSIVE is an assertion that goes into claims: nobody but root
 * reaches an interface that gives quotes. It is made only after a look.
 */
#ifndef WARDD_EXCLUSIVE_H
#define WARDD_EXCLUSIVE_H

#include <stdbool.h>
#include <sys/types.h>

#include "trouble.h"

/**
 * struct exclusive_place - where to look
 * @root: put before every path: "" or, in tests, a directory
 * @owner: who may reach the interfaces: 0
 * @group: that they get when they are mended: 0
 * @more: interfaces beside the usual ones, up to NULL; NULL = none
 */
struct exclusive_place {
	const char *root;
	uid_t owner;
	gid_t group;
	const char *const *more;
};

/**
 * exclusive_look() - can others open one of them, or do they have one open?
 * @mend: first take the nodes' other owners, mode bits and ACLs away, which holds
 *	until a device comes anew: a udev rule keeps it so
 *
 * What other processes have open already cannot be mended. Needs the right to see
 * all of /proc.
 *
 * Return: 0; -EPERM or -errno with @why, which names the node and the mend.
 */
int exclusive_look(const struct exclusive_place *place, bool mend, struct trouble *why);

#endif /* WARDD_EXCLUSIVE_H */
