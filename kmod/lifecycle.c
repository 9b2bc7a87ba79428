// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine goes down, or to sleep.
 *
 * Reboot, halt, power off, kexec: all buffers end before any device is shut
 * down, since what comes next finds memory as it was left. What goes round the
 * notifiers (sysrq-b, a triple fault, the host) cannot be met here.
 *
 * Hibernation: its image leaves out pages that are typed PageOffline: class A
 * memory would hold, after resume, whatever the resuming kernel had there. And
 * it takes in pages of class B: they would get to disk. So there is no
 * hibernation while any protected memory lives, and none is handed out until
 * an image is written or given up. Nor is an image loaded over it: what the
 * image doesn't overwrite would be left behind, wiped by nobody. Suspend to RAM
 * is another matter: memory stays where it is, and it is only recorded.
 */
#include <linux/limits.h>
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/suspend.h>

#include "ward.h"

/* ward_event.reason of WARD_EVENT_POWER */
enum { POWER_SUSPEND = 1, POWER_RESUME, POWER_DOWN };

static void power_record(u16 reason)
{
	struct ward_event ev = {
		.type = cpu_to_le16(WARD_EVENT_POWER),
		.reason = cpu_to_le16(reason),
	};

	ward_ledger_system(&ev);
}

/* ---- sleep -------------------------------------------------------------------- */

static int prepare_hibernation(void)
{
	int ret = ward_ledger_shut();

	/* Pools hold nothing, but the image leaves them out like class A. */
	if (!ret)
		ward_pool_drain_all();
	return notifier_from_errno(ret);
}

/* Before any process is frozen; may sleep. */
static int pm_event(struct notifier_block *block, unsigned long event, void *unused)
{
	switch (event) {
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		return prepare_hibernation();
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		ward_pool_open_all();
		ward_ledger_open();
		return NOTIFY_OK;
	case PM_SUSPEND_PREPARE:
		power_record(POWER_SUSPEND);
		return NOTIFY_OK;
	case PM_POST_SUSPEND:
		power_record(POWER_RESUME);
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

static struct notifier_block pm_block = {
	.notifier_call = pm_event,
};

/* ---- the end -------------------------------------------------------------------- */

/*
 * Processes still run. The ledger first: from then on nobody gets memory, and
 * sessions that are opened meanwhile need no visit. One pass over the bytes.
 */
static int reboot_event(struct notifier_block *block, unsigned long code, void *unused)
{
	struct ward_session *session;
	u64 serial = 0;

	ward_ledger_close();
	power_record(POWER_DOWN);
	while ((session = ward_session_after(serial))) {
		serial = session->serial;
		ward_session_end_all(session, WARD_END_REBOOT);
		ward_session_put(session);
	}
	return NOTIFY_DONE;
}

static struct notifier_block reboot_block = {
	.notifier_call = reboot_event,
	.priority = INT_MAX,
};

int ward_lifecycle_init(void)
{
	int ret = register_pm_notifier(&pm_block);

	if (ret)
		return ret;
	ret = register_reboot_notifier(&reboot_block);
	if (ret)
		goto err_pm;
	ret = ward_oom_init();
	if (ret)
		goto err_reboot;
	ward_panic_init();
	return 0;

err_reboot:
	unregister_reboot_notifier(&reboot_block);
err_pm:
	unregister_pm_notifier(&pm_block);
	return ret;
}

void ward_lifecycle_exit(void)
{
	ward_panic_exit();
	ward_oom_exit();
	unregister_reboot_notifier(&reboot_block);
	unregister_pm_notifier(&pm_block);
}
