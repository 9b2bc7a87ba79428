// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a buffer, which both classes share.
 *
 * A buffer ends once: by WARD_BUF_WIPE, with the last reference to its file,
 * with the mm that made it, with its session's rights, or because it was
 * volatile and room was needed. Whoever comes first marks it dead under its
 * lock; from then on no fault inserts a page. Then it is unmapped, zeroed,
 * recorded and uncharged in one moment, and freed. Whoever comes later waits
 * until that is done.
 *
 * The file holds a reference to the buffer, and mappings hold the file. Any
 * other end may come while the file lives on; the buffer is then an empty
 * shell that answers WARD_BUF_INFO.
 *
 * tests/model/buffer.pml is this, searched whole; what it holds of @end, @zeroed and
 * @gone is asserted here where the kernel has CONFIG_DEBUG_VM.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "buffer.h"

static atomic64_t last_id;
static struct workqueue_struct *buf_queue;	/* what its owner can't do, see @work */

/* Of buffers and keys. */
u64 ward_buf_next_id(void)
{
	return atomic64_inc_return(&last_id);
}

static void buf_event(const struct ward_buf *buf, u16 type, struct ward_event *ev)
{
	memset(ev, 0, sizeof(*ev));
	ev->type = cpu_to_le16(type);
	ev->id = cpu_to_le64(buf->id);
	ev->bytes = cpu_to_le64(buf->length);
	ev->class = cpu_to_le32(buf->ops->class);
	memcpy(ev->label, buf->label, sizeof(ev->label));
}

static void buf_free(struct kref *ref)
{
	struct ward_buf *buf = container_of(ref, struct ward_buf, ref);

	VM_WARN_ON_ONCE(buf->end && !buf->zeroed);
	if (buf->inode)
		iput(buf->inode);
	if (buf->tie.bind)
		ward_bind_put(&buf->tie);
	ward_session_put(buf->session);
	kfree(buf);
}

void ward_buf_get(struct ward_buf *buf)
{
	kref_get(&buf->ref);
}

void ward_buf_put(struct ward_buf *buf)
{
	kref_put(&buf->ref, buf_free);
}

static void put_work(struct work_struct *work)
{
	ward_buf_put(container_of(work, struct ward_buf, work));
}

/**
 * ward_buf_put_later() - drop a reference in the middle of reclaim
 * @buf: class A, which the caller has ended: once in its life
 *
 * The last one may be the session's too, and with it the mount of the buffers'
 * file system goes, and its shrinker: one shrinker can't wait for another.
 */
void ward_buf_put_later(struct ward_buf *buf)
{
	INIT_WORK(&buf->work, put_work);
	queue_work(buf_queue, &buf->work);
}

static void buf_init(struct ward_buf *buf, enum ward_kind kind,
		     const struct ward_buf_ops *ops, u64 length, const u8 *label)
{
	kref_init(&buf->ref);
	init_rwsem(&buf->lock);
	init_completion(&buf->gone);
	INIT_LIST_HEAD(&buf->lru);
	INIT_LIST_HEAD(&buf->own);
	INIT_LIST_HEAD(&buf->veils);
	init_waitqueue_head(&buf->lifted);
	buf->ops = ops;
	buf->kind = kind;
	buf->id = ward_buf_next_id();
	buf->length = length;
	memcpy(buf->label, label, sizeof(buf->label));
}

/* What could never fit costs nobody a cache. */
static bool may_ever_fit(struct ward_session *session, u64 length)
{
	guard(spinlock)(&ward_ledger_lock);
	return length <= ward_ledger_limit(&session->account);
}

/* The session's own volatile buffers go, one by one, until it fits. */
static int purge_and_try(struct ward_session *session, enum ward_kind kind, u64 length,
			 bool in_turn)
{
	u64 freed = 0, got;
	int ret = -EDQUOT;

	while (ret == -EDQUOT && freed < length) {
		got = ward_volatile_purge_own(session, 1);
		if (!got)
			break;
		freed += got;
		ret = ward_ledger_try(&session->account, kind, length, in_turn);
	}
	return ret;
}

/*
 * Room that only the session's own volatile buffers take up is room. Who would
 * wait goes past nobody who does: small requests would starve a large one.
 */
static int charge(struct ward_session *session, enum ward_kind kind, u64 length,
		  const struct ward_patience *patience)
{
	int ret = ward_ledger_try(&session->account, kind, length, patience);

	if (ret == -EDQUOT && may_ever_fit(session, length))
		ret = purge_and_try(session, kind, length, patience);
	if (ret != -EDQUOT && ret != -EAGAIN)
		return ret;
	if (patience)
		return ward_ledger_charge_wait(&session->account, kind, length, patience);
	return ward_ledger_charge(&session->account, kind, length);
}

/**
 * ward_buf_new() - a buffer without memory, bound and charged
 * @session: pays for it
 * @kind: its column of the ledger
 * @ops: its class
 * @length: bytes, a multiple of the page size, not 0
 * @label: WARD_LABEL_LEN bytes
 * @patience: how it waits for room, or NULL
 *
 * It is bound to the caller's mm, but for WARD_KIND_SHARED. Where a limit leaves
 * no room, the session's own volatile buffers make some. To be followed by
 * ward_buf_publish(), or by ward_buf_abort().
 *
 * Return: the buffer, or ERR_PTR of -EINVAL for the label, -ENOMEM,
 * -ERESTARTSYS, -EDQUOT, -ESHUTDOWN, -EBUSY; with @patience -ETIME, -EINTR,
 * -EAGAIN.
 */
struct ward_buf *ward_buf_new(struct ward_session *session, enum ward_kind kind,
			      const struct ward_buf_ops *ops, u64 length,
			      const u8 *label, const struct ward_patience *patience)
{
	struct ward_buf *buf;
	int ret;

	if (!ward_label_ok(label))
		return ERR_PTR(-EINVAL);
	buf = kzalloc(sizeof(*buf), GFP_KERNEL_ACCOUNT);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	buf_init(buf, kind, ops, length, label);
	ret = kind == WARD_KIND_SHARED ? 0 : ward_bind_get(&buf->tie);
	if (ret)
		goto err_buf;
	ret = ward_roll_reserve(&session->roll, buf->id);
	if (ret)
		goto err_bind;
	ret = charge(session, kind, length, patience);
	if (ret)
		goto err_roll;
	if (buf->tie.bind)
		ward_bind_keep(&session->roll.kept);
	buf->session = session;
	ward_session_get(session);
	return buf;

err_roll:
	ward_roll_drop(&session->roll, buf->id);
err_bind:
	if (buf->tie.bind)
		ward_bind_put(&buf->tie);
err_buf:
	kfree(buf);
	return ERR_PTR(ret);
}

/**
 * ward_buf_abort() - give up a buffer that was not published
 * @buf: its memory is freed already
 */
void ward_buf_abort(struct ward_buf *buf)
{
	ward_roll_drop(&buf->session->roll, buf->id);
	ward_ledger_refund(&buf->session->account, buf->kind, buf->length);
	ward_buf_put(buf);
}

/**
 * ward_buf_publish() - make the buffer's file
 * @buf: has its memory; the file owns it afterwards
 * @fops: its release is ward_buf_release()
 * @call: gets the reserved fd and the file to install there
 *
 * Return: 0, or -EMFILE, -ENFILE, -ENOMEM, or -ESHUTDOWN for a session that was
 * sealed meanwhile; then @buf is as it was. Where it has lost its rights in another
 * way the file is made all the same, of a buffer that has ended: its place in the
 * roll is refused, and it is killed.
 */
int ward_buf_publish(struct ward_buf *buf, const struct file_operations *fops,
		     struct ward_call *call)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	struct ward_event ev;
	struct file *file;
	int ret;
	u32 end;

	if (fd < 0)
		return fd;
	file = ward_bufferfs_open(fops, buf, &buf->inode);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto err_fd;
	}
	buf_event(buf, buf->ops->made, &ev);
	ret = ward_ledger_made(&buf->session->account, buf->kind, &ev);
	if (ret)
		goto err_file;
	end = ward_roll_add(&buf->session->roll, buf);
	if (buf->tie.bind && ward_bind_link(&buf->tie))
		end = WARD_END_UNMAP;
	if (end)
		ward_buf_kill(buf, end);
	call->fd = fd;
	call->publish = file;
	return 0;

err_file:
	/* Its release comes later, and the buffer stays the caller's. */
	file->private_data = NULL;
	fput(file);
err_fd:
	put_unused_fd(fd);
	return ret;
}

/**
 * ward_buf_mark_dead() - no byte of it is reachable through a new fault any more
 * @buf: its lock is held for write
 * @reason: WARD_END_*
 *
 * Return: true for the one caller who has to go on with ward_buf_finish().
 */
bool ward_buf_mark_dead(struct ward_buf *buf, u32 reason)
{
	lockdep_assert_held_write(&buf->lock);
	if (buf->end)
		return false;
	WRITE_ONCE(buf->end, reason);
	ward_volatile_forget(buf);
	return true;
}

static void record_end(struct ward_buf *buf, u32 reason, u64 cost_ns)
{
	struct ward_event ev;

	VM_WARN_ON_ONCE(!buf->zeroed);
	buf_event(buf, buf->ops->ended, &ev);
	ev.reason = cpu_to_le16(reason);
	ev.cost_ns = cpu_to_le64(cost_ns);
	ward_ledger_wiped(&buf->session->account, buf->kind, &ev);
}

/**
 * ward_buf_finish() - unmap, zero, record, uncharge, free a buffer marked dead
 * @buf: referenced by the caller, who marked it and has released its lock.
 *	Safe from reclaim: it waits for nothing that allocates
 */
void ward_buf_finish(struct ward_buf *buf)
{
	u64 start = ktime_get_ns();

	VM_WARN_ON_ONCE(!buf->end || buf->zeroed || completion_done(&buf->gone));
	if (buf->ops->hide)
		buf->ops->hide(buf);
	buf->ops->zero(buf);
	WRITE_ONCE(buf->zeroed, true);
	record_end(buf, buf->end, ktime_get_ns() - start);
	buf->ops->free(buf);
	complete_all(&buf->gone);
}

/*
 * False: it is under way elsewhere. Who is at it may be kept from running, by a
 * priority or a cgroup of its own choice: out of reach it is all the same.
 */
static bool kill_or_hide(struct ward_buf *buf, u32 reason)
{
	bool first;

	down_write(&buf->lock);
	first = ward_buf_mark_dead(buf, reason);
	up_write(&buf->lock);
	if (first)
		ward_buf_finish(buf);
	else if (buf->ops->hide && !completion_done(&buf->gone))
		buf->ops->hide(buf);
	return first;
}

/**
 * ward_buf_kill() - end a buffer, if it has not ended yet
 * @buf: referenced by the caller, who holds no lock that a fault takes
 * @reason: WARD_END_*
 *
 * When it returns, no byte of it is left, whoever did the work.
 *
 * Return: bytes that this call wiped.
 */
u64 ward_buf_kill(struct ward_buf *buf, u32 reason)
{
	if (kill_or_hide(buf, reason))
		return buf->length;
	wait_for_completion(&buf->gone);
	return 0;
}

/* The last reference to the file: no fd, no mapping. */
int ward_buf_release(struct inode *inode, struct file *file)
{
	struct ward_buf *buf = file->private_data;

	/* Never published. */
	if (!buf)
		return 0;
	ward_buf_kill(buf, WARD_END_CLOSE);
	if (buf->tie.bind)
		ward_bind_unlink(&buf->tie);
	ward_roll_drop(&buf->session->roll, buf->id);
	ward_buf_put(buf);
	return 0;
}

/**
 * ward_buf_get_fd() - the buffer behind a file descriptor of the caller's
 * @fd: any number
 *
 * Return: the buffer, with a reference; NULL where it is none.
 */
struct ward_buf *ward_buf_get_fd(int fd)
{
	struct file *file = fget(fd);
	struct ward_buf *buf = NULL;

	if (!file)
		return NULL;
	if (file->f_op->release == ward_buf_release)
		buf = file->private_data;
	if (buf)
		kref_get(&buf->ref);
	fput(file);
	return buf;
}

/* ---- the end of the mm ---------------------------------------------------- */

static void tie_hold(struct ward_tie *tie)
{
	kref_get(&container_of(tie, struct ward_buf, tie)->ref);
}

static void tie_end(struct ward_tie *tie)
{
	struct ward_buf *buf = container_of(tie, struct ward_buf, tie);

	ward_buf_kill(buf, WARD_END_MM);
	ward_buf_put(buf);
}

static void kill_unmapped(struct work_struct *work)
{
	struct ward_buf *buf = container_of(work, struct ward_buf, work);

	ward_buf_kill(buf, WARD_END_UNMAP);
	ward_buf_put(buf);
}

/* Once in the life of a buffer. */
static void tie_unmapped(struct ward_tie *tie)
{
	struct ward_buf *buf = container_of(tie, struct ward_buf, tie);

	INIT_WORK(&buf->work, kill_unmapped);
	queue_work(buf_queue, &buf->work);
}

static const struct ward_bind_ops buf_bind_ops = {
	.hold = tie_hold,
	.end = tie_end,
	.unmapped = tie_unmapped,
};

/* ---- the end of the session's rights ------------------------------------------ */

static void end_each(struct ward_session *session, u32 reason, bool shared, bool wait)
{
	struct ward_buf *buf;
	bool meant;
	u64 id = 0;

	while ((buf = ward_roll_after(&session->roll, id))) {
		id = buf->id;
		meant = !shared || buf->kind == WARD_KIND_SHARED;
		if (meant && wait)
			ward_buf_kill(buf, reason);
		else if (meant)
			kill_or_hide(buf, reason);
		ward_buf_put(buf);
		cond_resched();
	}
}

/* None is left alone while somebody is slow to wipe the one before it. */
static void session_end(struct ward_session *session, u32 reason, bool shared)
{
	end_each(session, reason, shared, false);
	end_each(session, reason, shared, true);
}

static const struct ward_session_ops buf_session_ops = {
	.end = session_end,
};

/* Ids start at a time, so that none comes back when the module is reloaded. */
int ward_buffer_init(void)
{
	buf_queue = alloc_workqueue("ward-buf", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!buf_queue)
		return -ENOMEM;
	atomic64_set(&last_id, ktime_get_boottime_ns());
	ward_image_init();
	ward_bind_init(&buf_bind_ops);
	ward_session_set_ops(&buf_session_ops);
	return 0;
}

/* A killing may be under way though the file is gone. */
void ward_buffer_exit(void)
{
	destroy_workqueue(buf_queue);
	ward_bind_exit();
}

/* ---- what can be told of a buffer ------------------------------------------- */

static u32 state_of(const struct ward_buf *buf)
{
	u32 state = 0;

	lockdep_assert_held(&buf->lock);
	if (buf->kind == WARD_KIND_SHARED)
		state |= WARD_BUF_IS_SHARED;
	if (buf->is_volatile)
		state |= WARD_BUF_IS_VOLATILE;
	return state;
}

/**
 * ward_buf_look() - a buffer as it is at this moment
 * @buf: referenced
 * @out: the out_* fields are filled in
 */
void ward_buf_look(struct ward_buf *buf, struct ward_buf_info *out)
{
	down_read(&buf->lock);
	out->out_end = buf->end;
	out->out_state = state_of(buf);
	if (buf->end) {
		out->out_huge = 0;
		out->out_present = 0;
	} else {
		buf->ops->extent(buf, &out->out_present, &out->out_huge);
	}
	up_read(&buf->lock);
	out->out_class = buf->ops->class;
	out->out_id = buf->id;
	out->out_length = buf->length;
	out->out_mapped = atomic_read(&buf->vmas) != 0;
	out->out_protection = buf->protection;
}

/* ---- commands of a buffer -------------------------------------------------- */

int ward_cmd_buf_info(struct ward_call *call)
{
	struct ward_buf_info *cmd = call->cmd;
	struct ward_buf *buf = call->object;

	if (cmd->reserved || cmd->reserved1)
		return -EINVAL;
	ward_buf_look(buf, cmd);
	/* Who is told that it has ended may rely on it. */
	if (cmd->out_end)
		wait_for_completion(&buf->gone);
	return 0;
}

int ward_cmd_buf_wipe(struct ward_call *call)
{
	struct ward_buf_wipe *cmd = call->cmd;

	cmd->out_bytes = ward_buf_kill(call->object, WARD_END_WIPE);
	return 0;
}
