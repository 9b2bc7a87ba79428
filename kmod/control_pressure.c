// SPDX-License-Identifier: GPL-2.0-only
/*
 * PRESSURE_GET: how full protected memory is, for everybody to see. Figures of
 * the machine as a whole only.
 */
#include "control.h"

int ward_put_ledger(struct sk_buff *skb, const struct ward_global *all)
{
	return nla_put_u32(skb, WARD_A_LEVEL, all->level) ?:
	       ward_put_u64(skb, WARD_A_LIVE_A, all->live[WARD_KIND_A] +
						all->live[WARD_KIND_SHARED]) ?:
	       ward_put_u64(skb, WARD_A_LIVE_B, all->live[WARD_KIND_B]) ?:
	       ward_put_u64(skb, WARD_A_PEAK, all->peak_all) ?:
	       ward_put_u64(skb, WARD_A_LIMIT, all->limit) ?:
	       ward_put_u64(skb, WARD_A_FAILED, all->failed) ?:
	       ward_put_u64(skb, WARD_A_WIPED_BYTES, all->wiped_bytes);
}

static int put_pressure(struct sk_buff *skb, const void *what)
{
	return ward_put_ledger(skb, what);
}

int ward_control_pressure(struct sk_buff *skb, struct genl_info *info)
{
	struct ward_global all;

	ward_ledger_global(&all);
	return ward_control_reply(info, WARD_GENL_CMD_PRESSURE_GET, put_pressure, &all);
}
