// SPDX-License-Identifier: GPL-2.0-only
/*
 * A session is an open of /dev/ward. Its file, each of its buffers and each
 * of its requests hold a reference; when the last is gone it leaves a
 * tombstone, so that its owner can still have a receipt for it.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mmdebug.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "ward.h"

enum { SESSIONS_PER_UID = 512, TOMBSTONES_PER_UID = 64, TOMBSTONES = 4096 };

/**
 * struct ward_tombstone - what is left of a session
 * @node: in the list of tombstones, oldest first; ward_sessions_lock
 * @id: of the session
 * @uid: of its opener
 * @totals: as they were at the end; constant
 */
struct ward_tombstone {
	struct list_head node;
	u8 id[WARD_ID_LEN];
	kuid_t uid;
	struct ward_totals totals;
};

static DEFINE_MUTEX(ward_sessions_lock);	/* protects the next five */
static LIST_HEAD(sessions);
static LIST_HEAD(tombstones);
static u64 last_serial;
static u32 session_count;
static u32 tombstone_count;

static void session_event(const struct ward_session *session, u16 type,
			  struct ward_event *ev)
{
	memset(ev, 0, sizeof(*ev));
	ev->type = cpu_to_le16(type);
	memcpy(ev->detail, session->id, WARD_ID_LEN);
}

/* ---- its buffers and keys --------------------------------------------------------- */

static const struct ward_session_ops *session_ops;

/* Before the first session, and never again. */
void ward_session_set_ops(const struct ward_session_ops *ops)
{
	session_ops = ops;
}

static const struct ward_session_key_ops *key_ops;

/* Before the first session, and never again. */
void ward_session_set_key_ops(const struct ward_session_key_ops *ops)
{
	key_ops = ops;
}

void ward_session_wipe_keys(struct ward_session *session)
{
	if (key_ops)
		key_ops->wipe(session);
}

static void session_end_keys(struct ward_session *session, u32 reason)
{
	ward_keyring_close(&session->keys, &session->account, reason);
	if (key_ops)
		key_ops->end(session, reason);
}

/*
 * Keys can't be used from the first moment on. They end last: one that is just being
 * made has to be waited for, and who makes it may be slow.
 */
void ward_session_end_all(struct ward_session *session, u32 reason)
{
	ward_keyring_shut(&session->keys, reason);
	ward_roll_close(&session->roll, reason);
	ward_pool_close(&session->pool);
	session_ops->end(session, reason, false);
	session_end_keys(session, reason);
}

/* What was built in, and what was there when the module was loaded. */
u64 ward_session_features(void)
{
	return ward_features() | (key_ops ? WARD_FEATURE_KEYS : 0);
}

void ward_session_revoke(struct ward_session *session)
{
	struct ward_totals totals;
	struct ward_event ev;

	ward_ledger_totals(&session->account, &totals);
	session_event(session, WARD_EVENT_REVOKE, &ev);
	memset(ev.detail, 0, sizeof(ev.detail));
	ev.bytes = cpu_to_le64(totals.live_all);
	ward_ledger_state(&session->account, WARD_STATE_REVOKED, &ev);
	ward_session_end_all(session, WARD_END_REVOKE);
}

/* ---- tombstones ---------------------------------------------------------- */

static struct ward_tombstone *tombstone_oldest(kuid_t uid, unsigned int *count)
{
	struct ward_tombstone *grave, *oldest = NULL;

	lockdep_assert_held(&ward_sessions_lock);
	*count = 0;
	list_for_each_entry(grave, &tombstones, node) {
		if (!uid_eq(grave->uid, uid))
			continue;
		if (!oldest)
			oldest = grave;
		++*count;
	}
	return oldest;
}

static void tombstone_remove(struct ward_tombstone *grave)
{
	lockdep_assert_held(&ward_sessions_lock);
	list_del(&grave->node);
	tombstone_count--;
	kfree(grave);
}

/* A user who leaves many graves loses the oldest of their own first. */
static void tombstone_add(struct ward_tombstone *grave)
{
	struct ward_tombstone *oldest;
	unsigned int count;

	lockdep_assert_held(&ward_sessions_lock);
	oldest = tombstone_oldest(grave->uid, &count);
	if (count >= TOMBSTONES_PER_UID)
		tombstone_remove(oldest);
	else if (tombstone_count >= TOMBSTONES)
		tombstone_remove(oldest ?: list_first_entry(&tombstones,
							    struct ward_tombstone, node));
	list_add_tail(&grave->node, &tombstones);
	tombstone_count++;
}

static struct ward_tombstone *tombstone_find(const u8 *id)
{
	struct ward_tombstone *grave;

	lockdep_assert_held(&ward_sessions_lock);
	list_for_each_entry(grave, &tombstones, node)
		if (!memcmp(grave->id, id, WARD_ID_LEN))
			return grave;
	return NULL;
}

int ward_session_tombstone(const u8 *id, struct ward_totals *out)
{
	struct ward_tombstone *grave;

	guard(mutex)(&ward_sessions_lock);
	grave = tombstone_find(id);
	if (!grave)
		return -ENOENT;
	if (!uid_eq(grave->uid, current_euid()) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	*out = grave->totals;
	return 0;
}

/* ---- life ------------------------------------------------------------------ */

static void session_free(struct kref *ref)
{
	struct ward_session *session = container_of(ref, struct ward_session, ref);
	struct ward_event ev;

	ward_lease_stop(&session->clock);
	session_event(session, WARD_EVENT_SESSION_END, &ev);
	ward_ledger_state(&session->account, WARD_STATE_TOMBSTONE, &ev);
	ward_ledger_totals(&session->account, &session->grave->totals);
	VM_WARN_ON_ONCE(session->grave->totals.live_all);

	mutex_lock(&ward_sessions_lock);
	list_del(&session->node);
	session_count--;
	tombstone_add(session->grave);
	mutex_unlock(&ward_sessions_lock);

	ward_keyring_destroy(&session->keys);
	ward_account_free(&session->account);
	ward_pool_end(&session->pool);
	/* Where no file does, it holds the module (see ward_exit()): nothing sleeps after. */
	ward_roll_destroy(&session->roll);
	kfree(session);
}

void ward_session_get(struct ward_session *session)
{
	kref_get(&session->ref);
}

/* May sleep: the last reference buries the session. */
void ward_session_put(struct ward_session *session)
{
	kref_put(&session->ref, session_free);
}

static unsigned int sessions_of(kuid_t uid)
{
	const struct ward_session *session;
	unsigned int count = 0;

	lockdep_assert_held(&ward_sessions_lock);
	list_for_each_entry(session, &sessions, node)
		count += uid_eq(session->uid, uid);
	return count;
}

/* A session's ring is memory that no limit of the ledger bounds: its number is. */
static int session_publish(struct ward_session *session)
{
	struct ward_event ev;

	guard(mutex)(&ward_sessions_lock);
	if (sessions_of(session->uid) >= SESSIONS_PER_UID)
		return -EDQUOT;
	session_event(session, WARD_EVENT_SESSION_OPEN, &ev);
	ward_ledger_record(&session->account, &ev);
	session->serial = ++last_serial;
	list_add_tail(&session->node, &sessions);
	session_count++;
	return 0;
}

static struct ward_session *session_new(void)
{
	struct ward_session *session = kzalloc(sizeof(*session), GFP_KERNEL_ACCOUNT);
	int rc = -ENOMEM;

	if (!session)
		return ERR_PTR(-ENOMEM);
	session->grave = kzalloc(sizeof(*session->grave), GFP_KERNEL_ACCOUNT);
	if (!session->grave)
		goto err_session;
	rc = ward_roll_init(&session->roll);
	if (rc)
		goto err_grave;
	kref_init(&session->ref);
	INIT_LIST_HEAD(&session->volatiles);
	ward_keyring_init(&session->keys);
	get_random_bytes(session->id, sizeof(session->id));
	session->uid = current_euid();
	session->opened_ns = ktime_get_boottime_ns();
	ward_identity_who(current, &session->opener);
	get_task_comm(session->comm, current);
	memcpy(session->grave->id, session->id, WARD_ID_LEN);
	session->grave->uid = session->uid;

	rc = ward_account_init(&session->account, session->id,
			       from_kuid(&init_user_ns, session->uid));
	if (rc)
		goto err_roll;
	ward_line_session_init(&session->line,
			       &ward_account_gate_user(&session->account)->line);
	ward_keep_init(&session->keep);
	ward_lease_start(&session->clock, &session->account);
	ward_pool_start(&session->pool);
	rc = session_publish(session);
	if (rc)
		goto err_pool;
	return session;

err_pool:
	ward_pool_end(&session->pool);
	ward_account_free(&session->account);
err_roll:
	ward_roll_destroy(&session->roll);
err_grave:
	kfree(session->grave);
err_session:
	kfree(session);
	return ERR_PTR(rc);
}

/* ---- its lease --------------------------------------------------------------- */

static struct ward_session *session_of(struct ward_lease_clock *clock)
{
	return container_of(clock, struct ward_session, clock);
}

static bool lease_get(struct ward_lease_clock *clock)
{
	return kref_get_unless_zero(&session_of(clock)->ref);
}

static void lease_run_out(struct ward_lease_clock *clock)
{
	ward_session_end_all(session_of(clock), WARD_END_LEASE);
}

static void lease_put(struct ward_lease_clock *clock)
{
	ward_session_put(session_of(clock));
}

const struct ward_lease_ops ward_session_lease_ops = {
	.get = lease_get,
	.run_out = lease_run_out,
	.put = lease_put,
};

/* ---- looking sessions up ---------------------------------------------------- */

struct ward_session *ward_session_after(u64 serial)
{
	struct ward_session *session;

	guard(mutex)(&ward_sessions_lock);
	list_for_each_entry(session, &sessions, node)
		if (session->serial > serial && kref_get_unless_zero(&session->ref))
			return session;
	return NULL;
}

struct ward_session *ward_session_find(const u8 *id)
{
	struct ward_session *session;

	guard(mutex)(&ward_sessions_lock);
	list_for_each_entry(session, &sessions, node)
		if (!memcmp(session->id, id, WARD_ID_LEN) &&
		    kref_get_unless_zero(&session->ref))
			return session;
	return NULL;
}

void ward_session_each_stopped(void (*visit)(struct ward_session *session))
{
	struct ward_session *session;

	list_for_each_entry(session, &sessions, node)
		visit(session);
}

void ward_session_counts(u32 *live, u32 *dead)
{
	guard(mutex)(&ward_sessions_lock);
	*live = session_count;
	*dead = tombstone_count;
}

void ward_session_exit(void)
{
	struct ward_tombstone *grave, *next;

	guard(mutex)(&ward_sessions_lock);
	list_for_each_entry_safe(grave, next, &tombstones, node)
		tombstone_remove(grave);
}

/* ---- the file ---------------------------------------------------------------- */

static int session_open(struct inode *inode, struct file *file)
{
	struct ward_session *session = session_new();

	if (IS_ERR(session))
		return PTR_ERR(session);
	file->private_data = session;
	return stream_open(inode, file);
}

static int session_release(struct inode *inode, struct file *file)
{
	struct ward_session *session = file->private_data;

	/* Nobody can ask for another buffer or key, or for evidence. */
	ward_keep_drop(&session->keep);
	ward_pool_close(&session->pool);
	session_end_keys(session, WARD_END_SESSION);
	/* The others are bound to their mm, and hold the session. */
	session_ops->end(session, WARD_END_SESSION, true);
	ward_session_put(session);
	return 0;
}

const struct file_operations ward_session_fops = {
	.owner = THIS_MODULE,
	.open = session_open,
	.release = session_release,
	.read = ward_watch_read,
	.poll = ward_watch_poll,
	.unlocked_ioctl = ward_ioctl_session,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = ward_session_show,
};

/* ---- commands ------------------------------------------------------------------ */

int ward_cmd_info(struct ward_call *call)
{
	struct ward_session *session = call->object;
	struct ward_info *cmd = call->cmd;
	struct ward_account *acct = &session->account;

	/* Its shortest form asks whether the module is there, and no more. */
	if (call->room <= offsetof(struct ward_info, out_abi))
		return 0;
	cmd->out_abi = WARD_ABI_VERSION;
	cmd->out_module_version = WARD_VERSION_CODE;
	memcpy(cmd->out_session, session->id, WARD_ID_LEN);
	memcpy(cmd->out_instance, ward_instance, WARD_ID_LEN);
	cmd->out_features = ward_session_features();
	cmd->out_pool = ward_pool_bytes(&session->pool);

	guard(spinlock)(&ward_ledger_lock);
	cmd->out_state = acct->totals.state;
	cmd->out_level = acct->level;
	cmd->out_live = acct->totals.live[WARD_KIND_A] +
			acct->totals.live[WARD_KIND_SHARED];
	cmd->out_live_b = acct->totals.live[WARD_KIND_B];
	cmd->out_limit = ward_ledger_limit(acct);
	return 0;
}

int ward_cmd_measure(struct ward_call *call)
{
	struct ward_session *session = call->object;
	struct ward_measure *cmd = call->cmd;

	return ward_ledger_measure(&session->account, cmd->digest, cmd->out_register);
}

int ward_cmd_lease(struct ward_call *call)
{
	struct ward_session *session = call->object;

	return ward_lease_change(&session->clock, call->cmd);
}

int ward_cmd_seal(struct ward_call *call)
{
	struct ward_session *session = call->object;
	struct ward_seal *cmd = call->cmd;
	struct ward_totals totals;
	struct ward_event ev;

	session_event(session, WARD_EVENT_SESSION_SEAL, &ev);
	ward_ledger_state(&session->account, WARD_STATE_SEALED, &ev);
	ward_pool_close(&session->pool);
	session_end_keys(session, WARD_END_SEAL);
	ward_ledger_totals(&session->account, &totals);
	cmd->out_live = totals.live[WARD_KIND_A] + totals.live[WARD_KIND_SHARED];
	cmd->out_live_b = totals.live[WARD_KIND_B];
	return 0;
}

/* Copies up to @max records from @cmd->from_seq on; their number in @cmd->count. */
static void collect_events(struct ward_account *acct, struct ward_events *cmd,
			   struct ward_event *out, u32 max)
{
	const struct ward_chain *chain = &acct->chain;
	u64 seq;

	guard(spinlock)(&ward_ledger_lock);
	seq = max3(cmd->from_seq, ward_chain_first(chain), 1ULL);
	cmd->out_first_seq = seq;
	cmd->out_last_seq = chain->seq;
	for (cmd->count = 0; cmd->count < max && seq <= chain->seq; seq++)
		out[cmd->count++] = *ward_chain_record(chain, seq);
}

int ward_cmd_events(struct ward_call *call)
{
	struct ward_session *session = call->object;
	struct ward_events *cmd = call->cmd;
	u32 max = min(cmd->count, session->account.chain.cap);
	struct ward_event *out;
	int rc = 0;

	if (cmd->reserved)
		return -EINVAL;
	out = kvcalloc(max_t(u32, max, 1), sizeof(*out), GFP_KERNEL_ACCOUNT);
	if (!out)
		return -ENOMEM;
	collect_events(&session->account, cmd, out, max);
	if (copy_to_user(u64_to_user_ptr(cmd->addr), out, cmd->count * sizeof(*out)))
		rc = -EFAULT;
	else if (cmd->out_first_seq + cmd->count <= cmd->out_last_seq)
		rc = -EMSGSIZE;
	call->reply_on_error = rc == -EMSGSIZE;
	kvfree(out);
	return rc;
}
