// SPDX-License-Identifier: GPL-2.0-only
/*
 * Class B: memory of the caller's, pinned, and zeroed in place at its end.
 *
 * Only private anonymous memory that fork() does not copy: to zero pages of a
 * file would destroy other people's data, and fork() copies pinned pages into
 * the child, where nobody would wipe them. The owner keeps the mapping and may
 * write after the wipe; what was swapped out, or moved, before the pin is not
 * covered, which is why the range can be asked to be clean.
 *
 * Like class A it ends with the mm that made it, even if the fd lives on; and
 * with the range: once its owner has unmapped or moved some of it, nobody would
 * look at those pages again.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "buffer.h"

enum { PIN_BATCH = 512 };	/* pages pinned between two looks at signals */

static int check_vma(const struct vm_area_struct *vma)
{
	if (vma->vm_ops || vma->vm_flags & (VM_SHARED | VM_IO | VM_PFNMAP | VM_GROWSDOWN))
		return -EOPNOTSUPP;
	if (!(vma->vm_flags & VM_WRITE) || !(vma->vm_flags & VM_DONTCOPY))
		return -EPERM;
	return 0;
}

/*
 * Every address of the range lies in memory of the right kind. @dumpable: some
 * of it goes into core dumps.
 */
static int check_range(struct mm_struct *mm, unsigned long start, unsigned long end,
		       bool *dumpable)
{
	struct vm_area_struct *vma;
	unsigned long at = start;
	int ret = 0;

	*dumpable = false;
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	while (at < end && !ret) {
		vma = find_vma(mm, at);
		if (!vma || vma->vm_start > at) {
			ret = -EFAULT;
		} else {
			ret = check_vma(vma);
			*dumpable |= !(vma->vm_flags & VM_DONTDUMP);
			at = vma->vm_end;
		}
	}
	mmap_read_unlock(mm);
	return ret;
}

/* How many pages from @i on are one folio's, one after the other. */
static unsigned long run_at(const struct ward_pins *pins, unsigned long i)
{
	struct folio *folio = page_folio(pins->pages[i]);
	unsigned long first = folio_page_idx(folio, pins->pages[i]);
	unsigned long most = min(folio_nr_pages(folio) - first, pins->nr - i), n = 1;

	while (n < most && pins->pages[i + n] == folio_page(folio, first + n))
		n++;
	return n;
}

/* All of it is anonymous; and how much lies in whole folios of 2 MiB. */
static int check_pages(struct ward_pins *pins)
{
	unsigned long i, n;

	for (i = 0; i < pins->nr; i += n) {
		if (!PageAnon(pins->pages[i]))
			return -EOPNOTSUPP;
		n = run_at(pins, i);
		if (n == WARD_CHUNK_PAGES)
			pins->huge_bytes += PMD_SIZE;
	}
	return 0;
}

static bool page_is_clean(struct page *page)
{
	void *at = kmap_local_page(page);
	bool clean = !memchr_inv(at, 0, PAGE_SIZE);

	kunmap_local(at);
	return clean;
}

/* Nothing was there before, hence nothing of it is elsewhere. */
static int check_clean(const struct ward_pins *pins)
{
	unsigned long i;

	for (i = 0; i < pins->nr; i++) {
		if (!page_is_clean(pins->pages[i]))
			return -ENOTEMPTY;
		if (i % WARD_CHUNK_PAGES == WARD_CHUNK_PAGES - 1) {
			if (fatal_signal_pending(current))
				return -EINTR;
			cond_resched();
		}
	}
	return 0;
}

static void pins_put(struct ward_pins *pins)
{
	unpin_user_pages_dirty_lock(pins->pages, pins->nr, true);
	kvfree(pins->pages);
	pins->pages = NULL;
	pins->nr = 0;
}

static int pin_range(struct ward_pins *pins, unsigned long addr, unsigned long nr)
{
	int got;

	while (pins->nr < nr) {
		if (fatal_signal_pending(current))
			return -EINTR;
		got = pin_user_pages_fast(addr + (pins->nr << PAGE_SHIFT),
					  min_t(unsigned long, nr - pins->nr, PIN_BATCH),
					  FOLL_WRITE | FOLL_LONGTERM,
					  pins->pages + pins->nr);
		if (got <= 0)
			return got ?: -EFAULT;
		pins->nr += got;
		cond_resched();
	}
	return 0;
}

/*
 * The range was checked; check it again, and the pages: another thread may
 * have exchanged what lies at @addr for memory that must not be zeroed. Any
 * exchange from the second look on is seen by the watch of the range.
 */
static int pins_get(struct ward_pins *pins, unsigned long addr, unsigned long nr,
		    bool *dumpable)
{
	int ret;

	pins->pages = kvmalloc_array(nr, sizeof(*pins->pages), GFP_KERNEL_ACCOUNT);
	if (!pins->pages)
		return -ENOMEM;
	ret = pin_range(pins, addr, nr) ?:
	      check_pages(pins) ?:
	      check_range(current->mm, addr, addr + (nr << PAGE_SHIFT), dumpable);
	if (ret)
		pins_put(pins);
	return ret;
}

static void pin_zero(struct ward_buf *buf)
{
	ward_zero_pages(buf->pins.pages, buf->pins.nr);
}

static void pin_free(struct ward_buf *buf)
{
	pins_put(&buf->pins);
}

static void pin_extent(const struct ward_buf *buf, u64 *present, u64 *huge)
{
	*present = buf->length;
	*huge = buf->pins.huge_bytes;
}

static const struct ward_buf_ops pin_ops = {
	.class = WARD_CLASS_B,
	.made = WARD_EVENT_BUF_PIN,
	.ended = WARD_EVENT_BUF_UNPIN,
	.zero = pin_zero,
	.free = pin_free,
	.extent = pin_extent,
};

static const struct file_operations pin_fops = {
	.owner = THIS_MODULE,
	.release = ward_buf_release,
	.unlocked_ioctl = ward_ioctl_buffer,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = ward_buf_show,
	.llseek = noop_llseek,
};

static int check_pin(const struct ward_buf_pin *cmd)
{
	bool dumpable;

	if (cmd->reserved || !cmd->length || !PAGE_ALIGNED(cmd->length) ||
	    !PAGE_ALIGNED(cmd->addr) || cmd->length > WARD_PIN_MAX)
		return -EINVAL;
	if (!access_ok(u64_to_user_ptr(cmd->addr), cmd->length))
		return -EFAULT;
	return check_range(current->mm, cmd->addr, cmd->addr + cmd->length, &dumpable);
}

/* The pages, watched, and what protection that is. */
static int protect(struct ward_buf *buf, const struct ward_buf_pin *cmd)
{
	bool clean = cmd->flags & WARD_PIN_CLEAN, dumpable;
	int ret;

	ward_bind_watch(&buf->tie, cmd->addr, cmd->length);
	ret = pins_get(&buf->pins, cmd->addr, cmd->length >> PAGE_SHIFT, &dumpable);
	if (ret)
		return ret;
	if (clean)
		ret = check_clean(&buf->pins);
	if (ret) {
		pins_put(&buf->pins);
		return ret;
	}
	buf->protection = WARD_PROTECT_WIPED | WARD_PROTECT_NO_SWAP |
			  WARD_PROTECT_NO_FORK |
			  (dumpable ? 0 : WARD_PROTECT_NO_DUMP) |
			  (clean ? WARD_PROTECT_CLEAN : 0);
	return 0;
}

int ward_cmd_buf_pin(struct ward_call *call)
{
	struct ward_buf_pin *cmd = call->cmd;
	struct ward_buf *buf;
	int ret = check_pin(cmd);

	if (ret)
		return ret;
	buf = ward_buf_new(call->object, WARD_KIND_B, &pin_ops, cmd->length,
			   cmd->label, NULL);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	ret = protect(buf, cmd);
	if (ret)
		goto err_abort;
	ret = ward_buf_publish(buf, &pin_fops, call);
	if (ret)
		goto err_pins;
	cmd->out_fd = call->fd;
	cmd->out_id = buf->id;
	return 0;

err_pins:
	pins_put(&buf->pins);
err_abort:
	ward_buf_abort(buf);
	return ret;
}
