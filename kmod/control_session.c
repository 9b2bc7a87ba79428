// SPDX-License-Identifier: GPL-2.0-only
/*
 * SESSION_GET and SESSION_REVOKE: sessions, to their owners and to
 * administrators; and their end, which administrators alone may bring.
 */
#include "control.h"

static int put_totals(struct sk_buff *skb, const struct ward_totals *t)
{
	return ward_put_u64(skb, WARD_A_LIVE_A, t->live[WARD_KIND_A] +
						t->live[WARD_KIND_SHARED]) ?:
	       ward_put_u64(skb, WARD_A_LIVE_SHARED, t->live[WARD_KIND_SHARED]) ?:
	       ward_put_u64(skb, WARD_A_VOLATILE, t->live_volatile) ?:
	       ward_put_u64(skb, WARD_A_LIVE_B, t->live[WARD_KIND_B]) ?:
	       ward_put_u64(skb, WARD_A_PEAK, t->peak_all) ?:
	       ward_put_u64(skb, WARD_A_FAILED, t->failed) ?:
	       ward_put_u64(skb, WARD_A_WIPED_BYTES, t->wiped_bytes) ?:
	       ward_put_u64(skb, WARD_A_BUFFERS, t->alloc_buffers - t->wiped_buffers) ?:
	       nla_put_u32(skb, WARD_A_STATE, t->state) ?:
	       ward_put_u64(skb, WARD_A_SEQ, t->seq) ?:
	       nla_put(skb, WARD_A_HEAD, WARD_HEAD_LEN, t->head) ?:
	       ward_put_u64(skb, WARD_A_DROPPED, t->dropped);
}

static int put_session(struct sk_buff *skb, const void *what)
{
	/* Figures are read under the ledger's lock, nothing is changed. */
	struct ward_session *session = (struct ward_session *)what;
	struct ward_totals totals;
	u64 limit, expires;
	u32 level;

	ward_ledger_totals(&session->account, &totals);
	expires = totals.terms.expires_ns;
	spin_lock(&ward_ledger_lock);
	limit = ward_ledger_limit(&session->account);
	level = session->account.level;
	spin_unlock(&ward_ledger_lock);
	return nla_put(skb, WARD_A_SESSION_ID, WARD_ID_LEN, session->id) ?:
	       nla_put_u32(skb, WARD_A_UID, le32_to_cpu(session->opener.uid)) ?:
	       nla_put_u32(skb, WARD_A_TGID, le32_to_cpu(session->opener.tgid)) ?:
	       nla_put_string(skb, WARD_A_COMM, session->comm) ?:
	       ward_put_u64(skb, WARD_A_BOOT_NS, session->opened_ns) ?:
	       nla_put_u32(skb, WARD_A_LEVEL, level) ?:
	       ward_put_u64(skb, WARD_A_LIMIT, limit) ?:
	       (expires ? ward_put_u64(skb, WARD_A_LEASE_NS, expires) : 0) ?:
	       ward_put_u64(skb, WARD_A_POOL, ward_pool_bytes(&session->pool)) ?:
	       put_totals(skb, &totals);
}

/* The session that the message names, referenced; or NULL and @rc. */
static struct ward_session *session_named(struct genl_info *info, int *rc)
{
	const struct nlattr *id = info->attrs[WARD_A_SESSION_ID];
	struct ward_session *session;

	*rc = -EINVAL;
	if (!id) {
		NL_SET_ERR_MSG(info->extack, "session id is missing");
		return NULL;
	}
	session = ward_session_find(nla_data(id));
	if (!session) {
		NL_SET_ERR_MSG(info->extack, "no such session; it may have ended");
		*rc = -ENOENT;
	}
	return session;
}

int ward_control_session(struct sk_buff *skb, struct genl_info *info)
{
	struct ward_asker asker = ward_control_asker(skb);
	struct ward_session *session;
	int rc;

	session = session_named(info, &rc);
	if (!session)
		return rc;
	rc = -EPERM;
	if (ward_control_may_see(&asker, session))
		rc = ward_control_reply(info, WARD_GENL_CMD_SESSION_GET,
					put_session, session);
	ward_session_put(session);
	return rc;
}

/* Where a dump goes on: sessions are told in the order of their opening. */
struct session_dump {
	struct ward_asker asker;
	u64 serial;
};

static struct session_dump *dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct session_dump) > sizeof(cb->ctx));
	return (struct session_dump *)cb->ctx;
}

int ward_control_sessions_start(struct netlink_callback *cb)
{
	struct session_dump *dump = dump_of(cb);

	dump->asker = ward_control_asker(cb->skb);
	dump->serial = 0;
	return 0;
}

int ward_control_sessions(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct session_dump *dump = dump_of(cb);
	struct ward_session *session;
	int rc = 0;

	while (!rc && (session = ward_session_after(dump->serial))) {
		if (ward_control_may_see(&dump->asker, session))
			rc = ward_control_part(skb, cb, WARD_GENL_CMD_SESSION_GET,
					       put_session, session);
		if (!rc)
			dump->serial = session->serial;
		ward_session_put(session);
	}
	/* A full message is no error: the next one goes on after @serial. */
	return skb->len ? skb->len : rc;
}

int ward_control_revoke(struct sk_buff *skb, struct genl_info *info)
{
	struct ward_session *session;
	int rc = ward_control_admin(skb, info);

	if (rc)
		return rc;
	session = session_named(info, &rc);
	if (!session)
		return rc;
	ward_session_revoke(session);
	ward_session_put(session);
	return 0;
}
