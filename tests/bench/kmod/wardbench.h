/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * ioctls of /dev/wardbench, a device of benchmark guests: each does one thing
 * @n times, so that two calls with different @n tell what it costs once.
 */
#ifndef WARDBENCH_H
#define WARDBENCH_H

#include <linux/types.h>

struct wardbench_run {
	__u32 n;
	__s32 fd;	/* a session, for WARDBENCH_LEDGER and _RECORD */
};

enum {
	WARDBENCH_LOCKED_VM = 0x5700,	/* account_locked_vm() of a page, and back */
	WARDBENCH_LEDGER,		/* ward's charge of a page, and the refund */
	WARDBENCH_RECORD,		/* an event record, hashed into its chain */
	WARDBENCH_LEAF,			/* a leaf of claims, and a node above it */
	WARDBENCH_FOLIO,		/* 2 MiB from the page allocator, and back */
	WARDBENCH_CLEAR,		/* 2 MiB by the kernel's clear_page() */
	WARDBENCH_FILL,			/* 2 MiB by ward's loop */
	WARDBENCH_GET,			/* mmu_notifier_get(), once; held by the file */
	WARDBENCH_PUT,			/* mmu_notifier_put(), once */
	WARDBENCH_REGISTER,		/* mmu_notifier_register(), once; likewise */
	WARDBENCH_UNREGISTER,		/* mmu_notifier_unregister(), once */
	WARDBENCH_GCM,			/* 1 MiB by gcm(aes), decrypted and verified */
};

#endif /* WARDBENCH_H */
