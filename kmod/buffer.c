// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a buffer, which both classes share, and class A's allocation.
 *
 * A buffer ends once: by WARD_BUF_WIPE, with the last reference to its file,
 * or with the mm that made it. Whoever comes first marks it dead under its
 * lock; from then on no fault inserts a page. Then it is unmapped, zeroed,
 * recorded and uncharged in one moment, and freed. Whoever comes later waits
 * until that is done.
 *
 * The file holds a reference to the buffer, and mappings hold the file. The
 * end of an mm may come while the file lives on elsewhere; the buffer is then
 * an empty shell that answers WARD_BUF_INFO.
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

	if (buf->inode)
		iput(buf->inode);
	ward_bind_put(&buf->tie);
	ward_session_put(buf->session);
	kfree(buf);
}

static void buf_put(struct ward_buf *buf)
{
	kref_put(&buf->ref, buf_free);
}

/**
 * ward_buf_new() - a buffer without memory, bound and charged
 * @session: pays for it
 * @kind: its column of the ledger
 * @ops: its class
 * @length: bytes, a multiple of the page size, not 0
 * @label: WARD_LABEL_LEN bytes
 *
 * To be followed by ward_buf_publish(), or by ward_buf_abort().
 *
 * Return: the buffer, or ERR_PTR of -ENOMEM, -ERESTARTSYS, -EDQUOT, -ESHUTDOWN.
 */
struct ward_buf *ward_buf_new(struct ward_session *session, enum ward_kind kind,
			      const struct ward_buf_ops *ops, u64 length,
			      const u8 *label)
{
	struct ward_buf *buf = kzalloc(sizeof(*buf), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!buf)
		return ERR_PTR(-ENOMEM);
	ret = ward_bind_get(&buf->tie);
	if (ret)
		goto err_buf;
	ret = ward_ledger_charge(&session->account, kind, length);
	if (ret)
		goto err_bind;
	kref_init(&buf->ref);
	init_rwsem(&buf->lock);
	init_completion(&buf->gone);
	buf->ops = ops;
	buf->kind = kind;
	buf->id = atomic64_inc_return(&last_id);
	buf->length = length;
	memcpy(buf->label, label, sizeof(buf->label));
	buf->session = session;
	ward_session_get(session);
	return buf;

err_bind:
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
	ward_ledger_refund(&buf->session->account, buf->kind, buf->length);
	buf_put(buf);
}

/**
 * ward_buf_publish() - make the buffer's file
 * @buf: has its memory; the file owns it afterwards
 * @fops: its release is ward_buf_release()
 * @call: gets the reserved fd and the file to install there
 *
 * Return: 0, or -EMFILE, -ENFILE, -ENOMEM; then @buf is as it was.
 */
int ward_buf_publish(struct ward_buf *buf, const struct file_operations *fops,
		     struct ward_call *call)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	struct ward_event ev;
	struct file *file;

	if (fd < 0)
		return fd;
	file = ward_bufferfs_open(fops, buf, &buf->inode);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	buf_event(buf, buf->ops->made, &ev);
	ward_ledger_made(&buf->session->account, buf->kind, &ev);
	ward_bind_link(&buf->tie);
	call->fd = fd;
	call->publish = file;
	return 0;
}

/* True for the one caller who has to do the work. */
static bool mark_dead(struct ward_buf *buf, u32 reason)
{
	bool first;

	down_write(&buf->lock);
	first = !buf->end;
	if (first)
		WRITE_ONCE(buf->end, reason);
	up_write(&buf->lock);
	return first;
}

static void record_end(struct ward_buf *buf, u32 reason, u64 cost_ns)
{
	struct ward_event ev;

	buf_event(buf, buf->ops->ended, &ev);
	ev.reason = cpu_to_le16(reason);
	ev.cost_ns = cpu_to_le64(cost_ns);
	ward_ledger_wiped(&buf->session->account, buf->kind, &ev);
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
	u64 start = ktime_get_ns();

	if (!mark_dead(buf, reason)) {
		wait_for_completion(&buf->gone);
		return 0;
	}
	if (buf->ops->hide)
		buf->ops->hide(buf);
	buf->ops->zero(buf);
	record_end(buf, reason, ktime_get_ns() - start);
	buf->ops->free(buf);
	complete_all(&buf->gone);
	return buf->length;
}

/* The last reference to the file: no fd, no mapping. */
int ward_buf_release(struct inode *inode, struct file *file)
{
	struct ward_buf *buf = file->private_data;

	ward_buf_kill(buf, WARD_END_CLOSE);
	ward_bind_unlink(&buf->tie);
	buf_put(buf);
	return 0;
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
	buf_put(buf);
}

static const struct ward_bind_ops buf_bind_ops = {
	.hold = tie_hold,
	.end = tie_end,
};

/* Ids start at a time, so that none comes back when the module is reloaded. */
int ward_buffer_init(void)
{
	atomic64_set(&last_id, ktime_get_boottime_ns());
	ward_image_init();
	ward_bind_init(&buf_bind_ops);
	return 0;
}

void ward_buffer_exit(void)
{
	ward_bind_exit();
}

/* ---- commands of a buffer -------------------------------------------------- */

int ward_cmd_buf_info(struct ward_call *call)
{
	struct ward_buf_info *cmd = call->cmd;
	struct ward_buf *buf = call->object;

	if (cmd->reserved)
		return -EINVAL;
	down_read(&buf->lock);
	cmd->out_end = buf->end;
	cmd->out_huge = buf->end || !buf->ops->huge ? 0 : buf->ops->huge(buf);
	up_read(&buf->lock);
	/* Who is told that it has ended may rely on it. */
	if (cmd->out_end)
		wait_for_completion(&buf->gone);
	cmd->out_class = buf->ops->class;
	cmd->out_id = buf->id;
	cmd->out_length = buf->length;
	cmd->out_mapped = atomic_read(&buf->vmas) != 0;
	return 0;
}

int ward_cmd_buf_wipe(struct ward_call *call)
{
	struct ward_buf_wipe *cmd = call->cmd;

	cmd->out_bytes = ward_buf_kill(call->object, WARD_END_WIPE);
	return 0;
}

/* ---- class A ---------------------------------------------------------------- */

static void own_zero(struct ward_buf *buf)
{
	ward_pages_zero(&buf->pages);
}

static void own_free(struct ward_buf *buf)
{
	ward_pages_free(&buf->pages);
}

static u64 own_huge(const struct ward_buf *buf)
{
	return buf->pages.huge_bytes;
}

static const struct ward_buf_ops own_ops = {
	.class = WARD_CLASS_A,
	.made = WARD_EVENT_BUF_ALLOC,
	.ended = WARD_EVENT_BUF_WIPE,
	.hide = ward_map_hide,
	.zero = own_zero,
	.free = own_free,
	.huge = own_huge,
};

static const struct file_operations own_fops = {
	.owner = THIS_MODULE,
	.release = ward_buf_release,
	.unlocked_ioctl = ward_ioctl_buffer,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = ward_map_mmap,
	.get_unmapped_area = thp_get_unmapped_area,
	.llseek = noop_llseek,
};

int ward_cmd_buf_alloc(struct ward_call *call)
{
	struct ward_buf_alloc *cmd = call->cmd;
	struct ward_buf *buf;
	int ret;

	if (cmd->reserved || !cmd->length || !PAGE_ALIGNED(cmd->length))
		return -EINVAL;
	buf = ward_buf_new(call->object, WARD_KIND_A, &own_ops, cmd->length,
			   cmd->label);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	ret = ward_pages_alloc(&buf->pages, cmd->length >> PAGE_SHIFT);
	if (ret)
		goto err_abort;
	ret = ward_buf_publish(buf, &own_fops, call);
	if (ret)
		goto err_pages;
	cmd->out_fd = call->fd;
	cmd->out_id = buf->id;
	return 0;

err_pages:
	ward_pages_free(&buf->pages);
err_abort:
	ward_buf_abort(buf);
	return ret;
}
