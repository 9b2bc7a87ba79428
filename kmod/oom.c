// SPDX-License-Identifier: GPL-2.0-only
/*
 * One line for whoever reads why memory ran out: protected memory is neither in
 * a process's RSS nor in any counter of the kernel's report. Only where the
 * machine as a whole has none: the notifiers are not called for a cgroup's
 * limit, and what its members hold stands in their descriptors' fdinfo.
 */
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/printk.h>

#include "ward.h"

/* Under the kernel's oom_lock: the ledger's lock is a leaf, a mutex is none. */
static int oom_event(struct notifier_block *block, unsigned long unused, void *freed)
{
	struct ward_global all;

	ward_ledger_global(&all);
	pr_info_ratelimited("ward: out of memory: %llu bytes protected by %u sessions (%llu of class B, %llu volatile), limit %llu, %llu in pools\n",
			    all.live_all, all.accounts, all.live[WARD_KIND_B],
			    all.live_volatile, all.limit, ward_pool_total());
	return NOTIFY_OK;
}

static struct notifier_block oom_block = {
	.notifier_call = oom_event,
};

int ward_oom_init(void)
{
	return register_oom_notifier(&oom_block);
}

void ward_oom_exit(void)
{
	unregister_oom_notifier(&oom_block);
}
