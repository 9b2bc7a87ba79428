// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers end with the mm that made them.
 *
 * "The last mapping is gone" does not tell that a worker has died: its fd may
 * be dup'ed into another process or parked in a socket's queue. The mm's own
 * end does, by exit, kill or exec alike. One mmu_notifier subscription per mm
 * (mmu_notifier_get() finds the one that is there) carries a list of the
 * buffers; each of them holds one reference to it, and so does the session that
 * was the first to make one for that mm.
 *
 * Memory that is the mm's own and only pinned (class B) is watched as well: the
 * pages outlive munmap() and mremap(), and nobody would look at them until the
 * fd is closed. The callback may not sleep, so that it only marks.
 *
 * ->release runs in process context within an SRCU read section, before the
 * mm's page tables go: it may sleep, must not unregister, and putting
 * references is fine. A core dump, a vfork child or whoever else holds the mm
 * delays it.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/interval_tree_generic.h>
#include <linux/mmu_notifier.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "buffer.h"

/**
 * struct ward_bind - an mm that buffers are bound to
 * @notifier: counted by the kernel; holds the mm_struct, not its memory
 * @lock: protects the next two, and every tie's place in them
 * @ties: buffers to kill when the mm ends
 * @ranges: by address, those that end when they are unmapped
 */
struct ward_bind {
	struct mmu_notifier notifier;
	spinlock_t lock;
	struct list_head ties;
	struct rb_root_cached ranges;
};

static unsigned long range_start(const struct ward_tie *tie)
{
	return tie->start;
}

static unsigned long range_last(const struct ward_tie *tie)
{
	return tie->last;
}

INTERVAL_TREE_DEFINE(struct ward_tie, rb, unsigned long, subtree_last,
		     range_start, range_last, static inline, range)

static const struct ward_bind_ops *bind_ops;
static atomic_t bind_count;		/* subscriptions not freed yet */

static struct mmu_notifier *bind_alloc(struct mm_struct *mm)
{
	struct ward_bind *bind = kzalloc(sizeof(*bind), GFP_KERNEL_ACCOUNT);

	if (!bind)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&bind->lock);
	INIT_LIST_HEAD(&bind->ties);
	bind->ranges = RB_ROOT_CACHED;
	atomic_inc(&bind_count);
	return &bind->notifier;
}

/* An SRCU callback. Its last access is the count, see ward_bind_exit(). */
static void bind_free(struct mmu_notifier *notifier)
{
	kfree(container_of(notifier, struct ward_bind, notifier));
	atomic_dec(&bind_count);
}

/* A tie that is in the list has an owner that has not unlinked it yet. */
static struct ward_tie *take_first(struct ward_bind *bind)
{
	struct ward_tie *tie;

	spin_lock(&bind->lock);
	tie = list_first_entry_or_null(&bind->ties, struct ward_tie, node);
	if (tie) {
		list_del_init(&tie->node);
		bind_ops->hold(tie);
	}
	spin_unlock(&bind->lock);
	return tie;
}

static void bind_release(struct mmu_notifier *notifier, struct mm_struct *mm)
{
	struct ward_bind *bind = container_of(notifier, struct ward_bind, notifier);
	struct ward_tie *tie;

	while ((tie = take_first(bind)))
		bind_ops->end(tie);
}

static void unwatch(struct ward_tie *tie)
{
	lockdep_assert_held(&tie->bind->lock);
	if (RB_EMPTY_NODE(&tie->rb))
		return;
	range_remove(tie, &tie->bind->ranges);
	RB_CLEAR_NODE(&tie->rb);
}

/* One that is not linked yet is told when it is. */
static void mark_unmapped(struct ward_tie *tie)
{
	unwatch(tie);
	tie->unmapped = true;
	if (list_empty(&tie->node))
		return;
	bind_ops->hold(tie);
	bind_ops->unmapped(tie);
}

/*
 * munmap() and mremap(), before they change anything; migration, splitting and
 * copy-on-write say otherwise what they are. May be forbidden to sleep.
 */
static int bind_invalidate(struct mmu_notifier *notifier,
			   const struct mmu_notifier_range *range)
{
	struct ward_bind *bind = container_of(notifier, struct ward_bind, notifier);
	struct ward_tie *tie;

	if (range->event != MMU_NOTIFY_UNMAP)
		return 0;
	spin_lock(&bind->lock);
	while ((tie = range_iter_first(&bind->ranges, range->start, range->end - 1)))
		mark_unmapped(tie);
	spin_unlock(&bind->lock);
	return 0;
}

static const struct mmu_notifier_ops bind_notifier_ops = {
	.invalidate_range_start = bind_invalidate,
	.release = bind_release,
	.alloc_notifier = bind_alloc,
	.free_notifier = bind_free,
};

void ward_bind_init(const struct ward_bind_ops *ops)
{
	bind_ops = ops;
}

/*
 * Waits until no release runs and every subscription is freed. The first wait
 * is for releases: one that is under way may drop the last reference. It does
 * not wait for the SRCU callbacks that free, which are ours to count; they run
 * with bottom halves off, so that the last wait is for their last instruction.
 */
void ward_bind_exit(void)
{
	mmu_notifier_synchronize();
	while (atomic_read(&bind_count))
		usleep_range(1000, 2000);
	synchronize_rcu();
}

/**
 * ward_bind_get() - bind to the calling task's mm
 * @tie: not linked yet
 *
 * The first call per mm takes every lock of the mm, which fails while a signal
 * is pending: call it before anything costly, with no lock held.
 *
 * Return: 0, -ENOMEM, -ERESTARTSYS for a pending signal, -EOVERFLOW.
 */
int ward_bind_get(struct ward_tie *tie)
{
	struct mmu_notifier *notifier;

	notifier = mmu_notifier_get(&bind_notifier_ops, current->mm);
	if (IS_ERR(notifier))
		return PTR_ERR(notifier) == -EINTR ? -ERESTARTSYS : PTR_ERR(notifier);
	tie->bind = container_of(notifier, struct ward_bind, notifier);
	INIT_LIST_HEAD(&tie->node);
	RB_CLEAR_NODE(&tie->rb);
	return 0;
}

/* The tie is not linked any more; it may still be watched. */
void ward_bind_put(struct ward_tie *tie)
{
	spin_lock(&tie->bind->lock);
	unwatch(tie);
	spin_unlock(&tie->bind->lock);
	mmu_notifier_put(&tie->bind->notifier);
}

/**
 * ward_bind_keep() - stay bound to current's mm, which is bound already
 * @kept: a session's. Set once, to be given to ward_bind_drop()
 *
 * To bind walks every mapping of the mm under its lock: a worker that has one
 * buffer after the other would pay for it each time. Not to be had is no harm.
 */
void ward_bind_keep(struct ward_bind **kept)
{
	struct mmu_notifier *notifier;

	if (READ_ONCE(*kept))
		return;
	notifier = mmu_notifier_get(&bind_notifier_ops, current->mm);
	if (IS_ERR(notifier))
		return;
	if (cmpxchg(kept, NULL, container_of(notifier, struct ward_bind, notifier)))
		mmu_notifier_put(notifier);
}

/* @kept: may be NULL. */
void ward_bind_drop(struct ward_bind *kept)
{
	if (kept)
		mmu_notifier_put(&kept->notifier);
}

/**
 * ward_bind_watch() - what is unmapped from here on is not missed
 * @tie: not linked yet
 * @start: of the memory
 * @length: bytes, not 0
 */
void ward_bind_watch(struct ward_tie *tie, unsigned long start, u64 length)
{
	tie->start = start;
	tie->last = start + length - 1;
	spin_lock(&tie->bind->lock);
	range_insert(tie, &tie->bind->ranges);
	spin_unlock(&tie->bind->lock);
}

/**
 * ward_bind_link() - from here on the tie's owner is told
 * @tie: bound; the caller is a task of that mm, which therefore has not ended
 *
 * Return: true when what it watches was unmapped already.
 */
bool ward_bind_link(struct ward_tie *tie)
{
	bool late;

	spin_lock(&tie->bind->lock);
	list_add_tail(&tie->node, &tie->bind->ties);
	late = tie->unmapped;
	spin_unlock(&tie->bind->lock);
	return late;
}

void ward_bind_unlink(struct ward_tie *tie)
{
	spin_lock(&tie->bind->lock);
	list_del_init(&tie->node);
	unwatch(tie);
	spin_unlock(&tie->bind->lock);
}

bool ward_bind_is(const struct ward_tie *tie, const struct mm_struct *mm)
{
	return tie->bind->notifier.mm == mm;
}
