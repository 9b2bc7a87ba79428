// SPDX-License-Identifier: GPL-2.0-only
/*
 * EVENT_GET: records of one chain, or of all in the order in which they were
 * made. And EVENT_NTF, to the group "events", for each as it is made.
 */
#include <net/net_namespace.h>

#include "control.h"
#include "journal.h"

/* ---- one record --------------------------------------------------------------- */

static int put_record(struct sk_buff *skb, const u8 *session, const struct ward_event *ev)
{
	return nla_put(skb, WARD_A_SESSION_ID, WARD_ID_LEN, session) ?:
	       nla_put(skb, WARD_A_EVENT, sizeof(*ev), ev);
}

static int put_of_chain(struct sk_buff *skb, const void *what)
{
	const struct ward_entry *entry = what;

	return put_record(skb, entry->session, &entry->event);
}

static int put_entry(struct sk_buff *skb, const void *what)
{
	const struct ward_entry *entry = what;

	return ward_put_u64(skb, WARD_A_EVENT_SEQ, entry->seq) ?:
	       put_record(skb, entry->session, &entry->event);
}

/* ---- EVENT_GET ---------------------------------------------------------------- */

/**
 * struct event_dump - where a dump goes on
 * @seq: of the last record that was told
 * @of_chain: the records of one chain, ...
 * @session: ... of this session, or the global one (zero)
 */
struct event_dump {
	u64 seq;
	bool of_chain;
	u8 session[WARD_ID_LEN];
};

static struct event_dump *dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct event_dump) > sizeof(cb->ctx));
	return (struct event_dump *)cb->ctx;
}

static bool is_session(const struct event_dump *dump)
{
	return dump->of_chain && memchr_inv(dump->session, 0, WARD_ID_LEN);
}

/* Whoever may see a session may see its records; the rest is an administrator's. */
static int may_dump(struct netlink_callback *cb, const struct event_dump *dump)
{
	struct ward_asker asker = ward_control_asker(cb->skb);
	struct ward_session *session;
	bool may;

	if (!is_session(dump))
		return asker.admin ? 0 : -EPERM;
	session = ward_session_find(dump->session);
	if (!session)
		return -ENOENT;
	may = ward_control_may_see(&asker, session);
	ward_session_put(session);
	return may ? 0 : -EPERM;
}

int ward_control_events_start(struct netlink_callback *cb)
{
	struct event_dump *dump = dump_of(cb);
	const struct nlattr *id = ward_control_asked(cb, WARD_A_SESSION_ID);
	const struct nlattr *from = ward_control_asked(cb, WARD_A_FROM_SEQ);

	memset(dump, 0, sizeof(*dump));
	dump->seq = from ? nla_get_u64(from) : 0;
	dump->of_chain = id;
	if (id)
		memcpy(dump->session, nla_data(id), WARD_ID_LEN);
	return may_dump(cb, dump);
}

static int dump_chain(struct sk_buff *skb, struct netlink_callback *cb,
		      struct ward_account *acct)
{
	struct event_dump *dump = dump_of(cb);
	struct ward_entry entry;
	int rc = 0;

	memcpy(entry.session, dump->session, WARD_ID_LEN);
	while (!rc && ward_ledger_record_after(acct, dump->seq, &entry.event)) {
		rc = ward_control_part(skb, cb, WARD_GENL_CMD_EVENT_GET, put_of_chain,
				       &entry);
		if (!rc)
			dump->seq = le64_to_cpu(entry.event.seq);
	}
	return rc;
}

/* It may have ended since the dump began: its records are gone with it. */
static int dump_session(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ward_session *session = ward_session_find(dump_of(cb)->session);
	int rc;

	if (!session)
		return -ENOENT;
	rc = dump_chain(skb, cb, &session->account);
	ward_session_put(session);
	return rc;
}

static int dump_journal(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct event_dump *dump = dump_of(cb);
	struct ward_entry entry;
	int rc = 0;

	while (!rc && ward_journal_after(dump->seq, &entry)) {
		rc = ward_control_part(skb, cb, WARD_GENL_CMD_EVENT_GET, put_entry, &entry);
		if (!rc)
			dump->seq = entry.seq;
	}
	return rc;
}

int ward_control_events(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct event_dump *dump = dump_of(cb);
	int rc;

	if (is_session(dump))
		rc = dump_session(skb, cb);
	else if (dump->of_chain)
		rc = dump_chain(skb, cb, NULL);
	else
		rc = dump_journal(skb, cb);
	/* A full message is no error: the next one goes on after @seq. */
	return skb->len ? skb->len : rc;
}

/* ---- EVENT_NTF ---------------------------------------------------------------- */

static bool anybody_listens(void)
{
	return genl_has_listeners(&ward_family, &init_net, WARD_GROUP_EVENTS);
}

/* From a work item. */
static void tell(const struct ward_entry *entry)
{
	ward_control_multicast(WARD_GROUP_EVENTS,
			       nla_total_size_64bit(sizeof(entry->seq)) +
			       nla_total_size(sizeof(entry->session)) +
			       nla_total_size(sizeof(entry->event)),
			       WARD_GENL_CMD_EVENT_NTF, put_entry, entry);
}

const struct ward_journal_ops ward_control_journal = {
	.heard = anybody_listens,
	.tell = tell,
};
