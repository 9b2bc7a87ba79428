/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between kernels from 6.1 on. Features are probed in the
 * headers by kmod/probes.mk, which defines WARD_HAVE_*; there is no version
 * test anywhere. Each entry says when it can go.
 */
#ifndef WARD_COMPAT_H
#define WARD_COMPAT_H

#include <linux/mm.h>

/* vm_flags_set() came with 6.3; goes when 6.1 does. */
#ifndef WARD_HAVE_VM_FLAGS_SET
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}
#endif

/*
 * PMD mappings of VM_PFNMAP. Not before 6.6, where get_user_pages() gets
 * through them; goes when 6.1 does. The pfn is plain from 6.17 on; the pfn_t
 * goes when 6.12 does.
 */
#if defined(WARD_HAVE_HUGE_FAULT_ORDER) && defined(CONFIG_TRANSPARENT_HUGEPAGE)
#define WARD_HUGE
#include <linux/huge_mm.h>
#ifndef WARD_HAVE_PFN_PMD_PLAIN
#include <linux/pfn_t.h>
#endif

static inline vm_fault_t ward_insert_pmd(struct vm_fault *vmf, unsigned long pfn)
{
	bool write = vmf->flags & FAULT_FLAG_WRITE;

#ifdef WARD_HAVE_PFN_PMD_PLAIN
	return vmf_insert_pfn_pmd(vmf, pfn, write);
#else
	return vmf_insert_pfn_pmd(vmf, pfn_to_pfn_t(pfn), write);
#endif
}
#endif

#endif /* WARD_COMPAT_H */
