// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is calling. What root or systemd set (uid, gid, user namespace, cgroup)
 * is identity; the executable's digest is advisory, and the bits beside it say
 * by how much.
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/hash_info.h>
#include <linux/ima.h>
#include <linux/iversion.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/seccomp.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "ward.h"

/* Hashing a file costs its reader time that cannot be interrupted. */
#define EXE_SIZE_MAX	(64ll << 20)

/* ---- the cgroup ------------------------------------------------------------ */

/* @path: PATH_MAX bytes of scratch. Fills id and, where it fits, the hash. */
static void who_cgroup(struct task_struct *task, char *path, struct ward_who *who)
{
	struct ward_span span = { path, 0 };
	struct cgroup *cgrp;
	int rc;

	rcu_read_lock();
	cgrp = task_dfl_cgroup(task);
	who->cgroup_id = cpu_to_le64(cgroup_id(cgrp));
	rc = cgroup_path(cgrp, path, PATH_MAX);
	rcu_read_unlock();
	/* Truncated: 6.1 says so by the needed length, later ones by an error. */
	if (rc < 0 || rc >= PATH_MAX)
		return;
	span.len = strlen(path);
	ward_sha256(&span, 1, who->cgroup_hash);
}

/* ---- the process ------------------------------------------------------------ */

static void who_creds(const struct cred *cred, struct ward_who *who)
{
	who->uid = cpu_to_le32(from_kuid(&init_user_ns, cred->euid));
	who->gid = cpu_to_le32(from_kgid(&init_user_ns, cred->egid));
	who->own_uid = cpu_to_le32(from_kuid_munged(cred->user_ns, cred->euid));
	who->own_gid = cpu_to_le32(from_kgid_munged(cred->user_ns, cred->egid));
	who->userns_level = cpu_to_le32(cred->user_ns->level);
}

/**
 * ward_identity_who() - a process as the kernel sees it
 * @task: referenced by the caller, or current
 * @who: filled whole; a cgroup hash that could not be had is zero
 *
 * May sleep.
 */
void ward_identity_who(struct task_struct *task, struct ward_who *who)
{
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	const struct cred *cred = get_task_cred(task);

	memset(who, 0, sizeof(*who));
	who_creds(cred, who);
	put_cred(cred);
	who->pid = cpu_to_le32(task_pid_nr(task));
	who->tgid = cpu_to_le32(task_tgid_nr(task));
	rcu_read_lock();
	who->start_ns = cpu_to_le64(task->group_leader->start_boottime);
	rcu_read_unlock();
	if (path)
		who_cgroup(task, path, who);
	kfree(path);
}

/* ---- the executable ---------------------------------------------------------- */

/*
 * One state of one file's contents. Only for file systems that count
 * changes, see exe_cacheable().
 */
struct exe_key {
	const struct super_block *sb;	/* compared, never followed */
	dev_t dev;
	unsigned long ino;
	u32 generation;
	u64 version;
	loff_t size;
};

struct exe_entry {
	struct exe_key key;
	u8 digest[32];
};

static DEFINE_SPINLOCK(exe_cache_lock);	/* protects the next two */
static struct exe_entry exe_cache[16];
static unsigned int exe_cache_next;

static void exe_key_of(struct inode *inode, struct exe_key *key)
{
	memset(key, 0, sizeof(*key));
	key->sb = inode->i_sb;
	key->dev = inode->i_sb->s_dev;
	key->ino = inode->i_ino;
	key->generation = inode->i_generation;
	key->version = inode_query_iversion(inode);
	key->size = i_size_read(inode);
}

static bool exe_cache_get(const struct exe_key *key, u8 *digest)
{
	unsigned int i;

	guard(spinlock)(&exe_cache_lock);
	for (i = 0; i < ARRAY_SIZE(exe_cache); i++) {
		if (memcmp(&exe_cache[i].key, key, sizeof(*key)))
			continue;
		memcpy(digest, exe_cache[i].digest, sizeof(exe_cache[i].digest));
		return true;
	}
	return false;
}

static void exe_cache_put(const struct exe_key *key, const u8 *digest)
{
	struct exe_entry *entry;

	guard(spinlock)(&exe_cache_lock);
	entry = &exe_cache[exe_cache_next++ % ARRAY_SIZE(exe_cache)];
	memcpy(&entry->key, key, sizeof(*key));
	memcpy(entry->digest, digest, sizeof(entry->digest));
}

/* A store through a mapping moves no version: not while somebody may write. */
static bool exe_cacheable(struct inode *inode)
{
	return IS_I_VERSION(inode) && !inode_is_open_for_write(inode);
}

/*
 * Contents that a user serves (FUSE, a mount of a user namespace) may be other
 * ones at each read: their digest says nothing.
 */
static bool exe_untrusted(struct inode *inode)
{
	return inode->i_sb->s_user_ns != &init_user_ns ||
	       inode->i_sb->s_iflags & (SB_I_UNTRUSTED_MOUNTER |
					SB_I_IMA_UNVERIFIABLE_SIGNATURE);
}

/* SHA-256 of the whole file into @digest; -errno where IMA has none. */
static int exe_ima_digest(struct file *file, u8 *digest)
{
	struct inode *inode = file_inode(file);
	bool cacheable = exe_cacheable(inode);
	struct exe_key before, after;
	u8 buf[64];
	int algo;

	if (cacheable) {
		exe_key_of(inode, &before);
		if (exe_cache_get(&before, digest))
			return 0;
	}
	if (i_size_read(inode) > EXE_SIZE_MAX)
		return -EFBIG;
	if (fatal_signal_pending(current))
		return -EINTR;
	algo = ima_file_hash(file, buf, sizeof(buf));
	if (algo < 0)
		return algo;
	if (algo != HASH_ALGO_SHA256)
		return -EOPNOTSUPP;
	memcpy(digest, buf, 32);
	if (cacheable && exe_cacheable(inode)) {
		exe_key_of(inode, &after);
		if (!memcmp(&before, &after, sizeof(before)))
			exe_cache_put(&after, digest);
	}
	return 0;
}

static void exe_digest(struct file *file, struct ward_claims *claims)
{
	BUILD_BUG_ON(sizeof(claims->exe_digest) < WARD_VERITY_DIGEST_MAX);

	if (exe_untrusted(file_inode(file)))
		return;
	if (ward_verity_digest(file_inode(file), claims->exe_digest) > 0)
		claims->exe_kind = cpu_to_le32(WARD_EXE_VERITY);
	else if (!exe_ima_digest(file, claims->exe_digest))
		claims->exe_kind = cpu_to_le32(WARD_EXE_IMA);
}

/* ---- what weakens it ----------------------------------------------------------- */

static bool any_thread_traced(void)
{
	struct task_struct *thread;
	bool traced = false;

	rcu_read_lock();
	for_each_thread(current, thread)
		traced |= READ_ONCE(thread->ptrace) != 0;
	rcu_read_unlock();
	return traced;
}

static u32 advisory_bits(void)
{
	u32 bits = 0;

	if (any_thread_traced())
		bits |= WARD_ADVISE_TRACED;
	if (ward_current_dumpable())
		bits |= WARD_ADVISE_DUMPABLE;
	if (task_no_new_privs(current))
		bits |= WARD_ADVISE_NO_NEW_PRIVS;
#ifdef CONFIG_SECCOMP
	if (current->seccomp.mode != SECCOMP_MODE_DISABLED)
		bits |= WARD_ADVISE_SECCOMP;
#endif
	if (current_user_ns() == &init_user_ns)
		bits |= WARD_ADVISE_INIT_USERNS;
	return bits;
}

/**
 * ward_identity_exe() - the caller's executable, and what its digest is worth
 * @claims: exe_kind, exe_digest and advisory are set, for current;
 *	WARD_ADVISE_CALLER_NOT_OPENER is claims.c's
 *
 * Reads up to 64 MiB of the file, unless the digest is known from before. May
 * sleep; a fatal signal that is there at the start leaves WARD_EXE_NONE.
 */
void ward_identity_exe(struct ward_claims *claims)
{
	struct file *file = current->mm ? ward_exe_file(current->mm) : NULL;

	claims->exe_kind = cpu_to_le32(WARD_EXE_NONE);
	claims->advisory = cpu_to_le32(advisory_bits());
	if (!file)
		return;
	exe_digest(file, claims);
	fput(file);
}
