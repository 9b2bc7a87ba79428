/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What request.c and attest.c share: a request for evidence from the moment it
 * is queued until it is answered.
 */
#ifndef WARD_REQUEST_H
#define WARD_REQUEST_H

#include <linux/completion.h>

#include "evidence.h"
#include "ward.h"

/**
 * struct ward_batch - the answer to requests that waited together
 * @ref: held by the worker and by each request that it answered
 * @evidence: for all
 * @n: leaves
 * @leaves: from which each caller takes its own path
 */
struct ward_batch {
	struct kref ref;
	struct ward_evidence_set evidence;
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

struct ward_request *ward_request_new(struct ward_session *session);
void ward_request_put(struct ward_request *req);
int ward_request_submit(struct ward_request *req, u64 *retry_after_ns);
int ward_request_await(struct ward_request *req, u64 deadline_ns);
u32 ward_request_path(const struct ward_request *req, u8 (*path)[WARD_DIGEST_LEN]);

#endif /* WARD_REQUEST_H */
