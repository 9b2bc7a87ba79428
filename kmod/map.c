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
 * as often as they like. munmap() of part of it, or mprotect(), leaves several
 * VMAs of that one mapping. When all of them are gone it may be mapped again and
 * still holds what it held. mremap() may move it: the pages are found by the
 * inode's address_space, so the end of the buffer finds the mapping wherever it is.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mm.h>

#include "buffer.h"

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

static const struct vm_operations_struct map_ops = {
	.open = map_open,
	.close = map_close,
	.fault = ward_fault,
#ifdef WARD_HUGE
	.huge_fault = ward_fault_huge,
#endif
};

/* The uid of a shared buffer's session; else the very process. */
bool ward_map_may(const struct ward_buf *buf, const struct mm_struct *mm)
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
	return ward_map_may(buf, vma->vm_mm) ? 0 : -EPERM;
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
 * another user than a shared buffer's session's; -EOWNERDEAD when it has ended;
 * -EBUSY when it is mapped already; -ENOMEM.
 */
int ward_map_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct ward_buf *buf = file->private_data;
	int ret = map_check(buf, vma);

	if (ret)
		return ret;
	if (!count_map(buf))
		return -EBUSY;
	ret = buf->pages.populate ? ward_populate_later(vma) : 0;
	if (ret) {
		atomic_dec(&buf->vmas);
		return ret;
	}
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
