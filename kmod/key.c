// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data keys that only the kernel holds.
 *
 * A key ends once: with the last reference to its file, by WARD_KEY_END, with its uses
 * or its lifetime, with the key that unwrapped it, with its session's rights. Whoever
 * comes first marks it dead and overwrites it with its lock held for write, when no
 * message is being opened with it; then its end is recorded and counted in one moment.
 * Whoever comes later waits until that is done.
 *
 * Nothing but decryption leads from a secret to user space.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "buffer.h"
#include "key.h"

/* ward_event.reason of WARD_EVENT_KEY_IMPORT */
enum { KEY_IMPORTED, KEY_UNWRAPPED };

static struct workqueue_struct *key_queue;	/* NULL: this kernel can't */

static void key_event(const struct ward_key *key, u16 type, u16 reason, struct ward_event *ev)
{
	const struct ward_allowance *allows = key->allows;

	memset(ev, 0, sizeof(*ev));
	ev->type = cpu_to_le16(type);
	ev->reason = cpu_to_le16(reason);
	ev->id = cpu_to_le64(key->id);
	BUILD_BUG_ON(sizeof(allows->dataset) + sizeof(allows->release) != sizeof(ev->detail));
	memcpy(ev->detail, allows->dataset, sizeof(allows->dataset));
	memcpy(ev->detail + sizeof(allows->dataset), allows->release, sizeof(allows->release));
}

/* ---- life ---------------------------------------------------------------------- */

static void key_free(struct kref *ref)
{
	struct ward_key *key = container_of(ref, struct ward_key, ref);

	ward_ciphers_free(&key->ciphers);
	if (key->parent)
		ward_key_put(key->parent);
	ward_session_put(key->session);
	kfree_sensitive(key);
}

void ward_key_put(struct ward_key *key)
{
	kref_put(&key->ref, key_free);
}

static void time_over(struct work_struct *work)
{
	struct ward_key *key = container_of(work, struct ward_key, work);

	ward_key_kill(key, WARD_END_TIME);
	ward_key_put(key);
}

/* In interrupt context: it only queues. Once in the life of a key. */
static enum hrtimer_restart time_due(struct hrtimer *timer)
{
	struct ward_key *key = container_of(timer, struct ward_key, timer);

	if (kref_get_unless_zero(&key->ref))
		queue_work(key_queue, &key->work);
	return HRTIMER_NORESTART;
}

static struct ward_key *key_new(struct ward_session *session, struct ward_key *parent)
{
	struct ward_key *key = kzalloc(sizeof(*key), GFP_KERNEL_ACCOUNT);

	if (!key)
		return NULL;
	kref_init(&key->ref);
	INIT_LIST_HEAD(&key->node);
	init_rwsem(&key->lock);
	init_completion(&key->gone);
	spin_lock_init(&key->own.lock);
	ward_ciphers_init(&key->ciphers);
	INIT_WORK(&key->work, time_over);
	hrtimer_setup(&key->timer, time_due, CLOCK_BOOTTIME, HRTIMER_MODE_ABS);
	key->allows = parent ? parent->allows : &key->own;
	key->parent = parent;
	if (parent)
		kref_get(&parent->ref);
	key->session = session;
	ward_session_get(session);
	return key;
}

static void record_end(struct ward_key *key, u64 cost_ns)
{
	struct ward_event ev;

	key_event(key, WARD_EVENT_KEY_END, key->end, &ev);
	ev.bytes = cpu_to_le64(atomic64_read(&key->bytes));
	ev.cost_ns = cpu_to_le64(cost_ns);
	ward_ledger_key_gone(&key->session->account, &ev);
}

static bool overwrite(struct ward_key *key, u32 reason)
{
	lockdep_assert_held_write(&key->lock);
	if (key->end)
		return false;
	WRITE_ONCE(key->end, reason);
	memzero_explicit(key->secret, sizeof(key->secret));
	ward_ciphers_end(&key->ciphers);
	return true;
}

static void end_each(struct ward_session *session, const struct ward_key *parent, u32 reason)
{
	struct ward_key *key;
	u64 id = 0;

	while ((key = ward_keyring_after(&session->keys, id))) {
		id = key->id;
		if (!parent || key->parent == parent)
			ward_key_kill(key, reason);
		ward_key_put(key);
		cond_resched();
	}
}

/**
 * ward_key_kill() - end a key, if it has not ended yet, and what it unwrapped
 * @key: published, referenced by the caller, who holds no lock of a key or a ring
 * @reason: WARD_END_*
 *
 * When it returns they are overwritten and recorded, whoever did the work. It waits for
 * one message at most.
 */
void ward_key_kill(struct ward_key *key, u32 reason)
{
	u64 start = ktime_get_ns();
	bool first;

	down_write(&key->lock);
	first = overwrite(key, reason);
	up_write(&key->lock);
	if (first) {
		record_end(key, ktime_get_ns() - start);
		complete_all(&key->gone);
		ward_keyring_drop(&key->session->keys, key);
	} else {
		wait_for_completion(&key->gone);
	}
	if (!key->parent)
		end_each(key->session, key, key->end);
}

int ward_key_error(u32 end)
{
	switch (end) {
	case WARD_END_TIME:
		return -EKEYEXPIRED;
	case WARD_END_USES:
		return -EDQUOT;
	default:
		return -EKEYREVOKED;
	}
}

/*
 * Lifetime and lease count by the time that it is, since who ends the key then may be
 * kept from running; a session's other ends count from their record on.
 */
int ward_key_usable(const struct ward_key *key)
{
	struct ward_session *session = key->session;

	lockdep_assert_held(&key->lock);
	if (key->end)
		return ward_key_error(key->end);
	if (ward_allowance_over(key->allows))
		return ward_key_error(WARD_END_TIME);
	if (READ_ONCE(session->keys.closed) || ward_ledger_admits(&session->account))
		return ward_key_error(WARD_END_SESSION);
	return 0;
}

/* The last reference to the file, and with it to the module: no work is queued after it. */
static int key_release(struct inode *inode, struct file *file)
{
	struct ward_key *key = file->private_data;

	/* Never published. */
	if (!key)
		return 0;
	ward_key_kill(key, WARD_END_CLOSE);
	hrtimer_cancel(&key->timer);
	ward_key_put(key);
	return 0;
}

static const struct file_operations key_fops = {
	.owner = THIS_MODULE,
	.release = key_release,
	.unlocked_ioctl = ward_ioctl_key,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = ward_key_show,
	.llseek = noop_llseek,
};

/* ---- making one --------------------------------------------------------------------- */

/* Its own lifetime; what it unwraps ends with it. */
static void arm(struct ward_key *key)
{
	if (!key->parent && key->own.expires_ns)
		hrtimer_start(&key->timer, ns_to_ktime(key->own.expires_ns), HRTIMER_MODE_ABS);
}

/* With the ring's lock held: who walks the ring goes by ids. */
static int enter(struct ward_key *key)
{
	struct ward_event ev;
	int ret;

	key->id = ward_buf_next_id();
	key_event(key, WARD_EVENT_KEY_IMPORT, key->parent ? KEY_UNWRAPPED : KEY_IMPORTED, &ev);
	ret = ward_ledger_key_made(&key->session->account, &ev);
	if (ret)
		return ret;
	ward_keyring_add(&key->session->keys, key);
	arm(key);
	return 0;
}

/*
 * With the ring's lock held, so that whoever closes the ring finds every key that there
 * is, and with the parent's for read, where the parent's end looks for it.
 */
static int fill_and_enter(struct ward_key *key, ward_key_fill_t *fill, struct ward_gcm *gcm)
{
	struct ward_keyring *ring = &key->session->keys;
	int ret = key->parent ? ward_key_usable(key->parent) : 0;

	if (!ret)
		ret = ward_keyring_lock(ring);
	if (ret)
		return ret;
	ret = ward_ledger_admits(&key->session->account) ?: fill(key, gcm) ?: enter(key);
	mutex_unlock(&ring->lock);
	return ret;
}

static int fill_under_locks(struct ward_key *key, ward_key_fill_t *fill, struct ward_gcm *gcm)
{
	struct ward_key *parent = key->parent;
	int ret;

	if (parent)
		down_read(&parent->lock);
	ret = fill_and_enter(key, fill, gcm);
	if (parent)
		up_read(&parent->lock);
	return ret;
}

/* An error leaves the key the caller's. */
static int make(struct ward_call *call, struct ward_key *key, ward_key_fill_t *fill,
		struct ward_gcm *gcm)
{
	int ret, fd = get_unused_fd_flags(O_CLOEXEC);
	struct file *file;

	if (fd < 0)
		return fd;
	file = anon_inode_getfile("[ward-key]", &key_fops, key, O_RDWR);
	ret = PTR_ERR_OR_ZERO(file);
	if (ret)
		goto err_fd;
	ret = fill_under_locks(key, fill, gcm);
	if (ret)
		goto err_file;
	call->fd = fd;
	call->publish = file;
	return 0;

err_file:
	/* Its release comes later. */
	file->private_data = NULL;
	fput(file);
err_fd:
	put_unused_fd(fd);
	return ret;
}

/**
 * ward_key_make() - make a key and its file
 * @call: gets both
 * @session: whose key it is
 * @parent: what wraps it, or NULL
 * @fill: finds its secret, with the ring's lock held and its parent's for read
 * @gcm: zeroes; for @fill to decrypt with, and gone afterwards
 * @id: set
 *
 * Those who end keys wait for these locks, whatever signal comes. So what may wait for
 * user space (a module that the crypto API asks for), or long, is had before: what @fill
 * decrypts with, the file. Under them it may allocate a few hundred bytes, and so
 * reclaim, which takes neither lock; nor does a fault.
 *
 * Return: 0; -ENOMEM, -EMFILE, -ENFILE, -EINTR, -ESHUTDOWN, -EBUSY, -EDQUOT; what @fill
 * says; of a parent that has ended what ward_key_usable() does; what the crypto API fails
 * with.
 */
int ward_key_make(struct ward_call *call, struct ward_session *session, struct ward_key *parent,
		  ward_key_fill_t *fill, struct ward_gcm *gcm, u64 *id)
{
	int ret = ward_gcm_get(gcm);
	struct ward_key *key;

	if (ret)
		goto out;
	ret = -ENOMEM;
	key = key_new(session, parent);
	if (!key)
		goto out;
	ret = make(call, key, fill, gcm);
	if (ret)
		ward_key_put(key);
	else
		*id = key->id;
out:
	ward_gcm_put(gcm);
	return ret;
}

/* ---- the end of the session's rights --------------------------------------------- */

static void session_end(struct ward_session *session, u32 reason)
{
	end_each(session, NULL, reason);
}

/* In a panic. Keys that are being made are in no ring yet. */
static void session_wipe(struct ward_session *session)
{
	struct ward_key *key;

	ward_keyring_wipe_pair(&session->keys);
	list_for_each_entry(key, &session->keys.keys, node) {
		memzero_explicit(key->secret, sizeof(key->secret));
		ward_ciphers_wipe(&key->ciphers);
	}
}

static const struct ward_session_key_ops key_session_ops = {
	.end = session_end,
	.wipe = session_wipe,
};

/*
 * Where the kernel lacks the cryptography, or it gives no known answer, there are no
 * keys, and all else goes on.
 */
int ward_key_init(void)
{
	int ret = ward_x25519_there() ? ward_hpke_check() : -ENOENT;

	if (ret == -EKEYREJECTED)
		pr_warn("ward: HPKE does not give its known answer: no keys\n");
	if (ret)
		return ret == -ENOMEM ? ret : 0;
	key_queue = alloc_workqueue("ward_key", WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM, 0);
	if (!key_queue)
		return -ENOMEM;
	ward_session_set_key_ops(&key_session_ops);
	return 0;
}

bool ward_key_possible(void)
{
	return key_queue;
}

/* No file is open: whatever still holds a key, and by it a session, is queued work. */
void ward_key_exit(void)
{
	if (key_queue)
		destroy_workqueue(key_queue);
}

/* ---- commands ----------------------------------------------------------------------- */

int ward_cmd_key_pair(struct ward_call *call)
{
	struct ward_session *session = call->object;
	struct ward_key_pair *cmd = call->cmd;

	if (!ward_key_possible())
		return -ENOPKG;
	return ward_keyring_pair(&session->keys, &session->account, cmd->out_public);
}

int ward_cmd_key_info(struct ward_call *call)
{
	struct ward_key_info *cmd = call->cmd;
	struct ward_key *key = call->object;
	const struct ward_allowance *allows = key->allows;

	if (cmd->reserved)
		return -EINVAL;
	cmd->out_end = READ_ONCE(key->end);
	/* Who is told that it has ended may rely on it. */
	if (cmd->out_end)
		wait_for_completion(&key->gone);
	cmd->out_id = key->id;
	cmd->out_parent = key->parent ? key->parent->id : 0;
	cmd->out_uses_left = ward_allowance_left(key->allows);
	cmd->out_messages = atomic64_read(&key->messages);
	cmd->out_bytes = atomic64_read(&key->bytes);
	cmd->out_expires_ns = allows->expires_ns;
	memcpy(cmd->out_dataset, allows->dataset, sizeof(cmd->out_dataset));
	memcpy(cmd->out_release, allows->release, sizeof(cmd->out_release));
	return 0;
}

int ward_cmd_key_end(struct ward_call *call)
{
	struct ward_key_end *cmd = call->cmd;
	struct ward_key *key = call->object;

	if (cmd->reserved)
		return -EINVAL;
	ward_key_kill(key, WARD_END_WIPE);
	cmd->out_end = key->end;
	return 0;
}
