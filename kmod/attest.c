// SPDX-License-Identifier: GPL-2.0-only
/*
 * WARD_ATTEST: what may be asked, and how the answer goes out. How requests
 * wait and who calls the provider is request.c's.
 */
#include <linux/mmdebug.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "policy.h"
#include "request.h"

enum { NONCE_MIN = 8 };

#define DEADLINE_DEFAULT_NS	(60ull * NSEC_PER_SEC)

/* ---- what is asked ------------------------------------------------------------------------ */

static int check_nonce(const struct ward_attest *cmd)
{
	if (cmd->nonce_len < NONCE_MIN || cmd->nonce_len > WARD_NONCE_MAX)
		return -EINVAL;
	if (memchr_inv(cmd->nonce + cmd->nonce_len, 0, WARD_NONCE_MAX - cmd->nonce_len))
		return -EINVAL;
	return 0;
}

/* What the claims would hold beside it is not for the caller of a raw one to say. */
static int check_raw(const struct ward_attest *cmd)
{
	const u8 *zeroes = cmd->binding + WARD_BINDING_LEN - WARD_RAW_ZEROES;

	if (cmd->nonce_len || cmd->max_age_ns || memchr_inv(cmd->nonce, 0, WARD_NONCE_MAX) ||
	    memchr_inv(cmd->subject, 0, WARD_ID_LEN) ||
	    memchr_inv(zeroes, 0, WARD_RAW_ZEROES))
		return -EINVAL;
	return 0;
}

static bool is_raw(const struct ward_attest *cmd)
{
	return cmd->purpose == WARD_PURPOSE_RAW;
}

static int check_state(struct ward_session *session)
{
	struct ward_totals totals;

	ward_ledger_totals(&session->account, &totals);
	return totals.state & WARD_STATE_REVOKED ? -ESHUTDOWN : 0;
}

static int check_provider(void)
{
	struct ward_provider_facts facts;

	return ward_provider_primary(&facts);
}

/* What of the policy it was is told with the error. */
static int denied(struct ward_call *call, const struct ward_denial *why)
{
	struct ward_attest *cmd = call->cmd;

	cmd->out_denied = why->why;
	cmd->out_denied_by = why->by;
	call->reply_on_error = true;
	return -EACCES;
}

static int check_policy(struct ward_call *call)
{
	const struct ward_attest *cmd = call->cmd;
	struct ward_denial why;

	return ward_policy_admits(cmd->purpose, &why) ? denied(call, &why) : 0;
}

static int check_request(struct ward_call *call)
{
	const struct ward_attest *cmd = call->cmd;

	if (cmd->purpose < WARD_PURPOSE_RELEASE || cmd->purpose > WARD_PURPOSE_RAW)
		return -EOPNOTSUPP;
	return (is_raw(cmd) ? check_raw(cmd) : check_nonce(cmd)) ?:
	       check_state(call->object) ?: check_policy(call) ?: check_provider();
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
	if (!ended || claims->live_a || claims->live_shared)
		return -EINVAL;
	VM_WARN_ON_ONCE(claims->wiped_buffers != claims->alloc_buffers);
	return 0;
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
		/* A copy of nothing costs as much as one of a few bytes. */
		if (parts[i].len && copy_to_user(u64_to_user_ptr(parts[i].addr),
						 parts[i].data, parts[i].len))
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

static int deliver(struct ward_call *call, const struct ward_answer *answer)
{
	struct ward_attest *cmd = call->cmd;
	const struct ward_evidence_set *set = answer->evidence;
	const struct ward_evidence *ev = &set->primary;
	struct answer_part parts[] = {
		{ answer->claims, answer->leaves ? WARD_CLAIMS_SIZE : 0, cmd->claims_addr,
		  &cmd->claims_len },
		{ answer->path, answer->path_len, cmd->path_addr, &cmd->path_len },
		{ ev->data, ev->data_len, cmd->evidence_addr, &cmd->evidence_len },
		{ ev->aux, ev->aux_len, cmd->aux_addr, &cmd->aux_len, true },
		{ ev->manifest, ev->manifest_len, cmd->manifest_addr,
		  &cmd->manifest_len, true },
		{ set->more, set->more_len, cmd->more_addr, &cmd->more_len, true },
	};

	cmd->out_index = answer->index;
	cmd->out_leaves = answer->leaves;
	cmd->out_tee = le32_to_cpu(answer->claims->tee);
	cmd->out_generation = ev->generation;
	cmd->out_retry_after_ns = 0;
	cmd->out_parts = set->parts;
	cmd->out_age_ns = answer->age_ns;
	memcpy(cmd->out_provider, ev->provider, WARD_LABEL_LEN);
	return deliver_parts(call, parts, ARRAY_SIZE(parts));
}

/* What was had for this request; who may ask for it again has it kept. */
static int deliver_new(struct ward_call *call, const struct ward_request *req)
{
	const struct ward_attest *cmd = call->cmd;
	u8 path[WARD_PATH_NODES_MAX][WARD_DIGEST_LEN];
	const struct ward_answer answer = {
		.claims = &req->claims,
		.path = path,
		.path_len = ward_request_path(req, path) * WARD_DIGEST_LEN,
		.index = req->index,
		.leaves = req->batch->raw ? 0 : req->batch->tree.n,
		.evidence = &req->batch->evidence,
	};

	if (cmd->max_age_ns)
		ward_kept_put_by(req->session, cmd, &req->moment, &answer);
	return deliver(call, &answer);
}

/* 0 or -errno of an answer that was kept; 1 = there is none to give. */
static int deliver_kept(struct ward_call *call)
{
	struct ward_answer answer;
	struct ward_kept *kept = ward_kept_find(call->object, call->cmd, &answer);
	int rc;

	if (!kept)
		return 1;
	rc = deliver(call, &answer);
	ward_kept_release(kept);
	if (!rc)
		ward_queue_reused();
	return rc;
}

/*
 * Room that cannot suffice costs no call of the provider. What will be needed
 * is not known yet: the lengths say what always suffices.
 */
static int refuse_no_room(struct ward_call *call)
{
	struct ward_attest *cmd = call->cmd;
	u32 claims = is_raw(cmd) ? 0 : WARD_CLAIMS_SIZE;

	if (cmd->claims_len >= claims && cmd->evidence_len)
		return 0;
	cmd->claims_len = claims;
	cmd->path_len = claims ? WARD_PATH_NODES_MAX * WARD_DIGEST_LEN : 0;
	cmd->evidence_len = WARD_EVIDENCE_MAX;
	cmd->aux_len = WARD_AUX_MAX;
	cmd->manifest_len = WARD_MANIFEST_MAX;
	cmd->more_len = WARD_MORE_MAX;
	call->reply_on_error = true;
	return -EMSGSIZE;
}

/* Claims are composed for raw report data too: the policy judges by them. */
static int prepare(struct ward_call *call, struct ward_request *req)
{
	const struct ward_attest *cmd = call->cmd;
	struct ward_denial why;
	int rc;

	req->moment = ward_moment_now(&req->session->account);
	rc = ward_claims_fill(req->session, cmd, &req->claims) ?:
	     check_claims(&req->claims);
	if (rc)
		return rc;
	if (ward_policy_judge(&req->claims, &why))
		return denied(call, &why);
	req->place.alone = is_raw(cmd);
	if (is_raw(cmd))
		memcpy(req->leaf, cmd->binding, WARD_DIGEST_LEN);
	else
		ward_merkle_leaf(&req->claims, req->leaf);
	return 0;
}

static int ask(struct ward_call *call, struct ward_request *req)
{
	struct ward_attest *cmd = call->cmd;
	u64 deadline = cmd->deadline_ns;
	int rc;

	if (!deadline)
		deadline = ktime_get_boottime_ns() + DEADLINE_DEFAULT_NS;
	rc = prepare(call, req);
	if (rc)
		return rc;
	if (fatal_signal_pending(current))
		return -EINTR;
	if (ktime_get_boottime_ns() >= deadline)
		return -ETIME;
	rc = ward_request_submit(req, deadline) ?: ward_request_await(req, deadline);
	if (rc == -EAGAIN || rc == -EHOSTDOWN) {
		cmd->out_retry_after_ns = req->retry_ns;
		call->reply_on_error = true;
	}
	return rc ?: deliver_new(call, req);
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
	struct ward_attest *cmd = call->cmd;
	struct ward_request *req;
	int rc;

	/* Whatever is answered, but a denial. */
	cmd->out_denied = WARD_DENIED_NOT;
	cmd->out_denied_by = 0;
	rc = cmd->reserved ? -EINVAL : deliver_kept(call);
	if (rc <= 0)
		return rc;
	rc = check_request(call) ?: refuse_no_room(call);
	if (rc)
		return rc;
	req = ward_request_new(call->object);
	if (!req)
		return -ENOMEM;
	rc = ask(call, req);
	ward_request_put(req);
	return rc;
}
