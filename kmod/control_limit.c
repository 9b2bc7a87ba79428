// SPDX-License-Identifier: GPL-2.0-only
/*
 * LIMIT_GET and LIMIT_SET: how much protected memory the machine, each user,
 * each session and a named user may hold. For administrators. A message is
 * looked through whole before the first limit is set.
 */
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/uidgid.h>

#include "control.h"

/* A user is named by number, in the initial user namespace. */
static int name_user(struct genl_info *info, struct ward_limits *limits)
{
	struct nlattr *attr = info->attrs[WARD_A_UID];

	if (!attr)
		return 0;
	limits->uid = nla_get_u32(attr);
	if (uid_valid(make_kuid(&init_user_ns, limits->uid)))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attr, "no user has this uid");
	return -EINVAL;
}

/* ---- LIMIT_GET ------------------------------------------------------------------ */

static int put_limits(struct sk_buff *skb, const void *what)
{
	const struct ward_limits *limits = what;
	bool one = limits->named & BIT(WARD_LIMIT_ONE_USER);

	return ward_put_u64(skb, WARD_A_LIMIT, limits->bytes[WARD_LIMIT_GLOBAL]) ?:
	       ward_put_u64(skb, WARD_A_LIMIT_USER,
			    limits->bytes[one ? WARD_LIMIT_ONE_USER : WARD_LIMIT_USER]) ?:
	       ward_put_u64(skb, WARD_A_LIMIT_SESSION,
			    limits->bytes[WARD_LIMIT_SESSION]) ?:
	       (one ? nla_put_u32(skb, WARD_A_UID, limits->uid) : 0);
}

int ward_control_limit_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ward_limits limits = { 0 };
	int rc = ward_control_admin(skb, info) ?: name_user(info, &limits);

	if (rc)
		return rc;
	if (info->attrs[WARD_A_UID])
		limits.named = BIT(WARD_LIMIT_ONE_USER);
	ward_ledger_get_limits(&limits);
	return ward_control_reply(info, WARD_GENL_CMD_LIMIT_GET, put_limits, &limits);
}

/* ---- LIMIT_SET ------------------------------------------------------------------ */

static const char *fault_of(u64 bytes)
{
	if (!bytes)
		return "a limit of 0 bytes: revoke sessions to take everything away";
	if (bytes > S64_MAX && bytes != U64_MAX)
		return "the limit is negative or beyond 2^63 bytes";
	if (bytes != U64_MAX && !PAGE_ALIGNED(bytes))
		return "the limit is no multiple of the page size";
	return NULL;
}

static int get_limit(struct genl_info *info, int type, enum ward_limit which,
		     struct ward_limits *limits)
{
	const struct nlattr *attr = info->attrs[type];
	const char *fault;

	if (!attr)
		return 0;
	limits->bytes[which] = nla_get_u64(attr);
	limits->named |= BIT(which);
	fault = fault_of(limits->bytes[which]);
	return fault ? ward_control_refuse(info, attr, fault) : 0;
}

static int get_limits(struct genl_info *info, struct ward_limits *limits)
{
	const struct nlattr *uid = info->attrs[WARD_A_UID];
	int rc;

	rc = name_user(info, limits) ?:
	     get_limit(info, WARD_A_LIMIT, WARD_LIMIT_GLOBAL, limits) ?:
	     get_limit(info, WARD_A_LIMIT_USER,
		       uid ? WARD_LIMIT_ONE_USER : WARD_LIMIT_USER, limits) ?:
	     get_limit(info, WARD_A_LIMIT_SESSION, WARD_LIMIT_SESSION, limits);
	if (rc)
		return rc;
	if (uid && !(limits->named & BIT(WARD_LIMIT_ONE_USER)))
		return ward_control_refuse(info, uid, "a user is named, and no limit for them");
	return limits->named ? 0 : ward_control_refuse(info, NULL, "no limit is named");
}

int ward_control_limit_set(struct sk_buff *skb, struct genl_info *info)
{
	struct ward_limits limits = { 0 };
	int rc = ward_control_admin(skb, info) ?: get_limits(info, &limits);

	return rc ?: ward_ledger_set_limits(&limits);
}
