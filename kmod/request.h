/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What request.c, queue.c and attest.c share: a request for evidence from the
 * moment it is queued until it is answered.
 */
#ifndef WARD_REQUEST_H
#define WARD_REQUEST_H

#include <linux/completion.h>

#include "evidence.h"
#include "kept.h"
#include "pace.h"
#include "ward.h"

/**
 * struct ward_batch - the answer to requests that waited together
 * @ref: held by the worker and by each request that it answered
 * @evidence: for all
 * @raw: it is the answer to one request, whose leaf is the report data
 * @tree: of whose nodes each caller takes its own path
 */
struct ward_batch {
	struct kref ref;
	struct ward_evidence_set evidence;
	bool raw;
	struct ward_merkle tree;
};

/**
 * struct ward_request - a call of WARD_ATTEST on its way
 * @ref: held by the caller, and by the queue or the worker
 * @place: in the queue or the worker's list; alone where it is raw
 * @queued: it is in the queue; queue.c's lock, as is @place while it is
 * @moment: before its claims were composed
 * @retry_ns: with -EAGAIN and -EHOSTDOWN: how long until it is worth asking again
 * @flags: REQ_DONE
 * @done: completed by who set REQ_DONE, after the next three
 * @result: 0 or -errno
 * @batch: referenced, where @result is 0
 * @index: of its leaf
 * @session: referenced
 * @submitted_ns: CLOCK_BOOTTIME
 * @claims: constant once queued; nobody is shown those of a raw request
 * @leaf: of @claims; raw: the report data
 */
struct ward_request {
	struct kref ref;
	struct ward_place place;
	bool queued;
	struct ward_moment moment;
	u64 retry_ns;
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

struct ward_request *ward_request_new(struct ward_session *session);
void ward_request_put(struct ward_request *req);
int ward_request_submit(struct ward_request *req, u64 deadline_ns);
int ward_request_await(struct ward_request *req, u64 deadline_ns);
u32 ward_request_path(const struct ward_request *req, u8 (*path)[WARD_DIGEST_LEN]);

/* ---- queue.c: between request.c's two sides ------------------------------- */

/**
 * struct ward_called - how a call of the provider went
 * @rc: 0 or -errno
 * @verdict: what that says about the provider
 * @leaves: requests that it served, or would have
 * @cost_ns: how long it took
 */
struct ward_called {
	int rc;
	enum ward_verdict verdict;
	unsigned int leaves;
	u64 cost_ns;
};

void ward_queue_init(void);
int ward_queue_join(struct ward_request *req, u64 deadline_ns);
bool ward_queue_leave(struct ward_request *req);
unsigned int ward_queue_take(struct list_head *taken, u64 *wait_ns);
void ward_queue_reused(void);
void ward_queue_called(const struct ward_called *call, struct list_head *shut_out);

#endif /* WARD_REQUEST_H */
