// SPDX-License-Identifier: GPL-2.0-only
/*
 * PACE_SET, and the part of PROVIDER_GET that tells of asking: how fast it may
 * be done, when the provider is called next, and whether it is left alone. For
 * administrators. A message is looked through whole before anything is set.
 */
#include "control.h"

static const int knob_attrs[WARD_PACE_KNOBS] = {
	[WARD_PACE_CALL_MS] = WARD_A_CALL_MS,
	[WARD_PACE_CALL_BURST] = WARD_A_CALL_BURST,
	[WARD_PACE_ASK_MS] = WARD_A_ASK_MS,
	[WARD_PACE_ASK_BURST] = WARD_A_ASK_BURST,
	[WARD_PACE_COOLDOWN_MS] = WARD_A_COOLDOWN_MS,
};

static int put_knobs(struct sk_buff *skb)
{
	enum ward_pace_knob knob;
	struct ward_paces paces;
	int rc = 0;

	ward_pace_get(&paces);
	for (knob = 0; !rc && knob < WARD_PACE_KNOBS; knob++)
		rc = nla_put_u32(skb, knob_attrs[knob], paces.value[knob]);
	return rc;
}

int ward_put_pace(struct sk_buff *skb, const struct ward_attest_stats *stats)
{
	return put_knobs(skb) ?:
	       ward_put_u64(skb, WARD_A_REFUSED, stats->refused) ?:
	       nla_put_u32(skb, WARD_A_TOKENS, stats->tokens) ?:
	       ward_put_u64(skb, WARD_A_NEXT_CALL_NS, stats->next_call_ns) ?:
	       nla_put_u32(skb, WARD_A_BREAKER, stats->breaker) ?:
	       ward_put_u64(skb, WARD_A_PROBE_NS, stats->probe_ns) ?:
	       ward_put_u64(skb, WARD_A_REUSED, stats->reused);
}

static int get_knobs(struct genl_info *info, struct ward_paces *paces)
{
	const struct nlattr *attr;
	enum ward_pace_knob knob;
	const char *fault;

	for (knob = 0; knob < WARD_PACE_KNOBS; knob++) {
		attr = info->attrs[knob_attrs[knob]];
		if (!attr)
			continue;
		paces->value[knob] = nla_get_u32(attr);
		paces->named |= BIT(knob);
		fault = ward_pace_fault(knob, paces->value[knob]);
		if (fault)
			return ward_control_refuse(info, attr, fault);
	}
	return paces->named ? 0 : ward_control_refuse(info, NULL, "no setting is named");
}

int ward_control_pace_set(struct sk_buff *skb, struct genl_info *info)
{
	struct ward_paces paces = { 0 };
	int rc = ward_control_admin(skb, info) ?: get_knobs(info, &paces);

	if (!rc)
		ward_attest_pace(&paces);
	return rc;
}
