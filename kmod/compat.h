/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between kernels from 6.1 on. Features are probed in the
 * headers by kmod/probes.mk, which defines WARD_HAVE_*; there is no version
 * test anywhere. Each entry says when it can go.
 */
#ifndef WARD_COMPAT_H
#define WARD_COMPAT_H

/* hex2bin() had no header of its own at first; goes when 6.1 does. */
#ifdef WARD_HAVE_HEX
#include <linux/hex.h>
#endif
/* crypto_memneq() got a header of its own; goes when 6.1 does. */
#ifdef WARD_HAVE_CRYPTO_UTILS
#include <crypto/utils.h>
#else
#include <crypto/algapi.h>
#endif
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <linux/hrtimer.h>
#include <linux/list_lru.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/coredump.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#ifdef WARD_HAVE_EXEC_STATE
#include <linux/sched/exec_state.h>
#endif

/*
 * X25519. From 6.17 or so on it is a function of the library's; before that a choice
 * between two that stand in modules of their own; goes when 6.12 does. Weak: see
 * x25519.c.
 */
#if IS_ENABLED(CONFIG_CRYPTO_LIB_CURVE25519)
#include <crypto/curve25519.h>
#ifdef WARD_HAVE_CURVE25519_FUNCTION
extern typeof(curve25519) curve25519 __weak;
#define WARD_X25519	curve25519
static inline bool ward_x25519_call(u8 *out, const u8 *secret, const u8 *point)
{
	return curve25519(out, secret, point);
}
#else
#if IS_ENABLED(CONFIG_CRYPTO_ARCH_HAVE_LIB_CURVE25519)
#define WARD_X25519	curve25519_arch
#else
#define WARD_X25519	curve25519_generic
#endif
extern typeof(WARD_X25519) WARD_X25519 __weak;
static inline bool ward_x25519_call(u8 *out, const u8 *secret, const u8 *point)
{
	static const u8 none[CURVE25519_KEY_SIZE];

	WARD_X25519(out, secret, point);
	return crypto_memneq(out, none, sizeof(none));
}
#endif
#endif

/*
 * Chunks are of 2 MiB, what an entry of the second level maps where pages are of
 * 4 KiB, and documents and user space count on it.
 */
#if PAGE_SHIFT != 12
#error ward needs pages of 4 KiB (on arm64 CONFIG_ARM64_4K_PAGES); this kernel has larger ones
#endif

/* vm_flags_set() came with 6.3; goes when 6.1 does. */
#ifndef WARD_HAVE_VM_FLAGS_SET
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}
#endif

/* Faults hold a VMA's own lock in place of mmap_lock from 6.6 on; goes when 6.1 does. */
static inline void ward_fault_unlock(struct vm_fault *vmf)
{
#ifdef WARD_HAVE_FAULT_LOCK
	release_fault_lock(vmf);
#else
	mmap_read_unlock(vmf->vma->vm_mm);
#endif
}

/* hrtimer_setup() came with 6.13, in place of hrtimer_init(); goes when 6.12 does. */
#ifndef WARD_HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/*
 * PMD mappings of VM_PFNMAP. Only where the kernel marks them special (from
 * 6.12 on, on architectures that can): before that get_user_pages_fast() takes
 * them for pages that it may pin. Goes when 6.6 does. The pfn is plain from
 * 6.17 on; the pfn_t goes when 6.12 does.
 */
#if defined(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) && defined(CONFIG_TRANSPARENT_HUGEPAGE)
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

/* Shrinkers were embedded before 6.7, and named later; goes when 6.1 does. */
static inline struct shrinker *ward_shrinker_alloc(unsigned int flags, const char *name)
{
#ifdef WARD_HAVE_SHRINKER_ALLOC
	return shrinker_alloc(flags, "%s", name);
#else
	struct shrinker *shrinker = kzalloc(sizeof(*shrinker), GFP_KERNEL);

	if (shrinker)
		shrinker->flags = flags;
	return shrinker;
#endif
}

static inline void ward_shrinker_free(struct shrinker *shrinker)
{
#ifdef WARD_HAVE_SHRINKER_ALLOC
	shrinker_free(shrinker);
#else
	unregister_shrinker(shrinker);
	kfree(shrinker);
#endif
}

/* An error frees it. */
static inline int ward_shrinker_register(struct shrinker *shrinker, const char *name)
{
#ifdef WARD_HAVE_SHRINKER_ALLOC
	shrinker_register(shrinker);
	return 0;
#else
	int ret = register_shrinker(shrinker, "%s", name);

	if (ret)
		kfree(shrinker);
	return ret;
#endif
}

/* An object's own node and cgroup are meant; goes when 6.6 does. */
static inline void ward_lru_add(struct list_lru *lru, struct list_head *item)
{
#ifdef WARD_HAVE_LRU_OBJ
	list_lru_add_obj(lru, item);
#else
	list_lru_add(lru, item);
#endif
}

static inline void ward_lru_del(struct list_lru *lru, struct list_head *item)
{
#ifdef WARD_HAVE_LRU_OBJ
	list_lru_del_obj(lru, item);
#else
	list_lru_del(lru, item);
#endif
}

/* What list_lru_walk_one() calls: @fn(item, list, arg); goes when 6.12 does. */
#ifdef WARD_HAVE_LRU_WALK_LOCK
#define WARD_LRU_WALK(fn)						\
	static enum lru_status fn##_walk(struct list_head *item,	\
					 struct list_lru_one *list,	\
					 spinlock_t *lock, void *arg)	\
	{								\
		return fn(item, list, arg);				\
	}
#else
#define WARD_LRU_WALK(fn)						\
	static enum lru_status fn##_walk(struct list_head *item,	\
					 struct list_lru_one *list,	\
					 void *arg)			\
	{								\
		return fn(item, list, arg);				\
	}
#endif

/*
 * The executable of @mm, referenced, or NULL. get_file_rcu() took a file up
 * to 6.6 and takes the pointer to it since; goes when 6.1 does.
 */
static inline struct file *ward_exe_file(struct mm_struct *mm)
{
	struct file *file;

	rcu_read_lock();
#ifdef get_file_rcu
	file = rcu_dereference(mm->exe_file);
	if (file && !get_file_rcu(file))
		file = NULL;
#else
	file = get_file_rcu(&mm->exe_file);
#endif
	rcu_read_unlock();
	return file;
}

/*
 * fs-verity's digest of an open file: its length, or 0 or less where there is
 * none. Not exported before 6.12's form; goes when 6.1 does.
 */
#define WARD_VERITY_DIGEST_MAX	64	/* FS_VERITY_MAX_DIGEST_SIZE */
static inline int ward_verity_digest(struct inode *inode, u8 *digest)
{
#ifdef WARD_HAVE_VERITY_DIGEST
	return fsverity_get_digest(inode, digest, NULL, NULL);
#else
	return 0;
#endif
}

/* May others of its uid trace current? Moved from the mm to the task with 7.x. */
static inline bool ward_current_dumpable(void)
{
#ifdef WARD_HAVE_EXEC_STATE
	bool dumpable;

	rcu_read_lock();
	dumpable = rcu_dereference(current->exec_state)->dumpable ==
		   TASK_DUMPABLE_OWNER;
	rcu_read_unlock();
	return dumpable;
#else
	return current->mm && get_dumpable(current->mm) == SUID_DUMP_USER;
#endif
}

/* Is this guest a realm of Arm CCA's? The kernel can be one's from 6.13 on; goes when 6.12 does. */
#if defined(CONFIG_ARM64) && defined(WARD_HAVE_REALM)
#include <asm/rsi.h>
static inline bool ward_in_realm(void)
{
	return is_realm_world();
}
#else
static inline bool ward_in_realm(void)
{
	return false;
}
#endif

/* configfs takes its operations const from 7.x on. */
#ifdef WARD_HAVE_CONFIGFS_CONST
#define ward_configfs_const const
#else
#define ward_configfs_const
#endif

/*
 * Is binary attribute @n of @item there for this provider? configfs can hide
 * attributes from 6.10 on; before that an item's type lists only what it has.
 */
#ifdef WARD_HAVE_TSM
#include <linux/configfs.h>
static inline bool ward_configfs_bin_visible(struct config_item *item,
					     struct configfs_bin_attribute *attr, int n)
{
#ifdef WARD_HAVE_CONFIGFS_VISIBLE
	const struct configfs_group_operations *ops = item->ci_type->ct_group_ops;

	return !ops || !ops->is_bin_visible || ops->is_bin_visible(item, attr, n);
#else
	return true;
#endif
}
#endif

#endif /* WARD_COMPAT_H */
