// SPDX-License-Identifier: MIT
/* Leases, from the text of struct ward_lease. See shadow.h. */
#include "shadow.h"

#include <errno.h>
#include <openssl/sha.h>
#include <string.h>

static bool is_none(const uint8_t *head)
{
	static const uint8_t none[WARD_HEAD_LEN];

	return !memcmp(head, none, WARD_HEAD_LEN);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}

static bool is_wrong(const struct ward_lease *cmd)
{
	if (cmd->deadline_ns >> 63 || cmd->term_ns > WARD_LEASE_TERM_MAX_NS)
		return true;
	if (cmd->flags & WARD_LEASE_RENEW)
		return cmd->deadline_ns || cmd->term_ns || !is_none(cmd->anchor);
	return !is_none(cmd->proof) || !cmd->term_ns != is_none(cmd->anchor);
}

static int set(struct shadow_lease *l, const struct ward_lease *cmd, uint64_t now)
{
	if (cmd->deadline_ns && cmd->deadline_ns <= now)
		return -EINVAL;
	if (cmd->deadline_ns && l->deadline && cmd->deadline_ns > l->deadline)
		return -EPERM;
	if (cmd->term_ns && l->term)
		return -EPERM;
	if (cmd->deadline_ns)
		l->deadline = cmd->deadline_ns;
	l->expires = earlier(l->expires, cmd->deadline_ns);
	if (cmd->term_ns) {
		l->term = cmd->term_ns;
		memcpy(l->anchor, cmd->anchor, WARD_HEAD_LEN);
		l->link = 0;
	}
	return 0;
}

static int renew(struct shadow_lease *l, const uint8_t *proof)
{
	uint8_t digest[WARD_HEAD_LEN];

	if (!l->term)
		return -EINVAL;
	SHA256(proof, WARD_HEAD_LEN, digest);
	if (memcmp(digest, l->anchor, WARD_HEAD_LEN))
		return -EKEYREJECTED;
	memcpy(l->anchor, proof, WARD_HEAD_LEN);
	l->link++;
	return 0;
}

static bool only_asks(const struct ward_lease *cmd)
{
	return !cmd->flags && !cmd->deadline_ns && !cmd->term_ns;
}

int shadow_lease(struct shadow *s, int session, const struct ward_lease *cmd, uint64_t now)
{
	struct shadow_session *a = &s->sessions[session];
	int ret;

	if (is_wrong(cmd))
		return -EINVAL;
	if (only_asks(cmd))
		return 0;
	if (a->state & (WARD_STATE_REVOKED | WARD_STATE_EXPIRED))
		return -ESHUTDOWN;
	ret = cmd->flags ? renew(&a->lease, cmd->proof) : set(&a->lease, cmd, now);
	if (!ret)
		shadow_record(s, a, (struct shadow_record){
			.type = WARD_EVENT_LEASE, .reason = cmd->flags ? 1 : 0 });
	return ret;
}

bool shadow_lease_told(struct shadow *s, int session, const struct ward_lease *cmd,
		       uint64_t before, uint64_t after)
{
	struct shadow_session *a = &s->sessions[session];
	struct shadow_lease *l = &a->lease;
	bool anew = cmd->flags || cmd->term_ns;

	if (cmd->out_deadline_ns != l->deadline || cmd->out_term_ns != l->term ||
	    memcmp(cmd->out_anchor, l->anchor, WARD_HEAD_LEN))
		return false;
	if (anew && (cmd->out_expires_ns < earlier(l->deadline, before + l->term) ||
		     cmd->out_expires_ns > earlier(l->deadline, after + l->term)))
		return false;
	if (!anew && cmd->out_expires_ns != l->expires)
		return false;
	l->expires = cmd->out_expires_ns;
	if (!only_asks(cmd))
		a->ring[(a->seq - 1) % RING].id = l->expires;
	return true;
}

void shadow_lease_ends(struct shadow *s, int session)
{
	struct shadow_session *a = &s->sessions[session];

	a->state |= WARD_STATE_EXPIRED;
	shadow_record(s, a, (struct shadow_record){
		.type = WARD_EVENT_LEASE, .reason = 2, .id = a->lease.expires,
		.bytes = a->live_all });
	shadow_notice(a, WARD_NOTICE_LEASE, 0);
	shadow_end_all(s, session, WARD_END_LEASE, false);
}
