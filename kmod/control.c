// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control plane: generic netlink family "ward", see ward_netlink.h.
 *
 * Rights are checked here and not by flags: GENL_ADMIN_PERM would let in
 * CAP_NET_ADMIN. What needs an administrator needs CAP_SYS_ADMIN in the
 * initial user namespace of both who sends and who opened the socket. The
 * family exists in the initial network namespace only.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "control.h"
#include "evidence.h"
#include "journal.h"

static const struct nla_policy no_attrs[WARD_A_PAD + 1];
static const struct nla_policy session_attrs[WARD_A_SESSION_ID + 1] = {
	[WARD_A_SESSION_ID] = NLA_POLICY_EXACT_LEN(WARD_ID_LEN),
};

static const struct nla_policy uid_attrs[WARD_A_UID + 1] = {
	[WARD_A_UID] = { .type = NLA_U32 },
};

static const struct nla_policy limit_attrs[WARD_A_LIMIT_SESSION + 1] = {
	[WARD_A_LIMIT] = { .type = NLA_U64 },
	[WARD_A_UID] = { .type = NLA_U32 },
	[WARD_A_LIMIT_USER] = { .type = NLA_U64 },
	[WARD_A_LIMIT_SESSION] = { .type = NLA_U64 },
};

static const struct nla_policy event_attrs[WARD_A_FROM_SEQ + 1] = {
	[WARD_A_SESSION_ID] = NLA_POLICY_EXACT_LEN(WARD_ID_LEN),
	[WARD_A_FROM_SEQ] = { .type = NLA_U64 },
};

static const struct nla_policy pace_attrs[WARD_A_COOLDOWN_MS + 1] = {
	[WARD_A_CALL_MS] = { .type = NLA_U32 },
	[WARD_A_CALL_BURST] = { .type = NLA_U32 },
	[WARD_A_ASK_MS] = { .type = NLA_U32 },
	[WARD_A_ASK_BURST] = { .type = NLA_U32 },
	[WARD_A_COOLDOWN_MS] = { .type = NLA_U32 },
};

static const struct nla_policy policy_attrs[WARD_A_LATCHES + 1] = {
	[WARD_A_PURPOSES] = { .type = NLA_U32 },
	[WARD_A_RULE] = { .type = NLA_NESTED },
	[WARD_A_POSTURE] = { .type = NLA_U64 },
	[WARD_A_REFUSE] = { .type = NLA_U32 },
	[WARD_A_LATCHES] = { .type = NLA_U32 },
};

/* ---- who asks ------------------------------------------------------------- */

/*
 * In the context of sendmsg(). A socket that changed hands counts for nobody,
 * so that no privileged program can be made to ask for its opener.
 */
struct ward_asker ward_control_asker(struct sk_buff *skb)
{
	kuid_t opener = READ_ONCE(NETLINK_CB(skb).sk->sk_uid);
	struct ward_asker asker = {
		.admin = netlink_capable(skb, CAP_SYS_ADMIN),
		.uid = uid_eq(opener, current_euid()) ? opener : INVALID_UID,
	};

	return asker;
}

bool ward_control_may_see(const struct ward_asker *asker,
			  const struct ward_session *session)
{
	return asker->admin ||
	       (uid_valid(asker->uid) && uid_eq(asker->uid, session->uid));
}

int ward_control_admin(struct sk_buff *skb, struct genl_info *info)
{
	if (netlink_capable(skb, CAP_SYS_ADMIN))
		return 0;
	NL_SET_ERR_MSG(info->extack, "needs CAP_SYS_ADMIN in the initial user namespace");
	return -EPERM;
}

/* The macros for this take a literal only. */
int ward_control_refuse(struct genl_info *info, const struct nlattr *attr,
			const char *why)
{
	if (info->extack)
		info->extack->_msg = why;
	NL_SET_BAD_ATTR(info->extack, attr);
	return -EINVAL;
}

/* ---- replies ---------------------------------------------------------------- */

int ward_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, WARD_A_PAD);
}

int ward_control_reply_room(struct genl_info *info, size_t room, u8 cmd,
			    int (*put)(struct sk_buff *skb, const void *what),
			    const void *what)
{
	struct sk_buff *skb = genlmsg_new(room, GFP_KERNEL);
	void *head;

	if (!skb)
		return -ENOMEM;
	head = genlmsg_put_reply(skb, info, &ward_family, 0, cmd);
	if (!head || put(skb, what)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return genlmsg_reply(skb, info);
}

int ward_control_reply(struct genl_info *info, u8 cmd,
		       int (*put)(struct sk_buff *skb, const void *what),
		       const void *what)
{
	return ward_control_reply_room(info, NLMSG_GOODSIZE, cmd, put, what);
}

int ward_control_part(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
		      int (*put)(struct sk_buff *skb, const void *what),
		      const void *what)
{
	void *head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				 &ward_family, NLM_F_MULTI, cmd);

	if (!head)
		return -EMSGSIZE;
	if (put(skb, what)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

void ward_control_multicast(int group, size_t room, u8 cmd,
			    int (*put)(struct sk_buff *skb, const void *what),
			    const void *what)
{
	struct sk_buff *skb = genlmsg_new(room, GFP_KERNEL);
	void *head;

	if (!skb)
		return;
	head = genlmsg_put(skb, 0, 0, &ward_family, 0, cmd);
	if (!head || put(skb, what)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	genlmsg_multicast(&ward_family, skb, 0, group, GFP_KERNEL);
}

const struct nlattr *ward_control_asked(struct netlink_callback *cb, int type)
{
	return nla_find(nlmsg_attrdata(cb->nlh, GENL_HDRLEN),
			nlmsg_attrlen(cb->nlh, GENL_HDRLEN), type);
}

/* ---- STATUS_GET ------------------------------------------------------------------ */

static int put_posture(struct sk_buff *skb)
{
	struct ward_posture posture;

	ward_claims_posture(&posture);
	return ward_put_u64(skb, WARD_A_POSTURE, posture.bits) ?:
	       ward_put_u64(skb, WARD_A_POSTURE_KNOWN, posture.known) ?:
	       ward_put_u64(skb, WARD_A_TAINT, posture.taint) ?:
	       nla_put_u32(skb, WARD_A_TEE, posture.tee);
}

static int put_module(struct sk_buff *skb)
{
	u8 build_id[sizeof_field(struct ward_claims, build_id)];

	ward_build_id(build_id);
	return nla_put_u32(skb, WARD_A_ABI, WARD_ABI_VERSION) ?:
	       nla_put_u32(skb, WARD_A_MODULE_VERSION, WARD_VERSION_CODE) ?:
	       nla_put(skb, WARD_A_BUILD_ID, sizeof(build_id), build_id) ?:
	       nla_put(skb, WARD_A_INSTANCE, WARD_ID_LEN, ward_instance) ?:
	       ward_put_u64(skb, WARD_A_FEATURES, ward_session_features());
}

static int put_status(struct sk_buff *skb, const void *what)
{
	const struct ward_global *all = what;
	u32 live, tombstones;

	ward_session_counts(&live, &tombstones);
	return put_module(skb) ?: put_posture(skb) ?:
	       nla_put_u32(skb, WARD_A_SESSIONS, live) ?:
	       nla_put_u32(skb, WARD_A_TOMBSTONES, tombstones) ?:
	       ward_put_u64(skb, WARD_A_GLOBAL_SEQ, all->seq) ?:
	       nla_put(skb, WARD_A_GLOBAL_HEAD, WARD_HEAD_LEN, all->head) ?:
	       ward_put_ledger(skb, all);
}

static int status_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ward_global all;

	ward_ledger_global(&all);
	return ward_control_reply(info, WARD_GENL_CMD_STATUS_GET, put_status, &all);
}

/* ---- PROVIDER_GET -------------------------------------------------------------------- */

static int put_provider(struct sk_buff *skb, const void *what)
{
	const struct ward_attest_stats *stats = what;
	struct ward_provider_facts facts;
	int rc = 0;

	if (!ward_provider_primary(&facts))
		rc = nla_put_string(skb, WARD_A_PROVIDER, facts.name) ?:
		     ward_put_u64(skb, WARD_A_GENERATION, facts.generation);
	return rc ?: ward_put_u64(skb, WARD_A_CALLS, stats->calls) ?:
	       ward_put_u64(skb, WARD_A_ERRORS, stats->errors) ?:
	       ward_put_u64(skb, WARD_A_SERVED, stats->served) ?:
	       nla_put_u32(skb, WARD_A_QUEUED, stats->queued) ?:
	       ward_put_pace(skb, stats);
}

static int provider_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ward_attest_stats stats;
	int rc = ward_control_admin(skb, info);

	if (rc)
		return rc;
	ward_attest_stats(&stats);
	return ward_control_reply(info, WARD_GENL_CMD_PROVIDER_GET, put_provider, &stats);
}

/* ---- the family ------------------------------------------------------------------------- */

static const struct genl_ops ward_genl_ops[] = {
	{
		.cmd = WARD_GENL_CMD_STATUS_GET,
		.doit = status_doit,
		.policy = no_attrs,
		.maxattr = ARRAY_SIZE(no_attrs) - 1,
	},
	{
		.cmd = WARD_GENL_CMD_SESSION_GET,
		.doit = ward_control_session,
		.start = ward_control_sessions_start,
		.dumpit = ward_control_sessions,
		.policy = session_attrs,
		.maxattr = ARRAY_SIZE(session_attrs) - 1,
	},
	{
		.cmd = WARD_GENL_CMD_SESSION_REVOKE,
		.doit = ward_control_revoke,
		.policy = session_attrs,
		.maxattr = ARRAY_SIZE(session_attrs) - 1,
	},
	{
		.cmd = WARD_GENL_CMD_BUFFER_GET,
		.start = ward_control_buffers_start,
		.dumpit = ward_control_buffers,
		.policy = session_attrs,
		.maxattr = ARRAY_SIZE(session_attrs) - 1,
	},
	{
		.cmd = WARD_GENL_CMD_PRESSURE_GET,
		.doit = ward_control_pressure,
		.policy = no_attrs,
		.maxattr = ARRAY_SIZE(no_attrs) - 1,
	},
	{
		.cmd = WARD_GENL_CMD_PROVIDER_GET,
		.doit = provider_doit,
		.start = ward_control_providers_start,
		.dumpit = ward_control_providers,
		.policy = no_attrs,
		.maxattr = ARRAY_SIZE(no_attrs) - 1,
	},
	{
		.cmd = WARD_GENL_CMD_LIMIT_GET,
		.doit = ward_control_limit_get,
		.policy = uid_attrs,
		.maxattr = ARRAY_SIZE(uid_attrs) - 1,
	},
	{
		.cmd = WARD_GENL_CMD_LIMIT_SET,
		.doit = ward_control_limit_set,
		.policy = limit_attrs,
		.maxattr = ARRAY_SIZE(limit_attrs) - 1,
	},
	{
		.cmd = WARD_GENL_CMD_EVENT_GET,
		.start = ward_control_events_start,
		.dumpit = ward_control_events,
		.policy = event_attrs,
		.maxattr = ARRAY_SIZE(event_attrs) - 1,
	},
	{
		.cmd = WARD_GENL_CMD_PACE_SET,
		.doit = ward_control_pace_set,
		.policy = pace_attrs,
		.maxattr = ARRAY_SIZE(pace_attrs) - 1,
	},
	{
		.cmd = WARD_GENL_CMD_POLICY_GET,
		.doit = ward_control_policy_get,
		.policy = no_attrs,
		.maxattr = ARRAY_SIZE(no_attrs) - 1,
	},
	{
		.cmd = WARD_GENL_CMD_POLICY_SET,
		.doit = ward_control_policy_set,
		.policy = policy_attrs,
		.maxattr = ARRAY_SIZE(policy_attrs) - 1,
	},
};

static const struct genl_multicast_group ward_groups[] = {
	[WARD_GROUP_PRESSURE] = {
		.name = WARD_GENL_GROUP_PRESSURE,
		.flags = GENL_MCAST_CAP_SYS_ADMIN,
	},
	[WARD_GROUP_EVENTS] = {
		.name = WARD_GENL_GROUP_EVENTS,
		.flags = GENL_MCAST_CAP_SYS_ADMIN,
	},
};

struct genl_family ward_family __ro_after_init = {
	.name = WARD_GENL_NAME,
	.version = WARD_GENL_VERSION,
	.netnsok = false,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = ward_genl_ops,
	.n_ops = ARRAY_SIZE(ward_genl_ops),
	.mcgrps = ward_groups,
	.n_mcgrps = ARRAY_SIZE(ward_groups),
	.resv_start_op = WARD_GENL_CMD_UNSPEC + 1,
};

int ward_control_init(void)
{
	int rc = genl_register_family(&ward_family);

	if (rc)
		return rc;
	ward_pressure_tell(ward_control_tell);
	ward_journal_listen(&ward_control_journal);
	return 0;
}

void ward_control_exit(void)
{
	ward_journal_listen(NULL);
	ward_pressure_tell(NULL);
	genl_unregister_family(&ward_family);
}
