// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests for evidence: one bounded queue, one worker of ward's own.
 *
 * The provider is never called in the context of who asks. A caller that is
 * killed in the middle of a hardware call, or that asks for nonsense, must not
 * be able to spoil the channel to the firmware for everybody (sev-guest wipes
 * its key on most failures). All requests that wait when the worker comes
 * round, up to 64, become the leaves of one Merkle tree and share one call.
 *
 * The contract of a request: submit() returns 0 and the request is completed
 * exactly once, or -errno and it never is. Who sets REQ_DONE completes it: the
 * worker with the provider's answer, or the caller who gives up waiting. A
 * request that its caller left stays whole until the worker has let go of it.
 *
 * queue_lock is a leaf. Nobody waits for the provider with any lock held.
 */
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "ward.h"

enum {
	QUEUE_MAX = 256,		/* requests waiting */
	NONCE_MIN = 8,
};

#define DEADLINE_DEFAULT_NS	(60ull * NSEC_PER_SEC)
#define COST_FIRST_NS		(50ull * NSEC_PER_MSEC)	/* guess before any call */

enum { REQ_DONE };

/**
 * struct ward_batch - the answer to requests that waited together
 * @ref: held by the worker and by each request that it answered
 * @ev: one piece of evidence for all
 * @n: leaves
 * @leaves: from which each caller takes its own path
 */
struct ward_batch {
	struct kref ref;
	struct ward_evidence ev;
	unsigned int n;
	u8 leaves[WARD_PATH_MAX][WARD_DIGEST_LEN];
};

/**
 * struct ward_request - a call of WARD_ATTEST on its way
 * @ref: held by the caller, and by the queue or the worker
 * @node: in the queue or the worker's list
 * @queued: it is in the queue; queue_lock, as is @node
 * @flags: REQ_DONE
 * @done: completed by who set REQ_DONE, after the next three
 * @result: 0 or -errno
 * @batch: referenced, where @result is 0
 * @index: of its leaf
 * @session: referenced
 * @submitted_ns: CLOCK_BOOTTIME
 * @claims: constant once queued
 * @leaf: of @claims
 */
struct ward_request {
	struct kref ref;
	struct list_head node;
	bool queued;
	unsigned long flags;
	struct completion done;
	int result;
	struct ward_batch *batch;
	unsigned int index;
	struct ward_session *session;
	u64 submitted_ns;
	u8 leaf[WARD_DIGEST_LEN];
	struct ward_claims claims;
};

static const struct ward_provider_ops *provider = &ward_tsm_ops;

static DEFINE_SPINLOCK(queue_lock);	/* protects the next three */
static LIST_HEAD(queue);
static struct ward_attest_stats stats;
static u64 call_cost_ns = COST_FIRST_NS;	/* moving average */

static struct workqueue_struct *attest_wq;
static void attest_work_fn(struct work_struct *work);
static DECLARE_WORK(attest_work, attest_work_fn);

/* ---- lifetime ---------------------------------------------------------------- */

static void batch_release(struct kref *ref)
{
	struct ward_batch *batch = container_of(ref, struct ward_batch, ref);

	ward_evidence_free(&batch->ev);
	kfree(batch);
}

static void batch_put(struct ward_batch *batch)
{
	kref_put(&batch->ref, batch_release);
}

/* May be the session's last reference: sleeps. */
static void request_release(struct kref *ref)
{
	struct ward_request *req = container_of(ref, struct ward_request, ref);

	if (req->batch)
		batch_put(req->batch);
	ward_session_put(req->session);
	kfree_sensitive(req);
	/* Whoever runs this is the caller, whose file pins us, or our worker,
	 * whom ward_attest_exit() waits for.
	 */
	module_put(THIS_MODULE);
}

static void request_put(struct ward_request *req)
{
	kref_put(&req->ref, request_release);
}

static struct ward_request *request_new(struct ward_session *session)
{
	struct ward_request *req = kzalloc(sizeof(*req), GFP_KERNEL_ACCOUNT);

	if (!req)
		return NULL;
	kref_init(&req->ref);
	INIT_LIST_HEAD(&req->node);
	init_completion(&req->done);
	ward_session_get(session);
	req->session = session;
	/* Requests outlive their caller's file: the module must not go. */
	__module_get(THIS_MODULE);
	return req;
}

/* ---- completion: exactly once --------------------------------------------------- */

static void record_outcome(struct ward_request *req)
{
	struct ward_event ev = {
		.type = cpu_to_le16(req->result ? WARD_EVENT_ATTEST_FAIL :
						  WARD_EVENT_ATTEST_OK),
		.reason = cpu_to_le16(-req->result),
		.id = cpu_to_le64(le32_to_cpu(req->claims.purpose)),
		.cost_ns = cpu_to_le64(ktime_get_boottime_ns() - req->submitted_ns),
	};

	memcpy(ev.detail, req->leaf, sizeof(ev.detail));
	ward_ledger_record(&req->session->account, &ev);
}

/* False when another was first; @batch may be NULL with an error. */
static bool complete_request(struct ward_request *req, int result,
			     struct ward_batch *batch, unsigned int index)
{
	if (test_and_set_bit(REQ_DONE, &req->flags))
		return false;
	req->result = result;
	if (!result) {
		kref_get(&batch->ref);
		req->batch = batch;
		req->index = index;
	}
	record_outcome(req);
	complete_all(&req->done);	/* may be waited for twice */
	return true;
}

/* ---- the worker --------------------------------------------------------------------- */

static unsigned int take_waiting(struct list_head *taken)
{
	struct ward_request *req, *next;
	unsigned int n = 0;

	guard(spinlock)(&queue_lock);
	list_for_each_entry_safe(req, next, &queue, node) {
		if (n == WARD_PATH_MAX)
			break;
		list_move_tail(&req->node, taken);
		req->queued = false;
		n++;
	}
	stats.queued -= n;
	return n;
}

static struct ward_batch *batch_new(struct list_head *requests, unsigned int n)
{
	struct ward_batch *batch = kzalloc(sizeof(*batch), GFP_KERNEL);
	struct ward_request *req;
	unsigned int i = 0;

	if (!batch)
		return NULL;
	kref_init(&batch->ref);
	batch->n = n;
	list_for_each_entry(req, requests, node)
		memcpy(batch->leaves[i++], req->leaf, WARD_DIGEST_LEN);
	return batch;
}

static const u8 (*batch_leaves(const struct ward_batch *batch))[WARD_DIGEST_LEN]
{
	return (const u8 (*)[WARD_DIGEST_LEN])batch->leaves;
}

static void account_call(u64 cost_ns, int rc, unsigned int served)
{
	guard(spinlock)(&queue_lock);
	stats.calls++;
	if (rc)
		stats.errors++;
	else
		stats.served += served;
	call_cost_ns = (call_cost_ns * 7 + cost_ns) / 8;
}

/* Provider's own errors are EIO: what they mean is not in our contract. */
static int public_error(int rc)
{
	switch (rc) {
	case 0:
	case -ENODEV:
	case -ENXIO:
	case -EBADMSG:
	case -EOVERFLOW:
	case -ENOMEM:
		return rc;
	default:
		return -EIO;
	}
}

static int call_provider(struct ward_batch *batch)
{
	u8 root[WARD_DIGEST_LEN], report_data[WARD_DIGEST_LEN];
	u64 start = ktime_get_boottime_ns();
	int rc;

	ward_merkle_root(batch_leaves(batch), batch->n, root);
	ward_merkle_report_data(root, report_data);
	rc = public_error(provider->get(report_data, &batch->ev));
	account_call(ktime_get_boottime_ns() - start, rc, batch->n);
	return rc;
}

/* Claims that name one TEE must not stand beside evidence of another. */
static int answer_for(const struct ward_request *req, const struct ward_batch *batch,
		      int rc)
{
	u32 tee = batch ? batch->ev.tee : WARD_TEE_NONE;

	if (!rc && tee != WARD_TEE_NONE && tee != le32_to_cpu(req->claims.tee))
		return -EBADMSG;
	return rc;
}

static void serve(struct list_head *requests, unsigned int n)
{
	struct ward_batch *batch = batch_new(requests, n);
	int rc = batch ? call_provider(batch) : -ENOMEM;
	struct ward_request *req, *next;
	unsigned int i = 0;

	list_for_each_entry_safe(req, next, requests, node) {
		list_del_init(&req->node);
		complete_request(req, answer_for(req, batch, rc), batch, i++);
		request_put(req);
	}
	if (batch)
		batch_put(batch);
}

static void attest_work_fn(struct work_struct *work)
{
	LIST_HEAD(requests);
	unsigned int n;

	while ((n = take_waiting(&requests)))
		serve(&requests, n);
}

/* ---- the caller's side ---------------------------------------------------------------- */

/* 0: the queue holds a reference and will complete it. -EAGAIN: full. */
static int submit(struct ward_request *req, u64 *retry_after_ns)
{
	req->submitted_ns = ktime_get_boottime_ns();
	spin_lock(&queue_lock);
	if (stats.queued >= QUEUE_MAX) {
		*retry_after_ns = call_cost_ns * (QUEUE_MAX / WARD_PATH_MAX);
		spin_unlock(&queue_lock);
		return -EAGAIN;
	}
	kref_get(&req->ref);
	req->queued = true;
	list_add_tail(&req->node, &queue);
	stats.queued++;
	spin_unlock(&queue_lock);
	queue_work(attest_wq, &attest_work);
	return 0;
}

/* Take it back where the worker hasn't taken it yet. */
static void unqueue(struct ward_request *req)
{
	bool was_queued;

	spin_lock(&queue_lock);
	was_queued = req->queued;
	if (was_queued) {
		list_del_init(&req->node);
		req->queued = false;
		stats.queued--;
	}
	spin_unlock(&queue_lock);
	if (was_queued)
		request_put(req);
}

/*
 * Jiffies stand still in suspend and CLOCK_BOOTTIME does not: look at the
 * clock once a second.
 */
static int wait_until(struct ward_request *req, u64 deadline_ns)
{
	u64 now;
	long rc;

	while ((now = ktime_get_boottime_ns()) < deadline_ns) {
		rc = nsecs_to_jiffies(min_t(u64, deadline_ns - now, NSEC_PER_SEC)) + 1;
		rc = wait_for_completion_killable_timeout(&req->done, rc);
		if (rc)
			return rc > 0 ? 0 : -EINTR;
	}
	return -ETIME;
}

static int await_answer(struct ward_request *req, u64 deadline_ns)
{
	int rc = wait_until(req, deadline_ns);

	if (rc && complete_request(req, rc, NULL, 0)) {
		unqueue(req);
		return rc;
	}
	/* The worker was first: it completes in a moment. */
	wait_for_completion(&req->done);
	return req->result;
}

/* ---- what is asked ------------------------------------------------------------------------ */

static int check_nonce(const struct ward_attest *cmd)
{
	if (cmd->nonce_len < NONCE_MIN || cmd->nonce_len > WARD_NONCE_MAX)
		return -EINVAL;
	if (memchr_inv(cmd->nonce + cmd->nonce_len, 0, WARD_NONCE_MAX - cmd->nonce_len))
		return -EINVAL;
	return 0;
}

static int check_state(struct ward_session *session)
{
	struct ward_totals totals;

	ward_ledger_totals(&session->account, &totals);
	return totals.state & WARD_STATE_REVOKED ? -ESHUTDOWN : 0;
}

static int check_provider(void)
{
	char name[WARD_LABEL_LEN];
	u64 generation;

	return provider->peek(name, &generation);
}

static int check_request(struct ward_session *session, const struct ward_attest *cmd)
{
	if (cmd->purpose < WARD_PURPOSE_RELEASE || cmd->purpose > WARD_PURPOSE_REPORT)
		return -EOPNOTSUPP;
	return check_nonce(cmd) ?: check_state(session) ?: check_provider();
}

/*
 * What depends on the figures is asked of the claims themselves, which are of
 * one moment: a receipt is for a session that holds nothing and never will.
 */
static int check_claims(const struct ward_claims *claims)
{
	u32 ended = le32_to_cpu(claims->state) &
		    (WARD_STATE_SEALED | WARD_STATE_TOMBSTONE);

	if (le32_to_cpu(claims->purpose) != WARD_PURPOSE_RECEIPT)
		return 0;
	return ended && !claims->live_a && !claims->live_shared ? 0 : -EINVAL;
}

/* ---- what is answered ----------------------------------------------------------------------- */

struct answer_part {
	const void *data;
	u32 len;
	u64 addr;
	u32 *cap;		/* in: room; out: used or needed */
	bool optional;		/* no address and no room: not wanted */
};

static bool part_wanted(const struct answer_part *part)
{
	return !part->optional || part->addr || *part->cap;
}

static int copy_parts(struct answer_part *parts, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!part_wanted(&parts[i]))
			continue;
		if (copy_to_user(u64_to_user_ptr(parts[i].addr), parts[i].data,
				 parts[i].len))
			return -EFAULT;
		*parts[i].cap = parts[i].len;
	}
	return 0;
}

static int deliver_parts(struct ward_call *call, struct answer_part *parts,
			 unsigned int n)
{
	bool fits = true;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (part_wanted(&parts[i]) && parts[i].len > *parts[i].cap)
			fits = false;
	if (fits)
		return copy_parts(parts, n);
	for (i = 0; i < n; i++)
		*parts[i].cap = parts[i].len;
	call->reply_on_error = true;
	return -EMSGSIZE;
}

static int deliver(struct ward_call *call, const struct ward_request *req)
{
	struct ward_attest *cmd = call->cmd;
	const struct ward_batch *batch = req->batch;
	const struct ward_evidence *ev = &batch->ev;
	u8 path[WARD_PATH_NODES_MAX][WARD_DIGEST_LEN];
	u32 nodes = ward_merkle_path(batch_leaves(batch), batch->n, req->index, path);
	struct answer_part parts[] = {
		{ &req->claims, WARD_CLAIMS_SIZE, cmd->claims_addr, &cmd->claims_len },
		{ path, nodes * WARD_DIGEST_LEN, cmd->path_addr, &cmd->path_len },
		{ ev->data, ev->data_len, cmd->evidence_addr, &cmd->evidence_len },
		{ ev->aux, ev->aux_len, cmd->aux_addr, &cmd->aux_len, true },
		{ ev->manifest, ev->manifest_len, cmd->manifest_addr,
		  &cmd->manifest_len, true },
	};

	cmd->out_index = req->index;
	cmd->out_leaves = batch->n;
	cmd->out_tee = le32_to_cpu(req->claims.tee);
	cmd->out_generation = ev->generation;
	cmd->out_retry_after_ns = 0;
	memcpy(cmd->out_provider, ev->provider, WARD_LABEL_LEN);
	return deliver_parts(call, parts, ARRAY_SIZE(parts));
}

/*
 * Room that cannot suffice costs no call of the provider. What will be needed
 * is not known yet: the lengths say what always suffices.
 */
static int refuse_no_room(struct ward_call *call)
{
	struct ward_attest *cmd = call->cmd;

	if (cmd->claims_len >= WARD_CLAIMS_SIZE && cmd->evidence_len)
		return 0;
	cmd->claims_len = WARD_CLAIMS_SIZE;
	cmd->path_len = WARD_PATH_NODES_MAX * WARD_DIGEST_LEN;
	cmd->evidence_len = WARD_EVIDENCE_MAX;
	cmd->aux_len = WARD_AUX_MAX;
	cmd->manifest_len = WARD_MANIFEST_MAX;
	call->reply_on_error = true;
	return -EMSGSIZE;
}

static int ask(struct ward_call *call, struct ward_request *req)
{
	struct ward_attest *cmd = call->cmd;
	u64 deadline = cmd->deadline_ns;
	int rc;

	if (!deadline)
		deadline = ktime_get_boottime_ns() + DEADLINE_DEFAULT_NS;
	rc = ward_claims_fill(req->session, cmd, &req->claims) ?:
	     check_claims(&req->claims);
	if (rc)
		return rc;
	if (fatal_signal_pending(current))
		return -EINTR;
	if (ktime_get_boottime_ns() >= deadline)
		return -ETIME;
	ward_merkle_leaf(&req->claims, req->leaf);
	rc = submit(req, &cmd->out_retry_after_ns);
	if (rc) {
		call->reply_on_error = true;
		return rc;
	}
	return await_answer(req, deadline) ?: deliver(call, req);
}

/**
 * ward_cmd_attest() - WARD_ATTEST: evidence over claims about the caller
 * @call: with a session and a struct ward_attest
 *
 * Waits for the provider, without any lock, until the request's deadline; only
 * a fatal signal ends the wait early.
 *
 * Return: 0 or what include/uapi/linux/ward.h says
 */
int ward_cmd_attest(struct ward_call *call)
{
	struct ward_session *session = call->object;
	struct ward_request *req;
	int rc;

	rc = check_request(session, call->cmd) ?: refuse_no_room(call);
	if (rc)
		return rc;
	req = request_new(session);
	if (!req)
		return -ENOMEM;
	rc = ask(call, req);
	request_put(req);
	return rc;
}

/* ---- the room ----------------------------------------------------------------------------------- */

u64 ward_attest_features(void)
{
#ifdef WARD_HAVE_TSM
	return WARD_FEATURE_ATTEST;
#else
	return 0;
#endif
}

void ward_attest_stats(struct ward_attest_stats *out)
{
	guard(spinlock)(&queue_lock);
	*out = stats;
}

int ward_attest_init(void)
{
	attest_wq = alloc_ordered_workqueue("ward-attest", 0);
	return attest_wq ? 0 : -ENOMEM;
}

/* No request is left, since each holds the module; the worker may just end. */
void ward_attest_exit(void)
{
	destroy_workqueue(attest_wq);
}
