// SPDX-License-Identifier: GPL-2.0-only
/*
 * How full protected memory is, and what a session is told of it.
 */
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "ledger.h"

enum { READ_BATCH = 4 };	/* notices, on the stack */

/* Bytes handed over, 0 where there is nothing new, or -EFAULT. */
static ssize_t hand_over(struct ward_notices *notices, char __user *buf, size_t max)
{
	struct ward_notice batch[READ_BATCH];
	unsigned int n = ward_notices_take(notices, batch, min_t(size_t, max, READ_BATCH));

	if (n && copy_to_user(buf, batch, n * sizeof(*batch))) {
		ward_notices_untake(notices, batch[0].seq, batch[n - 1].seq);
		return -EFAULT;
	}
	return n * sizeof(*batch);
}

/* As many whole notices as there are and as fit. */
static ssize_t hand_over_all(struct ward_notices *notices, char __user *buf, size_t len)
{
	size_t done = 0;
	ssize_t got;

	do {
		got = hand_over(notices, buf + done, (len - done) / sizeof(struct ward_notice));
		if (got > 0)
			done += got;
	} while (got > 0 && len - done >= sizeof(struct ward_notice));
	return done ?: got;
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
	while (!(got = hand_over_all(notices, buf, len))) {
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

	return ward_ledger_watch(&session->account, cmd->threshold, cmd->limit);
}
