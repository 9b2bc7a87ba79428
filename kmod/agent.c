// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evidence from user space: see ward_agent.h.
 *
 * A question is made by who asks, and freed by them alone. Until it is answered
 * it lies in one of its agent's two lists; whoever takes it out there answers it:
 * a reply with its cookie, the end of its agent, or the one who asked, because it
 * took too long. agents_lock covers that for all agents, so that a question can
 * move to the agent that takes over. It is a leaf but for wait queues.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/completion.h>
#include <linux/ctype.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "evidence.h"
#include "ward.h"

/**
 * struct ward_agent - an open agent fd
 * @provider: its place; holds the agent
 * @timeout_ns: how long a question waits
 * @unread: questions that read() has not given out; agents_lock, as are the next two
 * @unanswered: those that it has
 * @over: it is asked no more
 * @wait: of readers
 */
struct ward_agent {
	struct ward_provider provider;
	u64 timeout_ns;
	struct list_head unread;
	struct list_head unanswered;
	bool over;
	wait_queue_head_t wait;
};

/**
 * struct question - asked of an agent
 * @node: in one of its lists; empty once it is answered; agents_lock
 * @cookie: names it
 * @deadline_ns: CLOCK_BOOTTIME
 * @report_data: 64 bytes, of who asks
 * @done: completed after the next two, with agents_lock held
 * @result: 0 or -errno
 * @ev: where @result is 0
 */
struct question {
	struct list_head node;
	u64 cookie;
	u64 deadline_ns;
	const u8 *report_data;
	struct completion done;
	int result;
	struct ward_evidence ev;
};

static DEFINE_SPINLOCK(agents_lock);

static struct ward_agent *to_agent(struct ward_provider *provider)
{
	return container_of(provider, struct ward_agent, provider);
}

static struct question *find(struct list_head *list, u64 cookie)
{
	struct question *q;

	lockdep_assert_held(&agents_lock);
	list_for_each_entry(q, list, node)
		if (q->cookie == cookie)
			return q;
	return NULL;
}

/* Takes @ev over. */
static void answer(struct question *q, int result, const struct ward_evidence *ev)
{
	lockdep_assert_held(&agents_lock);
	list_del_init(&q->node);
	q->result = result;
	if (ev)
		q->ev = *ev;
	complete(&q->done);
}

static void wake(struct ward_agent *agent)
{
	wake_up_interruptible_poll(&agent->wait, EPOLLIN | EPOLLRDNORM);
}

/* ---- who asks ---------------------------------------------------------------- */

static int agent_start(struct ward_ask *ask)
{
	struct ward_agent *agent = to_agent(ask->provider);
	struct question *q = kzalloc(sizeof(*q), GFP_KERNEL);

	if (!q)
		return -ENOMEM;
	while (!q->cookie)
		q->cookie = get_random_u64();
	q->deadline_ns = ktime_get_boottime_ns() + agent->timeout_ns;
	q->report_data = ask->report_data;
	init_completion(&q->done);
	spin_lock(&agents_lock);
	if (agent->over) {
		spin_unlock(&agents_lock);
		kfree(q);
		return -EAGAIN;
	}
	list_add_tail(&q->node, &agent->unread);
	wake(agent);
	spin_unlock(&agents_lock);
	ask->state = q;
	return 0;
}

/* Jiffies stand still in suspend: look at the clock once a second. */
static void await(struct question *q)
{
	u64 now, left;

	while ((now = ktime_get_boottime_ns()) < q->deadline_ns) {
		left = min_t(u64, q->deadline_ns - now, NSEC_PER_SEC);
		if (wait_for_completion_timeout(&q->done, nsecs_to_jiffies(left) + 1))
			return;
	}
}

/* From here on nobody else knows it. */
static void withdraw(struct question *q, int result)
{
	guard(spinlock)(&agents_lock);
	if (!list_empty(&q->node))
		answer(q, result, NULL);
}

static int agent_finish(struct ward_ask *ask, struct ward_evidence *out)
{
	struct question *q = ask->state;
	int rc;

	await(q);
	withdraw(q, -ETIME);
	rc = q->result;
	if (!rc)
		*out = q->ev;
	kfree(q);
	return rc;
}

static void agent_cancel(struct ward_ask *ask)
{
	struct question *q = ask->state;

	withdraw(q, -ECANCELED);
	ward_evidence_free(&q->ev);
	kfree(q);
}

static void agent_free(struct ward_provider *provider)
{
	kfree(to_agent(provider));
}

static const struct ward_provider_ops agent_ops = {
	.kind = WARD_PROVIDER_AGENT,
	.start = agent_start,
	.finish = agent_finish,
	.cancel = agent_cancel,
	.release = agent_free,
};

/* ---- reading -------------------------------------------------------------------- */

/* The oldest question goes out; false where there is none. */
static bool take(struct ward_agent *agent, struct ward_agent_request *req)
{
	struct question *q;

	guard(spinlock)(&agents_lock);
	q = list_first_entry_or_null(&agent->unread, struct question, node);
	if (!q)
		return false;
	list_move_tail(&q->node, &agent->unanswered);
	*req = (struct ward_agent_request) {
		.size = sizeof(*req),
		.cookie = q->cookie,
		.deadline_ns = q->deadline_ns,
	};
	memcpy(req->report_data, q->report_data, WARD_DIGEST_LEN);
	return true;
}

/* It could not be handed over. */
static void untake(struct ward_agent *agent, u64 cookie)
{
	struct question *q;

	guard(spinlock)(&agents_lock);
	q = find(&agent->unanswered, cookie);
	if (!q)
		return;
	list_move(&q->node, &agent->unread);
	wake(agent);
}

static __poll_t readable(struct ward_agent *agent)
{
	guard(spinlock)(&agents_lock);
	return (list_empty(&agent->unread) && !agent->over ? 0 : EPOLLIN | EPOLLRDNORM) |
	       (agent->over ? EPOLLHUP : 0);
}

static ssize_t agent_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct ward_agent *agent = file->private_data;
	struct ward_agent_request req;

	if (len < sizeof(req))
		return -EINVAL;
	while (!take(agent, &req)) {
		if (readable(agent) & EPOLLHUP)
			return 0;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(agent->wait, readable(agent)))
			return -ERESTARTSYS;
	}
	if (!copy_to_user(buf, &req, sizeof(req)))
		return sizeof(req);
	untake(agent, req.cookie);
	return -EFAULT;
}

static __poll_t agent_poll(struct file *file, struct poll_table_struct *table)
{
	struct ward_agent *agent = file->private_data;

	poll_wait(file, &agent->wait, table);
	return readable(agent);
}

/* ---- replying --------------------------------------------------------------------- */

static bool error_known(u32 error)
{
	switch (error) {
	case EPERM:
	case EIO:
	case ENXIO:
	case ENOMEM:
	case EBUSY:
	case EBADMSG:
	case EOVERFLOW:
		return true;
	default:
		return false;
	}
}

static int check_error(const struct ward_agent_reply *cmd)
{
	if (!error_known(cmd->error) || cmd->data_len || cmd->aux_len ||
	    cmd->manifest_len || cmd->data_addr || cmd->aux_addr || cmd->manifest_addr)
		return -EINVAL;
	return 0;
}

static int check_reply(const struct ward_agent_reply *cmd)
{
	if (cmd->error)
		return check_error(cmd);
	if (cmd->data_len > WARD_EVIDENCE_MAX || cmd->aux_len > WARD_AUX_MAX ||
	    cmd->manifest_len > WARD_MANIFEST_MAX)
		return -EMSGSIZE;
	if ((cmd->data_addr && !cmd->data_len) || (cmd->aux_addr && !cmd->aux_len) ||
	    (cmd->manifest_addr && !cmd->manifest_len))
		return -EINVAL;
	return 0;
}

/* Before anything is read or allocated for it. */
static int peek(struct ward_agent *agent, u64 cookie, u8 *report_data)
{
	const struct question *q;

	guard(spinlock)(&agents_lock);
	q = find(&agent->unanswered, cookie);
	if (!q)
		return -ENOENT;
	memcpy(report_data, q->report_data, WARD_DIGEST_LEN);
	return 0;
}

static int copy_bytes(u64 addr, u32 len, u8 **out, size_t *out_len)
{
	void *data;

	if (!len)
		return 0;
	data = vmemdup_user(u64_to_user_ptr(addr), len);
	if (IS_ERR(data))
		return PTR_ERR(data);
	*out = data;
	*out_len = len;
	return 0;
}

static int copy_evidence(const struct ward_agent_reply *cmd, struct ward_evidence *ev)
{
	ev->generation = cmd->generation;
	return copy_bytes(cmd->data_addr, cmd->data_len, &ev->data, &ev->data_len) ?:
	       copy_bytes(cmd->aux_addr, cmd->aux_len, &ev->aux, &ev->aux_len) ?:
	       copy_bytes(cmd->manifest_addr, cmd->manifest_len, &ev->manifest,
			  &ev->manifest_len);
}

/* Takes @ev over where the question is still there. */
static int deliver(struct ward_agent *agent, u64 cookie, int result,
		   const struct ward_evidence *ev)
{
	struct question *q;

	guard(spinlock)(&agents_lock);
	q = find(&agent->unanswered, cookie);
	if (!q)
		return -ENOENT;
	answer(q, result, ev);
	return 0;
}

static int reply_evidence(struct ward_agent *agent, const struct ward_agent_reply *cmd,
			  const u8 *report_data)
{
	/* By whom it is, is filled in by who asked. */
	struct ward_evidence ev = { .tee = agent->provider.facts.tee };
	int checked, rc;

	memcpy(ev.provider, agent->provider.facts.name, sizeof(ev.provider));
	rc = copy_evidence(cmd, &ev);
	if (rc)
		goto out_free;
	checked = ward_evidence_check(&ev, report_data);
	rc = deliver(agent, cmd->cookie, checked, checked ? NULL : &ev);
	if (!rc && !checked)
		return 0;
	rc = rc ?: checked;
out_free:
	ward_evidence_free(&ev);
	return rc;
}

/**
 * ward_cmd_agent_reply() - WARD_AGENT_REPLY
 * @call: with an agent and a struct ward_agent_reply
 *
 * Return: 0 or what ward_agent.h says
 */
int ward_cmd_agent_reply(struct ward_call *call)
{
	struct ward_agent *agent = call->object;
	const struct ward_agent_reply *cmd = call->cmd;
	u8 report_data[WARD_DIGEST_LEN];
	int rc;

	rc = check_reply(cmd) ?: peek(agent, cmd->cookie, report_data);
	if (rc)
		return rc;
	if (cmd->error)
		return deliver(agent, cmd->cookie, -(int)cmd->error, NULL);
	return reply_evidence(agent, cmd, report_data);
}

/* ---- the file ---------------------------------------------------------------------- */

static void fail_all(struct list_head *questions)
{
	struct question *q, *next;

	lockdep_assert_held(&agents_lock);
	list_for_each_entry_safe(q, next, questions, node)
		answer(q, -ENXIO, NULL);
}

static int agent_release(struct inode *inode, struct file *file)
{
	struct ward_agent *agent = file->private_data;

	ward_provider_unbind(&agent->provider);
	spin_lock(&agents_lock);
	agent->over = true;
	fail_all(&agent->unread);
	fail_all(&agent->unanswered);
	spin_unlock(&agents_lock);
	ward_provider_put(&agent->provider);
	return 0;
}

static const struct file_operations agent_fops = {
	.owner = THIS_MODULE,
	.release = agent_release,
	.read = agent_read,
	.poll = agent_poll,
	.unlocked_ioctl = ward_ioctl_agent,
	.compat_ioctl = compat_ptr_ioctl,
};

/* ---- binding ------------------------------------------------------------------------- */

static bool name_ok(const u8 *name)
{
	size_t len = strnlen(name, WARD_LABEL_LEN), i;

	if (!len || len == WARD_LABEL_LEN ||
	    memchr_inv(name + len, 0, WARD_LABEL_LEN - len))
		return false;
	for (i = 0; i < len; i++)
		if (!isascii(name[i]) || !isgraph(name[i]))
			return false;
	return true;
}

static int check_bind(const struct ward_agent_bind *cmd)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (cmd->reserved || !name_ok(cmd->name) ||
	    cmd->timeout_ms > WARD_AGENT_TIMEOUT_MAX_MS)
		return -EINVAL;
	if (cmd->tee > WARD_TEE_AZURE_TDX && cmd->tee != WARD_TEE_SIMULATED)
		return -EOPNOTSUPP;
	return 0;
}

static struct ward_agent *agent_new(const struct ward_agent_bind *cmd)
{
	struct ward_agent *agent = kzalloc(sizeof(*agent), GFP_KERNEL_ACCOUNT);
	u32 timeout = cmd->timeout_ms ?: WARD_AGENT_TIMEOUT_MS;

	if (!agent)
		return NULL;
	ward_provider_init(&agent->provider, &agent_ops, cmd->name, cmd->tee, cmd->flags);
	agent->timeout_ns = (u64)timeout * NSEC_PER_MSEC;
	INIT_LIST_HEAD(&agent->unread);
	INIT_LIST_HEAD(&agent->unanswered);
	init_waitqueue_head(&agent->wait);
	return agent;
}

/* The elder one is asked no more, and what it has not read is for the heir. */
static void take_over(struct ward_agent *heir, struct ward_agent *elder)
{
	guard(spinlock)(&agents_lock);
	elder->over = true;
	list_splice_tail_init(&elder->unread, &heir->unread);
	wake(elder);
	wake(heir);
}

/* The caller has been told the descriptor: nothing can fail any more. */
static void agent_commit(struct file *file)
{
	struct ward_agent *agent = file->private_data;
	struct ward_provider *elder = ward_provider_bind(&agent->provider);

	if (!elder)
		return;
	take_over(agent, to_agent(elder));
	ward_provider_put(elder);
}

static int agent_open(struct ward_agent *agent, struct ward_call *call)
{
	struct ward_agent_bind *cmd = call->cmd;
	struct file *file;
	int fd = get_unused_fd_flags(O_CLOEXEC);

	if (fd < 0)
		return fd;
	file = anon_inode_getfile("[ward-agent]", &agent_fops, agent, O_RDWR);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	stream_open(file_inode(file), file);
	call->publish = file;
	call->commit = agent_commit;
	call->fd = fd;
	cmd->out_fd = fd;
	return 0;
}

/**
 * ward_cmd_agent_bind() - WARD_AGENT_BIND
 * @call: with a session and a struct ward_agent_bind
 *
 * Return: 0, and the agent is bound once the answer has been written; or what
 * ward_agent.h says
 */
int ward_cmd_agent_bind(struct ward_call *call)
{
	const struct ward_agent_bind *cmd = call->cmd;
	struct ward_agent *agent;
	int rc = check_bind(cmd);

	if (rc)
		return rc;
	agent = agent_new(cmd);
	if (!agent)
		return -ENOMEM;
	rc = ward_provider_seat(&agent->provider);
	if (rc)
		goto err_put;
	rc = agent_open(agent, call);
	if (rc)
		goto err_seat;
	return 0;

err_seat:
	ward_provider_unbind(&agent->provider);
err_put:
	ward_provider_put(&agent->provider);
	return rc;
}
