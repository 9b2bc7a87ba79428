// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's tools must find: a look at user memory without a copy (sparse), a test that
 * kfree() makes itself (coccicheck), a bare unsigned (checkpatch).
 */
#include <linux/module.h>
#include <linux/slab.h>

int ward_planted(const int __user *from, void *block);

int ward_planted(const int __user *from, void *block)
{
	unsigned len = *from;

	if (block)
		kfree(block);
	return len;
}

MODULE_LICENSE("GPL");
