// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hibernation. Its image leaves out pages that are typed PageOffline: class A
 * memory would hold, after resume, whatever the resuming kernel had there. And
 * it takes in pages of class B: they would get to disk. So there is no
 * hibernation while any protected memory lives, and none is handed out until
 * an image is written or given up. Suspend to RAM is another matter: memory
 * stays where it is.
 */
#include <linux/notifier.h>
#include <linux/suspend.h>

#include "ward.h"

/* Before any process is frozen; may sleep. */
static int pm_event(struct notifier_block *block, unsigned long event, void *unused)
{
	switch (event) {
	case PM_HIBERNATION_PREPARE:
		return notifier_from_errno(ward_ledger_shut());
	case PM_POST_HIBERNATION:
		ward_ledger_open();
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

static struct notifier_block pm_block = {
	.notifier_call = pm_event,
};

int ward_lifecycle_init(void)
{
	return register_pm_notifier(&pm_block);
}

void ward_lifecycle_exit(void)
{
	unregister_pm_notifier(&pm_block);
}
