// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests for evidence: their lives, and the one worker of ward's own that
 * empties the queue.
 *
 * The provider is never called in the context of who asks. A caller that is
 * killed in the middle of a hardware call, or that asks for nonsense, must not
 * be able to spoil the channel to the firmware for everybody (sev-guest wipes
 * its key on most failures). Calls are paced (gate.c); all requests that wait
 * when there may be one, up to 64, become the leaves of one Merkle tree and
 * share it; but one whose report data the caller chose has its call alone.
 *
 * The contract of a request: ward_request_submit() returns 0 and the request is
 * completed exactly once, or -errno and it never is. Who sets REQ_DONE completes
 * it: the worker with the provider's answer, or the caller who gives up
 * waiting. A request that its caller left stays whole until the worker has let
 * go of it.
 *
 * Nobody waits for the provider with any lock held.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "request.h"

enum { REQ_DONE };

static struct workqueue_struct *attest_wq;
static void attest_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(attest_work, attest_work_fn);

/* ---- lifetime ---------------------------------------------------------------- */

static void batch_release(struct kref *ref)
{
	struct ward_batch *batch = container_of(ref, struct ward_batch, ref);

	ward_evidence_set_free(&batch->evidence);
	kvfree(batch);
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

/* May sleep: may drop the last reference to the session. */
void ward_request_put(struct ward_request *req)
{
	kref_put(&req->ref, request_release);
}

/**
 * ward_request_new() - a request, not yet queued
 * @session: that asks; referenced
 *
 * The caller fills in claims and leaf before it submits.
 *
 * Return: the request with one reference, or NULL
 */
struct ward_request *ward_request_new(struct ward_session *session)
{
	struct ward_request *req = kzalloc(sizeof(*req), GFP_KERNEL_ACCOUNT);

	if (!req)
		return NULL;
	kref_init(&req->ref);
	INIT_LIST_HEAD(&req->place.node);
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

static struct ward_batch *batch_new(struct list_head *requests, unsigned int n)
{
	struct ward_batch *batch = kvzalloc(sizeof(*batch), GFP_KERNEL);
	struct ward_request *req;
	unsigned int i = 0;

	if (!batch)
		return NULL;
	kref_init(&batch->ref);
	batch->tree.n = n;
	list_for_each_entry(req, requests, place.node) {
		batch->raw = req->place.alone;
		memcpy(batch->tree.node[i++], req->leaf, WARD_DIGEST_LEN);
	}
	ward_merkle_grow(&batch->tree);
	return batch;
}

static int call_provider(struct ward_batch *batch)
{
	u8 report_data[WARD_DIGEST_LEN];

	if (batch->raw)
		return ward_provider_evidence(batch->tree.root, &batch->evidence);
	ward_merkle_report_data(batch->tree.root, report_data);
	return ward_provider_evidence(report_data, &batch->evidence);
}

/* Claims that name one TEE must not stand beside evidence of another. */
static int answer_for(const struct ward_request *req, const struct ward_batch *batch,
		      int rc)
{
	u32 tee = batch ? batch->evidence.primary.tee : WARD_TEE_NONE;

	if (!rc && tee != WARD_TEE_NONE && tee != le32_to_cpu(req->claims.tee))
		return -EBADMSG;
	return rc;
}

/* Its claims were composed while the providers were those of now. */
static bool of_now(const struct ward_request *req)
{
	return req->moment.providers == ward_ledger_providers();
}

/*
 * A provider that goes while it is asked has failed nobody. One that still stands
 * there and says that it is gone has: a TEE whose key to the hardware is lost.
 */
static enum ward_verdict judge_gone(const struct list_head *requests)
{
	const struct ward_request *req;

	list_for_each_entry(req, requests, place.node)
		if (of_now(req))
			return WARD_VERDICT_FAILED;
	return WARD_VERDICT_NEUTRAL;
}

/*
 * What the answer says about the provider. Claims were composed before the
 * call: evidence of another TEE is its fault only if it is the same provider.
 */
static enum ward_verdict judge(const struct list_head *requests,
			       const struct ward_batch *batch, int rc)
{
	const struct ward_request *req;

	switch (rc) {
	case 0:
		break;
	case -EBADMSG:
	case -EOVERFLOW:
		return WARD_VERDICT_GARBAGE;
	case -EIO:
		return WARD_VERDICT_FAILED;
	case -ENXIO:
		return judge_gone(requests);
	default:
		return WARD_VERDICT_NEUTRAL;
	}
	list_for_each_entry(req, requests, place.node)
		if (of_now(req) && answer_for(req, batch, 0))
			return WARD_VERDICT_GARBAGE;
	return WARD_VERDICT_GOOD;
}

static void answer_all(struct list_head *requests, struct ward_batch *batch, int rc)
{
	struct ward_request *req, *next;
	unsigned int i = 0;

	list_for_each_entry_safe(req, next, requests, place.node) {
		list_del_init(&req->place.node);
		complete_request(req, answer_for(req, batch, rc), batch, i++);
		ward_request_put(req);
	}
}

static void serve(struct list_head *requests, unsigned int n)
{
	struct ward_batch *batch = batch_new(requests, n);
	u64 start = ktime_get_boottime_ns();
	struct ward_called call = { .leaves = n };
	LIST_HEAD(shut_out);

	call.rc = batch ? call_provider(batch) : -ENOMEM;
	call.verdict = judge(requests, batch, call.rc);
	call.cost_ns = ktime_get_boottime_ns() - start;
	ward_queue_called(&call, &shut_out);
	answer_all(requests, batch, call.rc);
	answer_all(&shut_out, NULL, -EHOSTDOWN);
	if (batch)
		batch_put(batch);
}

static void attest_work_fn(struct work_struct *work)
{
	LIST_HEAD(requests);
	unsigned int n;
	u64 wait;

	while ((n = ward_queue_take(&requests, &wait)))
		serve(&requests, n);
	if (wait)
		queue_delayed_work(attest_wq, &attest_work, nsecs_to_jiffies(wait) + 1);
}

/* ---- the caller's side ---------------------------------------------------------------- */

/**
 * ward_request_submit() - queue a request
 * @req: with claims and leaf, constant from now on
 * @deadline_ns: CLOCK_BOOTTIME
 *
 * Return: 0, and it will be completed exactly once; -EAGAIN or -EHOSTDOWN, and it
 * never will: its retry_ns says when to come again
 */
int ward_request_submit(struct ward_request *req, u64 deadline_ns)
{
	int rc = ward_queue_join(req, deadline_ns);

	/* Where the worker waits for its next call, it goes on waiting. */
	if (!rc)
		queue_delayed_work(attest_wq, &attest_work, 0);
	return rc;
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

/**
 * ward_request_await() - wait for the answer, or give up
 * @req: submitted by the caller
 * @deadline_ns: CLOCK_BOOTTIME
 *
 * Return: 0 and @req has its batch; what the provider answered; -ETIME, or
 * -EINTR for a fatal signal
 */
int ward_request_await(struct ward_request *req, u64 deadline_ns)
{
	int rc = wait_until(req, deadline_ns);

	if (rc && complete_request(req, rc, NULL, 0)) {
		if (ward_queue_leave(req))
			ward_request_put(req);
		return rc;
	}
	/* The worker was first: it completes in a moment. */
	wait_for_completion(&req->done);
	return req->result;
}

/**
 * ward_request_path() - from the request's leaf to the root that was signed
 * @req: answered with 0
 * @path: room for WARD_PATH_NODES_MAX nodes
 *
 * Return: nodes
 */
u32 ward_request_path(const struct ward_request *req, u8 (*path)[WARD_DIGEST_LEN])
{
	return ward_merkle_path(&req->batch->tree, req->index, path);
}

/* ---- the room -------------------------------------------------------------- */

/* Another pace: the worker looks at the clock again. */
void ward_attest_pace(const struct ward_paces *paces)
{
	ward_pace_set(paces);
	mod_delayed_work(attest_wq, &attest_work, 0);
}

int ward_attest_init(void)
{
	ward_queue_init();
	attest_wq = alloc_ordered_workqueue("ward-attest", 0);
	return attest_wq ? 0 : -ENOMEM;
}

/* No request is left, since each holds the module; the worker may just end. */
void ward_attest_exit(void)
{
	cancel_delayed_work_sync(&attest_work);
	destroy_workqueue(attest_wq);
}
