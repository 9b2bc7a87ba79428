// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers end with the mm that made them.
 *
 * "The last mapping is gone" does not tell that a worker has died: its fd may
 * be dup'ed into another process or parked in a socket's queue. The mm's own
 * end does, by exit, kill or exec alike. One mmu_notifier subscription per mm
 * (mmu_notifier_get() finds the one that is there) carries a list of the
 * buffers; each of them holds one reference to it.
 *
 * ->release runs in process context within an SRCU read section, before the
 * mm's page tables go: it may sleep, must not unregister, and putting
 * references is fine. A core dump, a vfork child or whoever else holds the mm
 * delays it.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/mmu_notifier.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "buffer.h"

/**
 * struct ward_bind - an mm that buffers are bound to
 * @notifier: counted by the kernel; holds the mm_struct, not its memory
 * @lock: protects @ties
 * @ties: buffers to kill when the mm ends
 */
struct ward_bind {
	struct mmu_notifier notifier;
	spinlock_t lock;
	struct list_head ties;
};

static const struct ward_bind_ops *bind_ops;
static atomic_t bind_count;		/* subscriptions not freed yet */

static struct mmu_notifier *bind_alloc(struct mm_struct *mm)
{
	struct ward_bind *bind = kzalloc(sizeof(*bind), GFP_KERNEL_ACCOUNT);

	if (!bind)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&bind->lock);
	INIT_LIST_HEAD(&bind->ties);
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

static const struct mmu_notifier_ops bind_notifier_ops = {
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
	return 0;
}

/* The tie is not linked any more. */
void ward_bind_put(struct ward_tie *tie)
{
	mmu_notifier_put(&tie->bind->notifier);
}

/* By a task of that mm, which therefore has not ended. */
void ward_bind_link(struct ward_tie *tie)
{
	spin_lock(&tie->bind->lock);
	list_add_tail(&tie->node, &tie->bind->ties);
	spin_unlock(&tie->bind->lock);
}

void ward_bind_unlink(struct ward_tie *tie)
{
	spin_lock(&tie->bind->lock);
	list_del_init(&tie->node);
	spin_unlock(&tie->bind->lock);
}

bool ward_bind_is(const struct ward_tie *tie, const struct mm_struct *mm)
{
	return tie->bind->notifier.mm == mm;
}
