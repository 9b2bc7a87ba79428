// SPDX-License-Identifier: GPL-2.0-only
/*
 * Class A: memory that ward owns.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "buffer.h"

static void own_zero(struct ward_buf *buf)
{
	ward_pages_zero(&buf->pages);
}

static void own_free(struct ward_buf *buf)
{
	ward_pages_free(&buf->pages);
}

static void own_extent(const struct ward_buf *buf, u64 *present, u64 *huge)
{
	*present = ward_pages_present(&buf->pages);
	*huge = ward_pages_huge(&buf->pages);
}

static const struct ward_buf_ops own_ops = {
	.class = WARD_CLASS_A,
	.made = WARD_EVENT_BUF_ALLOC,
	.ended = WARD_EVENT_BUF_WIPE,
	.hide = ward_map_hide,
	.zero = own_zero,
	.free = own_free,
	.extent = own_extent,
};

static const struct file_operations own_fops = {
	.owner = THIS_MODULE,
	.release = ward_buf_release,
	.unlocked_ioctl = ward_ioctl_buffer,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = ward_buf_show,
	.mmap = ward_map_mmap,
	.get_unmapped_area = thp_get_unmapped_area,
	.llseek = noop_llseek,
};

#define OWN_PROTECTION	(WARD_PROTECT_WIPED | WARD_PROTECT_NO_SWAP |		\
			 WARD_PROTECT_NO_FORK | WARD_PROTECT_NO_DUMP |		\
			 WARD_PROTECT_NO_GUP | WARD_PROTECT_NO_KCORE |		\
			 WARD_PROTECT_UNMAPPED | WARD_PROTECT_CLEAN)

/* Memory that only the session's own volatile buffers take up can be had. */
static int get_pages(struct ward_buf *buf, u32 flags)
{
	unsigned long nr = buf->length >> PAGE_SHIFT;
	struct ward_pool *pool = &buf->session->pool;
	int ret = ward_pages_alloc(&buf->pages, pool, nr, flags);

	while (ret == -ENOMEM && ward_volatile_purge_own(buf->session, buf->length))
		ret = ward_pages_alloc(&buf->pages, pool, nr, flags);
	return ret;
}

int ward_cmd_buf_alloc(struct ward_call *call)
{
	struct ward_buf_alloc *cmd = call->cmd;
	struct ward_patience patience;
	struct ward_buf *buf;
	int ret;

	if (cmd->reserved || !cmd->length || !PAGE_ALIGNED(cmd->length))
		return -EINVAL;
	if (cmd->flags & WARD_BUF_LAZY && cmd->flags & WARD_BUF_POPULATE)
		return -EINVAL;
	ret = ward_wait_terms(cmd, &patience);
	if (ret)
		return ret;
	buf = ward_buf_new(call->object,
			   cmd->flags & WARD_BUF_SHARED ? WARD_KIND_SHARED : WARD_KIND_A,
			   &own_ops, cmd->length, cmd->label,
			   cmd->flags & WARD_BUF_WAIT ? &patience : NULL);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	buf->protection = OWN_PROTECTION;
	ret = get_pages(buf, cmd->flags);
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
