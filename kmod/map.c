// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one mapping of a class A buffer.
 *
 * The mapping is VM_PFNMAP with special entries and without an .access
 * operation: get_user_pages() fails on it, hence ptrace, process_vm_readv,
 * /proc/PID/mem, vmsplice and O_DIRECT do. VM_IO keeps madvise() from undoing
 * VM_DONTCOPY and VM_DONTDUMP, VM_DONTEXPAND keeps mremap() from growing it.
 *
 * There is one mapping at a time, by the mm that made the buffer; only a shared
 * buffer may be mapped by every process of the session's user that has its fd,
 * as often as they like. munmap() of part of it, or mprotect(), leaves several VMAs of that one mapping. When all
 * of them are gone it may be mapped again and still holds what it held.
 * mremap() may move it: the pages are found by the inode's address_space, so
 * the end of the buffer finds the mapping wherever it is.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/huge_mm.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "buffer.h"

enum { FAULT_AROUND = 16 };	/* pages mapped at a fault of 4 KiB */

/* munmap() and mprotect() split, mremap() copies: mmap_lock is held for write. */
static void map_open(struct vm_area_struct *vma)
{
	struct ward_buf *buf = vma->vm_private_data;

	atomic_inc(&buf->vmas);
}

static void map_close(struct vm_area_struct *vma)
{
	struct ward_buf *buf = vma->vm_private_data;

	atomic_dec(&buf->vmas);
}

#ifdef WARD_HUGE
/*
 * Also where the entry is there already: another thread was faster, or this is
 * a write to an entry that is write-protected. No page table may be asked for
 * below such an entry; and whether a range is mapped by PMD follows from the
 * VMA and the folio alone, so that nobody puts a page table there meanwhile.
 */
static vm_fault_t insert_huge(struct vm_fault *vmf, const struct ward_buf *buf)
{
	unsigned long start = vmf->address & PMD_MASK;
	pmd_t pmd = pmdp_get_lockless(vmf->pmd);
	struct folio *folio;

	if ((!pmd_none(pmd) && !pmd_leaf(pmd)) || start < vmf->vma->vm_start ||
	    start + PMD_SIZE > vmf->vma->vm_end)
		return VM_FAULT_FALLBACK;
	folio = ward_pages_huge_at(&buf->pages,
				   vmf->pgoff - ((vmf->address - start) >> PAGE_SHIFT));
	if (!folio)
		return VM_FAULT_FALLBACK;
	return ward_insert_pmd(vmf, page_to_pfn(folio_page(folio, 0)));
}
#else
static vm_fault_t insert_huge(struct vm_fault *vmf, const struct ward_buf *buf)
{
	return VM_FAULT_FALLBACK;
}
#endif

static vm_fault_t insert_one(struct vm_fault *vmf, const struct ward_buf *buf,
			     long delta)
{
	struct page *page = ward_pages_at(&buf->pages, vmf->pgoff + delta);

	return vmf_insert_pfn(vmf->vma, (vmf->address & PAGE_MASK) + delta * PAGE_SIZE,
			      page_to_pfn(page));
}

/* The page that is wanted; then, as a favour, the window that it lies in. */
static vm_fault_t insert_small(struct vm_fault *vmf, const struct ward_buf *buf)
{
	struct vm_area_struct *vma = vmf->vma;
	pgoff_t first = max(round_down(vmf->pgoff, FAULT_AROUND), vma->vm_pgoff);
	pgoff_t last = min(round_down(vmf->pgoff, FAULT_AROUND) + FAULT_AROUND,
			   vma->vm_pgoff + vma_pages(vma));
	vm_fault_t ret = insert_one(vmf, buf, 0);
	pgoff_t at;

	for (at = first; at < last && ret == VM_FAULT_NOPAGE; at++)
		if (at != vmf->pgoff &&
		    insert_one(vmf, buf, (long)at - (long)vmf->pgoff) != VM_FAULT_NOPAGE)
			break;
	return ret;
}

/*
 * Kernels that let userfaultfd write-protect any mapping leave marks in its
 * page table. Nothing is inserted over them, and to call that done would fault
 * for ever, in the middle of a copy_to_user() beyond the reach of any signal.
 */
static bool is_marked(const struct vm_fault *vmf)
{
	return vmf->flags & FAULT_FLAG_ORIG_PTE_VALID && !pte_none(vmf->orig_pte);
}

/*
 * ward_buf::lock is held over test and insertion: an insertion that passed the
 * test is over before the buffer's end unmaps. Insertion allocates page
 * tables, nothing else, and no reclaim of ours waits for that lock.
 */
static vm_fault_t map_fault(struct vm_fault *vmf)
{
	struct ward_buf *buf = vmf->vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	if (is_marked(vmf))
		return ret;
	down_read(&buf->lock);
	if (!buf->end && vmf->pgoff < buf->pages.nr) {
		ret = insert_huge(vmf, buf);
		if (ret & VM_FAULT_FALLBACK)
			ret = insert_small(vmf, buf);
	}
	up_read(&buf->lock);
	return ret;
}

#ifdef WARD_HUGE
/* Not asked where transparent huge pages are off: .fault tries on its own. */
static vm_fault_t map_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct ward_buf *buf = vmf->vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	if (order != PMD_ORDER)
		return VM_FAULT_FALLBACK;
	down_read(&buf->lock);
	if (!buf->end)
		ret = insert_huge(vmf, buf);
	up_read(&buf->lock);
	return ret;
}
#endif

static const struct vm_operations_struct map_ops = {
	.open = map_open,
	.close = map_close,
	.fault = map_fault,
#ifdef WARD_HUGE
	.huge_fault = map_huge_fault,
#endif
};

static bool may_map(const struct ward_buf *buf, const struct mm_struct *mm)
{
	if (buf->kind == WARD_KIND_SHARED)
		return uid_eq(current_euid(), buf->session->uid);
	return ward_bind_is(&buf->tie, mm);
}

static int map_check(const struct ward_buf *buf, const struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED) || vma->vm_pgoff ||
	    vma->vm_end - vma->vm_start != buf->length)
		return -EINVAL;
	if (vma->vm_flags & (VM_EXEC | VM_MAYEXEC))
		return -EPERM;		/* bufferfs is noexec: mmap() knew that */
	if (READ_ONCE(buf->end))
		return -EOWNERDEAD;
	return may_map(buf, vma->vm_mm) ? 0 : -EPERM;
}

static bool count_map(struct ward_buf *buf)
{
	if (buf->kind == WARD_KIND_SHARED) {
		atomic_inc(&buf->vmas);
		return true;
	}
	return !atomic_cmpxchg(&buf->vmas, 0, 1);
}

/**
 * ward_map_mmap() - .mmap of a class A buffer; mmap_lock held for write
 * @file: the buffer's
 * @vma: to be set up
 *
 * Return: 0; -EINVAL for a private, shifted or partial mapping; -EPERM for an
 * executable one, for another mm than the one that made the buffer, and for
 * another user than a shared buffer's session's; -EOWNERDEAD when it has ended; -EBUSY when it is mapped already.
 */
int ward_map_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct ward_buf *buf = file->private_data;
	int ret = map_check(buf, vma);

	if (ret)
		return ret;
	if (!count_map(buf))
		return -EBUSY;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY);
	vma->vm_private_data = buf;
	vma->vm_ops = &map_ops;
	return 0;
}

/**
 * ward_map_hide() - take a dead buffer's pages out of every page table
 * @buf: marked dead, its lock not held
 */
void ward_map_hide(struct ward_buf *buf)
{
	lockdep_assert_not_held(&buf->lock);
	unmap_mapping_range(buf->inode->i_mapping, 0, 0, 1);
}
