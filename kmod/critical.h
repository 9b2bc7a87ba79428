/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What IMA shall record of ward, where it is on and its policy has critical data
 * measured (ima_policy=critical_data, or a rule of label=ward).
 */
#ifndef WARD_CRITICAL_H
#define WARD_CRITICAL_H

#include <linux/ima.h>

/*
 * @name: of what happened. The log has the bytes themselves, which it drops where it
 * has the same under that name already. May sleep; no lock of ours is held.
 */
static inline void ward_critical(const char *name, const void *data, size_t len)
{
	ima_measure_critical_data("ward", name, data, len, false, NULL, 0);
}

#endif /* WARD_CRITICAL_H */
