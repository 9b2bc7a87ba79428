// SPDX-License-Identifier: GPL-2.0-only
/*
 * WARD_BUF_POPULATE: when mmap() has returned, no page of the buffer faults.
 *
 * The page table can't be filled in .mmap: the VMA is not among those of the
 * inode yet, and a buffer that ended in that moment would be freed with entries
 * left that nobody finds. So the task fills it on its way back to user space,
 * by one fault for each page table of PMDs. If that fails half way, what was
 * inserted belongs to a VMA like any other, and the rest faults when touched.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "buffer.h"

/**
 * struct populate - a page table to be filled
 * @work: of the task that called mmap()
 * @file: the buffer's, referenced
 * @start: address of the mapping
 */
struct populate {
	struct callback_head work;
	struct file *file;
	unsigned long start;
};

/*
 * The first chunk that starts in the page table after the one of @at. What lies
 * across the border came with the table before, and would not fault any more.
 */
static unsigned long next_table(const struct vm_area_struct *vma, unsigned long at)
{
	return vma->vm_start + round_up(((at + PUD_SIZE) & PUD_MASK) - vma->vm_start, PMD_SIZE);
}

/* mmap_lock is held for read, and stays so. User addresses don't wrap. */
static void fill(struct mm_struct *mm, const struct vm_area_struct *vma)
{
	unsigned int write = vma->vm_flags & VM_WRITE ? FAULT_FLAG_WRITE : 0;
	unsigned long at;

	for (at = vma->vm_start; at < vma->vm_end; at = next_table(vma, at)) {
		if (fatal_signal_pending(current) || fixup_user_fault(mm, at, write, NULL))
			return;
		cond_resched();
	}
}

/* The mapping may be gone, or be another one, by another thread's doing. */
static void populate_now(struct callback_head *work)
{
	struct populate *todo = container_of(work, struct populate, work);
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	if (mm && !mmap_read_lock_killable(mm)) {
		vma = find_vma(mm, todo->start);
		if (vma && vma->vm_start == todo->start && vma->vm_file == todo->file)
			fill(mm, vma);
		mmap_read_unlock(mm);
	}
	fput(todo->file);
	kfree(todo);
}

/**
 * ward_populate_later() - have a mapping filled before mmap() returns
 * @vma: being made by current, which has nothing to fill when it is exiting
 *
 * Return: 0 or -ENOMEM.
 */
int ward_populate_later(struct vm_area_struct *vma)
{
	struct populate *todo = kmalloc(sizeof(*todo), GFP_KERNEL);

	if (!todo)
		return -ENOMEM;
	todo->file = get_file(vma->vm_file);
	todo->start = vma->vm_start;
	init_task_work(&todo->work, populate_now);
	if (task_work_add(current, &todo->work, TWA_RESUME)) {
		fput(todo->file);
		kfree(todo);
	}
	return 0;
}
