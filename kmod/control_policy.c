// SPDX-License-Identifier: GPL-2.0-only
/*
 * POLICY_GET and POLICY_SET: who may ask for evidence. A policy is set whole; a
 * message is looked through whole before anything changes. For administrators.
 */
#include <linux/slab.h>
#include <linux/uidgid.h>

#include "control.h"
#include "policy.h"

static const u64 known_posture = WARD_POSTURE_MEM_ENCRYPT | WARD_POSTURE_MODULE_SIG |
				 WARD_POSTURE_HIBERNATION_OFF |
				 WARD_POSTURE_LOCKDOWN_INTEGRITY |
				 WARD_POSTURE_LOCKDOWN_CONF | WARD_POSTURE_EXCLUSIVE |
				 WARD_POSTURE_INIT_ON_FREE;

/* ---- POLICY_GET ------------------------------------------------------------------ */

static int put_rule(struct sk_buff *skb, const struct ward_rule *rule)
{
	struct nlattr *nest = nla_nest_start(skb, WARD_A_RULE);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(skb, rule->kind == WARD_RULE_UID ? WARD_A_UID : WARD_A_GID,
			rule->id) ||
	    nla_put_u32(skb, WARD_A_PURPOSES, rule->purposes)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int put_policy(struct sk_buff *skb, const void *what)
{
	const struct ward_policy *policy = what;
	int rc;
	u32 i;

	rc = nla_put_u32(skb, WARD_A_PURPOSES, policy->otherwise) ?:
	     nla_put_u32(skb, WARD_A_REFUSE, policy->refuse) ?:
	     ward_put_u64(skb, WARD_A_POSTURE, policy->posture) ?:
	     nla_put_u32(skb, WARD_A_LATCHES, policy->latches) ?:
	     nla_put(skb, WARD_A_POLICY_HASH, sizeof(policy->hash), policy->hash);
	for (i = 0; !rc && i < policy->n; i++)
		rc = put_rule(skb, &policy->rules[i]);
	return rc;
}

/* 256 rules of 20 bytes and the rest: more than a usual message holds. */
#define POLICY_ROOM	(256 + WARD_RULES_MAX * 24)

int ward_control_policy_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ward_policy *policy;
	int rc = ward_control_admin(skb, info);

	if (rc)
		return rc;
	policy = ward_policy_copy();
	if (!policy)
		return -ENOMEM;
	rc = ward_control_reply_room(info, POLICY_ROOM, WARD_GENL_CMD_POLICY_GET, put_policy,
				     policy);
	kfree(policy);
	return rc;
}

/* ---- POLICY_SET ------------------------------------------------------------------ */

static const struct nla_policy rule_attrs[WARD_A_GID + 1] = {
	[WARD_A_UID] = { .type = NLA_U32 },
	[WARD_A_GID] = { .type = NLA_U32 },
	[WARD_A_PURPOSES] = { .type = NLA_U32 },
};

static const char *fault_of_id(const struct ward_rule *rule)
{
	if (rule->kind == WARD_RULE_UID && !uid_valid(make_kuid(&init_user_ns, rule->id)))
		return "no user has this uid";
	if (rule->kind == WARD_RULE_GID && !gid_valid(make_kgid(&init_user_ns, rule->id)))
		return "no group has this gid";
	return NULL;
}

static int get_rule(struct genl_info *info, const struct nlattr *attr,
		    struct ward_rule *rule)
{
	struct nlattr *in[ARRAY_SIZE(rule_attrs)];
	const char *fault;
	int rc = nla_parse_nested(in, ARRAY_SIZE(rule_attrs) - 1, attr, rule_attrs,
				  info->extack);

	if (rc)
		return rc;
	if (!in[WARD_A_UID] == !in[WARD_A_GID])
		return ward_control_refuse(info, attr, "a rule names one user or one group");
	if (!in[WARD_A_PURPOSES])
		return ward_control_refuse(info, attr, "a rule says which purposes");
	rule->kind = in[WARD_A_UID] ? WARD_RULE_UID : WARD_RULE_GID;
	rule->id = nla_get_u32(in[WARD_A_UID] ?: in[WARD_A_GID]);
	rule->purposes = nla_get_u32(in[WARD_A_PURPOSES]);
	fault = fault_of_id(rule);
	if (!fault && rule->purposes & ~WARD_PURPOSES_KNOWN)
		fault = "a purpose that is not known";
	return fault ? ward_control_refuse(info, attr, fault) : 0;
}

static u32 count_rules(struct genl_info *info)
{
	const struct nlattr *attr;
	u32 n = 0;
	int rest;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest)
		n += nla_type(attr) == WARD_A_RULE;
	return n;
}

/* Ascending by kind and id: one policy has one form, and one hash. */
static bool in_order(const struct ward_rule *a, const struct ward_rule *b)
{
	return a->kind < b->kind || (a->kind == b->kind && a->id < b->id);
}

static int get_rules(struct genl_info *info, struct ward_policy *policy)
{
	const struct nlattr *attr;
	u32 i = 0;
	int rest, rc;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != WARD_A_RULE)
			continue;
		rc = get_rule(info, attr, &policy->rules[i]);
		if (rc)
			return rc;
		if (i && !in_order(&policy->rules[i - 1], &policy->rules[i]))
			return ward_control_refuse(info, attr,
						   "rules go by uid, then by gid, ascending, none twice");
		i++;
	}
	return 0;
}

/* Absent is 0, but for the purposes of whom no rule names. */
static int get_members(struct genl_info *info, struct ward_policy *policy)
{
	struct nlattr **attrs = info->attrs;

	if (!attrs[WARD_A_PURPOSES])
		return ward_control_refuse(info, NULL,
					   "the purposes of whom no rule names are missing");
	policy->otherwise = nla_get_u32(attrs[WARD_A_PURPOSES]);
	if (policy->otherwise & ~WARD_PURPOSES_KNOWN)
		return ward_control_refuse(info, attrs[WARD_A_PURPOSES],
					   "a purpose that is not known");
	policy->refuse = attrs[WARD_A_REFUSE] ? nla_get_u32(attrs[WARD_A_REFUSE]) : 0;
	if (policy->refuse & ~(WARD_ADVISE_TRACED | WARD_ADVISE_DUMPABLE))
		return ward_control_refuse(info, attrs[WARD_A_REFUSE],
					   "only traced and dumpable processes can be refused");
	policy->posture = attrs[WARD_A_POSTURE] ? nla_get_u64(attrs[WARD_A_POSTURE]) : 0;
	if (policy->posture & ~known_posture)
		return ward_control_refuse(info, attrs[WARD_A_POSTURE],
					   "a fact of the machine that cannot be required");
	policy->latches = attrs[WARD_A_LATCHES] ? nla_get_u32(attrs[WARD_A_LATCHES]) : 0;
	if (policy->latches & ~(WARD_LATCH_RULES | WARD_LATCH_POSTURE | WARD_LATCH_REFUSE))
		return ward_control_refuse(info, attrs[WARD_A_LATCHES],
					   "a latch that is not known");
	return 0;
}

static int set(struct genl_info *info, struct ward_policy *policy)
{
	const char *why = NULL;
	int rc;

	rc = get_members(info, policy) ?: get_rules(info, policy) ?:
	     ward_policy_set(policy, &why);
	if (why && info->extack)
		info->extack->_msg = why;
	return rc;
}

int ward_control_policy_set(struct sk_buff *skb, struct genl_info *info)
{
	u32 n = count_rules(info);
	struct ward_policy *policy;
	int rc = ward_control_admin(skb, info);

	if (rc)
		return rc;
	if (n > WARD_RULES_MAX)
		return ward_control_refuse(info, NULL, "more than 256 rules: name groups");
	policy = ward_policy_new(n);
	if (!policy)
		return -ENOMEM;
	rc = set(info, policy);
	if (rc)
		kfree(policy);
	return rc;
}
