// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zero protected memory and data keys when the kernel panics, if the administrator
 * wants it.
 *
 * Off by default: it delays the reboot by the time that the bytes take, and it
 * walks lists of a kernel that has just said that it cannot be trusted. It
 * takes no lock, since their holders have been stopped for good: the other CPUs
 * stand still when the notifiers are called. Lists are followed forward only,
 * which a stopped insertion or removal leaves passable; a buffer whose memory
 * was on its way back to the kernel is left alone, having been zeroed.
 *
 * Keys first: they are little, and what they open is more than what is in memory.
 *
 * What it does not do: nothing is unmapped or recorded. A crash kernel that is
 * loaded is entered before the notifiers, unless crash_kexec_post_notifiers is
 * on the command line (class A is left out of its dump in any case, class B is
 * not). A CPU that could not be stopped, or a second fault, may leave it
 * incomplete.
 */
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/nmi.h>
#include <linux/panic_notifier.h>

#include "buffer.h"

static bool panic_wipe;
module_param(panic_wipe, bool, 0444);
MODULE_PARM_DESC(panic_wipe,
		 "zero protected memory and data keys on panic, without locks or record; after a crash kernel would have been entered, unless crash_kexec_post_notifiers (default: no)");

static void wipe_session(struct ward_session *session)
{
	struct ward_buf *buf;
	unsigned long id;

	ward_session_wipe_keys(session);
	xa_for_each(&session->roll.bufs, id, buf) {
		touch_nmi_watchdog();
		if (!READ_ONCE(buf->zeroed))
			buf->ops->zero(buf);
	}
}

static int panic_event(struct notifier_block *block, unsigned long event, void *unused)
{
	ward_session_each_stopped(wipe_session);
	return NOTIFY_DONE;
}

/* Before others, which may tell the host or never return. */
static struct notifier_block panic_block = {
	.notifier_call = panic_event,
	.priority = INT_MAX,
};

void ward_panic_init(void)
{
	if (panic_wipe)
		atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
}

void ward_panic_exit(void)
{
	if (panic_wipe)
		atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);
}
