// SPDX-License-Identifier: GPL-2.0-only
/*
 * What faults on a class A buffer's mapping insert.
 *
 * ward_buf::lock is held, for read, over the test whether the buffer lives and
 * the insertion: an insertion that passed the test is over before the buffer's
 * end unmaps. Insertion allocates page tables, nothing else, and no reclaim of
 * ours waits for that lock. Memory for a lazy buffer is had without it. What is
 * behind a veil (veil.c) is waited for without it, too, and without the lock of the
 * address space, where the kernel lets a fault come again.
 *
 * A fault maps the chunk that it hits: by PMD where that may be, else all of its
 * pages that lie in the VMA. With WARD_BUF_POPULATE it maps all that the page
 * table of the next level has room for.
 */
#include <linux/huge_mm.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/userfaultfd_k.h>

#include "buffer.h"

/* Neither done nor an error: the chunk has to be had first, ... */
#define WARD_FAULT_ABSENT	((vm_fault_t)0)
/* ... or seen by nobody for now. */
#define WARD_FAULT_VEILED	VM_FAULT_RETRY

static pgoff_t page_at(const struct vm_area_struct *vma, unsigned long addr)
{
	return vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
}

#ifdef WARD_HUGE
/* The chunk at @index, which it starts at, is one folio. */
static struct folio *huge_at(const struct ward_buf *buf, pgoff_t index)
{
	const struct ward_chunk *chunk;

	if (index % WARD_CHUNK_PAGES || index >= buf->pages.nr)
		return NULL;
	chunk = ward_pages_chunk(&buf->pages, index);
	return chunk ? chunk->huge : NULL;
}

/*
 * Also where the entry is there already: another thread was faster, or this is
 * a write to an entry that is write-protected. No page table may be asked for
 * below such an entry; and whether a range is mapped by PMD follows from the
 * VMA and the folio alone, so that nobody puts a page table there meanwhile. But
 * userfaultfd does, with mmap_lock held for read: where it is armed, what has no
 * entry gets small ones.
 */
static vm_fault_t insert_huge(struct vm_fault *vmf, const struct ward_buf *buf)
{
	unsigned long start = vmf->address & PMD_MASK;
	pmd_t pmd = pmdp_get_lockless(vmf->pmd);
	struct folio *folio;

	if ((!pmd_none(pmd) && !pmd_leaf(pmd)) || start < vmf->vma->vm_start ||
	    start + PMD_SIZE > vmf->vma->vm_end)
		return VM_FAULT_FALLBACK;
	if (pmd_none(pmd) && userfaultfd_armed(vmf->vma))
		return VM_FAULT_FALLBACK;
	folio = huge_at(buf, page_at(vmf->vma, start));
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

/**
 * struct run - pages of one chunk that go into a page table
 * @chunk: theirs
 * @vma: where
 * @first: address that the chunk's first page has, or would have
 */
struct run {
	const struct ward_chunk *chunk;
	struct vm_area_struct *vma;
	unsigned long first;
};

static struct page *page_of(const struct ward_chunk *chunk, unsigned long at)
{
	return chunk->huge ? folio_page(chunk->huge, at) : chunk->table[at];
}

/*
 * The page table's lock is held. What is there stays: another thread's entry, or
 * userfaultfd's mark. The kernel's own vmf_insert_pfn() makes the same entry.
 */
static int insert_one(pte_t *pte, unsigned long addr, void *data)
{
	const struct run *run = data;
	struct page *page = page_of(run->chunk, (addr - run->first) >> PAGE_SHIFT);

	if (pte_none(ptep_get(pte)))
		set_pte_at(run->vma->vm_mm, addr, pte,
			   pte_mkspecial(pfn_pte(page_to_pfn(page),
						 run->vma->vm_page_prot)));
	return 0;
}

/* All of the chunk around @index that lies in the VMA. */
static vm_fault_t insert_small(struct vm_area_struct *vma, const struct ward_buf *buf,
			       pgoff_t index)
{
	pgoff_t first = round_down(index, WARD_CHUNK_PAGES);
	struct run run = { .chunk = ward_pages_chunk(&buf->pages, index), .vma = vma };
	pgoff_t from = max(first, vma->vm_pgoff);
	pgoff_t to;

	if (!run.chunk)
		return WARD_FAULT_ABSENT;
	to = min(first + run.chunk->nr, vma->vm_pgoff + vma_pages(vma));
	run.first = vma->vm_start + (first - vma->vm_pgoff) * PAGE_SIZE;
	if (apply_to_page_range(vma->vm_mm, run.first + (from - first) * PAGE_SIZE,
				(to - from) * PAGE_SIZE, insert_one, &run))
		return VM_FAULT_OOM;
	return VM_FAULT_NOPAGE;
}

/* @vmf may be made up of vma, address, flags and pmd. */
static vm_fault_t insert_chunk(struct vm_fault *vmf, const struct ward_buf *buf)
{
	vm_fault_t ret = insert_huge(vmf, buf);

	if (ret & VM_FAULT_FALLBACK)
		ret = insert_small(vmf->vma, buf, page_at(vmf->vma, vmf->address));
	return ret;
}

/* Where the chunk after the one at @addr starts. */
static unsigned long next_chunk(const struct vm_area_struct *vma, unsigned long addr)
{
	pgoff_t next = round_down(page_at(vma, addr), WARD_CHUNK_PAGES) + WARD_CHUNK_PAGES;

	return vma->vm_start + (next - vma->vm_pgoff) * PAGE_SIZE;
}

/* The page table that @vmf lies in, one level up, as far as the VMA goes. */
static void insert_around(struct vm_fault *vmf, const struct ward_buf *buf)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long start = vmf->address & PUD_MASK;
	unsigned long at = max(start, vma->vm_start);
	unsigned long last = min(start + PUD_SIZE - 1, vma->vm_end - 1);
	pmd_t *table = vmf->pmd - pmd_index(vmf->address);
	vm_fault_t ret = VM_FAULT_NOPAGE;

	for (; at <= last && ret == VM_FAULT_NOPAGE; at = next_chunk(vma, at)) {
		struct vm_fault next = {
			.vma = vma,
			.address = at,
			.flags = vmf->flags,
			.pmd = table + pmd_index(at),
		};

		if (!ward_veiled(buf, page_at(vma, at)))
			ret = insert_chunk(&next, buf);
	}
}

/* @small: entries of 4 KiB will do. */
static vm_fault_t insert(struct vm_fault *vmf, struct ward_buf *buf, bool small)
{
	vm_fault_t ret = VM_FAULT_SIGBUS;

	down_read(&buf->lock);
	ward_veil_lock(buf);
	if (!buf->end && vmf->pgoff < buf->pages.nr) {
		VM_WARN_ON_ONCE(buf->zeroed);
		if (!ward_pages_chunk(&buf->pages, vmf->pgoff))
			ret = WARD_FAULT_ABSENT;
		else if (ward_veiled(buf, vmf->pgoff))
			ret = WARD_FAULT_VEILED;
		else
			ret = small ? insert_chunk(vmf, buf) : insert_huge(vmf, buf);
		if (ret == VM_FAULT_NOPAGE && buf->pages.populate)
			insert_around(vmf, buf);
	}
	ward_veil_unlock(buf);
	up_read(&buf->lock);
	return ret;
}

/*
 * False where there is no memory. Not a case for the OOM killer: who asked for
 * a lazy buffer took it upon itself. A thread that is being killed gets no
 * further either, in the kernel or out of it.
 */
static bool get_chunk(struct ward_buf *buf, pgoff_t index)
{
	struct ward_chunk *chunk = ward_pages_get(&buf->pages, index);
	bool taken = false;

	while (!chunk && ward_volatile_purge_own(buf->session, PMD_SIZE))
		chunk = ward_pages_get(&buf->pages, index);
	if (!chunk)
		return false;
	down_read(&buf->lock);
	if (!buf->end)
		taken = ward_pages_put_in(&buf->pages, index, chunk);
	up_read(&buf->lock);
	/* It was never mapped and holds nothing. */
	if (!taken)
		ward_chunk_free(chunk);
	return true;
}

/*
 * 0, and it may be tried at once; else what the fault returns: RETRY with the lock of
 * the address space gone, and perhaps the VMA with it, or SIGBUS for who is killed.
 */
static vm_fault_t wait_unveiled(struct vm_fault *vmf, struct ward_buf *buf)
{
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;
	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY))
		return ward_veil_wait(buf, vmf->pgoff) ? VM_FAULT_SIGBUS : 0;
	ward_buf_get(buf);
	ward_fault_unlock(vmf);
	ward_veil_wait(buf, vmf->pgoff);
	ward_buf_put(buf);
	return VM_FAULT_RETRY;
}

static vm_fault_t fault(struct vm_fault *vmf, bool small)
{
	struct ward_buf *buf = vmf->vma->vm_private_data;
	vm_fault_t ret;

	do {
		ret = insert(vmf, buf, small);
		if (ret == WARD_FAULT_ABSENT && !get_chunk(buf, vmf->pgoff))
			return VM_FAULT_SIGBUS;
		if (ret == WARD_FAULT_VEILED)
			ret = wait_unveiled(vmf, buf);
	} while (!ret);
	return ret;
}

static int absent(struct ward_buf *buf, pgoff_t index)
{
	int ret = -EOWNERDEAD;

	down_read(&buf->lock);
	if (!buf->end)
		ret = !ward_pages_chunk(&buf->pages, index);
	up_read(&buf->lock);
	return ret;
}

/**
 * ward_fault_in() - have memory for a part of a lazy buffer
 * @buf: class A, referenced; its lock is not held
 * @first: page
 * @last: page, in the buffer
 *
 * Return: 0, and it stays until the buffer ends; -EOWNERDEAD, -ENOMEM.
 */
int ward_fault_in(struct ward_buf *buf, pgoff_t first, pgoff_t last)
{
	pgoff_t at = round_down(first, WARD_CHUNK_PAGES);
	int ret = 0;

	for (; at <= last; at += WARD_CHUNK_PAGES) {
		ret = absent(buf, at);
		if (ret > 0)
			ret = get_chunk(buf, at) ? 0 : -ENOMEM;
		if (ret)
			return ret;
		cond_resched();
	}
	return 0;
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

/**
 * ward_fault() - .fault of a mapping
 * @vmf: what is wanted
 *
 * Return: VM_FAULT_NOPAGE; SIGBUS where the buffer has ended or a lazy one gets
 * no memory; OOM where there is none for the page table.
 */
vm_fault_t ward_fault(struct vm_fault *vmf)
{
	return is_marked(vmf) ? VM_FAULT_SIGBUS : fault(vmf, true);
}

#ifdef WARD_HUGE
/* .huge_fault: not asked where transparent huge pages are off: .fault tries too. */
vm_fault_t ward_fault_huge(struct vm_fault *vmf, unsigned int order)
{
	return order == PMD_ORDER ? fault(vmf, false) : VM_FAULT_FALLBACK;
}
#endif
