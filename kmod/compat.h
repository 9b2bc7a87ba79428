/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between kernels from 6.1 on. Features are probed in the
 * headers by kmod/probes.mk, which defines WARD_HAVE_*; there is no version
 * test anywhere. Each entry says when it can go.
 */
#ifndef WARD_COMPAT_H
#define WARD_COMPAT_H

#include <linux/mm.h>

/* vm_flags_set() and friends came with 6.3; goes when 6.1 does. */
#ifndef WARD_HAVE_VM_FLAGS_SET
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags &= ~flags;
}
#endif

#endif /* WARD_COMPAT_H */
