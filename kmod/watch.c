// SPDX-License-Identifier: GPL-2.0-only
/*
 * How full protected memory is, and what a session is told of it.
 */
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "ledger.h"

/*
 * As many whole notices as there are and as fit; 0 where there is nothing new.
 * One by one: a copy whose length the compiler knows needs no check of the stack.
 */
static ssize_t hand_over(struct ward_notices *notices, char __user *buf, size_t len)
{
	struct ward_notice next __uninitialized;
	bool more = true;
	size_t done = 0;

	while (more && len - done >= sizeof(next)) {
		if (!ward_notices_take(notices, &next, &more))
			break;
		if (copy_to_user(buf + done, &next, sizeof(next))) {
			ward_notices_untake(notices, next.seq);
			return done ?: -EFAULT;
		}
		done += sizeof(next);
	}
	return done;
}

ssize_t ward_watch_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct ward_session *session = file->private_data;
	struct ward_notices *notices = &session->account.notices;
	ssize_t got;

	if (len < sizeof(struct ward_notice))
		return -EINVAL;
	/* At most what the ring holds: a reader that never ends starves nobody. */
	len = min(len, WARD_NOTICES * sizeof(struct ward_notice));
	while (!(got = hand_over(notices, buf, len))) {
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(notices->wait, ward_notices_new(notices)))
			return -ERESTARTSYS;
	}
	return got;
}

__poll_t ward_watch_poll(struct file *file, struct poll_table_struct *table)
{
	struct ward_session *session = file->private_data;
	struct ward_notices *notices = &session->account.notices;

	poll_wait(file, &notices->wait, table);
	return ward_notices_new(notices) ? EPOLLIN | EPOLLRDNORM | EPOLLPRI : 0;
}

/* ---- commands ------------------------------------------------------------------ */

int ward_cmd_pressure(struct ward_call *call)
{
	struct ward_session *session = call->object;
	struct ward_pressure *cmd = call->cmd;
	u32 waiting;

	if (cmd->reserved)
		return -EINVAL;
	ward_ledger_pressure(&session->account, cmd);
	ward_pressure_stalls(&waiting, &cmd->out_some, &cmd->out_full);
	cmd->out_waiting = waiting;
	cmd->out_pool = ward_pool_bytes(&session->pool);
	return 0;
}

int ward_cmd_watch(struct ward_call *call)
{
	struct ward_session *session = call->object;
	struct ward_watch *cmd = call->cmd;

	call->silent = true;
	return ward_ledger_watch(&session->account, cmd->threshold, cmd->limit);
}
