// SPDX-License-Identifier: MIT
/* Who may ask for evidence: the administrator's policy. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control_private.h"

#define MESSAGE_ROOM 16384u	/* WARD_ATTEST_RULES_MAX rules of 24 bytes, and the rest */

/* ---- the policy in force --------------------------------------------------------- */

static int rule_read(struct nlattr *nest, void *entry)
{
	struct ward_attest_rule *rule = entry;
	struct answer in;

	if (nla_parse_nested(in.attr, WARD_A_MAX, nest, control_policy) < 0 ||
	    !in.attr[WARD_A_UID] == !in.attr[WARD_A_GID])
		return -EBADMSG;
	rule->is_group = in.attr[WARD_A_GID] != NULL;
	rule->id = get_u32(&in, rule->is_group ? WARD_A_GID : WARD_A_UID);
	rule->purposes = get_u32(&in, WARD_A_PURPOSES);
	return 0;
}

static int rules_read(const struct answer *a, struct ward_attest_policy *policy)
{
	struct nests nests = {
		.size = sizeof(*policy->rule), .most = WARD_ATTEST_RULES_MAX, .read = rule_read,
	};
	int err = get_nests(a, WARD_A_RULE, &nests);

	policy->rule = nests.entry;
	policy->rules = nests.count;
	return err;
}

static int policy_valid(const struct answer *a, void *arg)
{
	struct ward_attest_policy *policy = arg;

	if (!a->attr[WARD_A_PURPOSES] || !a->attr[WARD_A_POLICY_HASH] || policy->rule)
		return -EBADMSG;
	policy->purposes = get_u32(a, WARD_A_PURPOSES);
	policy->refuse = get_u32(a, WARD_A_REFUSE);
	policy->latches = get_u32(a, WARD_A_LATCHES);
	policy->posture = get_u64(a, WARD_A_POSTURE);
	get_bytes(a, WARD_A_POLICY_HASH, policy->hash, sizeof(policy->hash));
	return rules_read(a, policy);
}

int ward_control_policy(struct ward_control *control, struct ward_attest_policy **out)
{
	struct ward_attest_policy *policy = calloc(1, sizeof(*policy));
	int err;

	if (!policy)
		return -ENOMEM;
	err = control_ask(control, control_command(control, WARD_GENL_CMD_POLICY_GET, NLM_F_ACK),
			  policy_valid, policy);
	if (err) {
		ward_attest_policy_free(policy);
		return err;
	}
	*out = policy;
	return 0;
}

void ward_attest_policy_free(struct ward_attest_policy *policy)
{
	if (!policy)
		return;
	free(policy->rule);
	free(policy);
}

/* ---- another one ------------------------------------------------------------------- */

/* The order in which the kernel wants them, so that one policy has one hash. */
static int by_kind_and_id(const void *left, const void *right)
{
	const struct ward_attest_rule *a = left, *b = right;

	if (a->is_group != b->is_group)
		return a->is_group ? 1 : -1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static int put_rule(struct nl_msg *msg, const struct ward_attest_rule *rule)
{
	struct nlattr *nest = nla_nest_start(msg, WARD_A_RULE);

	if (!nest || nla_put_u32(msg, rule->is_group ? WARD_A_GID : WARD_A_UID, rule->id) ||
	    nla_put_u32(msg, WARD_A_PURPOSES, rule->purposes))
		return -ENOMEM;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_rules(struct nl_msg *msg, const struct ward_attest_policy *policy)
{
	struct ward_attest_rule sorted[WARD_ATTEST_RULES_MAX];
	size_t i;

	if (!policy->rules)
		return 0;
	memcpy(sorted, policy->rule, policy->rules * sizeof(sorted[0]));
	qsort(sorted, policy->rules, sizeof(sorted[0]), by_kind_and_id);
	for (i = 0; i < policy->rules; i++)
		if (put_rule(msg, &sorted[i]))
			return -ENOMEM;
	return 0;
}

static int put_policy(struct nl_msg *msg, const struct ward_attest_policy *policy)
{
	if (nla_put_u32(msg, WARD_A_PURPOSES, policy->purposes) ||
	    nla_put_u32(msg, WARD_A_REFUSE, policy->refuse) ||
	    nla_put_u64(msg, WARD_A_POSTURE, policy->posture) ||
	    nla_put_u32(msg, WARD_A_LATCHES, policy->latches))
		return -ENOMEM;
	return put_rules(msg, policy);
}

int ward_control_policy_set(struct ward_control *control,
			    const struct ward_attest_policy *policy)
{
	struct nl_msg *msg;

	if (policy->rules > WARD_ATTEST_RULES_MAX)
		return -EINVAL;
	msg = control_command_sized(control, WARD_GENL_CMD_POLICY_SET, NLM_F_ACK, MESSAGE_ROOM);
	if (msg && put_policy(msg, policy)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return control_tell(control, msg);
}
