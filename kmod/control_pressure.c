// SPDX-License-Identifier: GPL-2.0-only
/*
 * PRESSURE_GET: how full protected memory is, for everybody to see; figures of
 * the machine as a whole only. And PRESSURE_NTF, to the group "pressure" when
 * the global level changes.
 */
#include <linux/huge_mm.h>
#include <linux/mm.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "control.h"

int ward_put_ledger(struct sk_buff *skb, const struct ward_global *all)
{
	return nla_put_u32(skb, WARD_A_LEVEL, all->level) ?:
	       ward_put_u64(skb, WARD_A_LIVE_A, all->live[WARD_KIND_A] +
						all->live[WARD_KIND_SHARED]) ?:
	       ward_put_u64(skb, WARD_A_LIVE_SHARED, all->live[WARD_KIND_SHARED]) ?:
	       ward_put_u64(skb, WARD_A_VOLATILE, all->live_volatile) ?:
	       ward_put_u64(skb, WARD_A_LIVE_B, all->live[WARD_KIND_B]) ?:
	       ward_put_u64(skb, WARD_A_PEAK, all->peak_all) ?:
	       ward_put_u64(skb, WARD_A_LIMIT, all->limit) ?:
	       ward_put_u64(skb, WARD_A_FAILED, all->failed) ?:
	       ward_put_u64(skb, WARD_A_POOL, ward_pool_total()) ?:
	       ward_put_u64(skb, WARD_A_WIPED_BYTES, all->wiped_bytes);
}

static int put_stalls(struct sk_buff *skb)
{
	struct ward_stall some, full;
	u32 waiting;

	ward_pressure_stalls(&waiting, &some, &full);
	return nla_put_u32(skb, WARD_A_WAITING, waiting) ?:
	       nla_put(skb, WARD_A_SOME, sizeof(some), &some) ?:
	       nla_put(skb, WARD_A_FULL, sizeof(full), &full);
}

/* ---- figures: what a module can read of the machine ------------------------------- */

/* @value in bytes; @source is the kernel's own name for it. */
static int put_figure(struct sk_buff *skb, const char *name, u64 value,
		      const char *source)
{
	struct nlattr *nest = nla_nest_start(skb, WARD_A_FIGURE);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, WARD_A_NAME, name) ||
	    ward_put_u64(skb, WARD_A_VALUE, value) ||
	    nla_put_string(skb, WARD_A_SOURCE, source)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static u64 bytes_of(unsigned long pages)
{
	return (u64)pages << PAGE_SHIFT;
}

/* Pages that drivers and ward's class B pin and have not let go of. */
static u64 pinned_bytes(void)
{
	unsigned long got = global_node_page_state(NR_FOLL_PIN_ACQUIRED);
	unsigned long put = global_node_page_state(NR_FOLL_PIN_RELEASED);

	return bytes_of(got > put ? got - put : 0);
}

static int put_ram(struct sk_buff *skb)
{
	struct sysinfo info;

	si_meminfo(&info);
	return put_figure(skb, "ram.total", bytes_of(info.totalram),
			  "si_meminfo totalram") ?:
	       put_figure(skb, "ram.free", bytes_of(info.freeram),
			  "si_meminfo freeram") ?:
	       put_figure(skb, "ram.shared", bytes_of(info.sharedram),
			  "si_meminfo sharedram") ?:
	       put_figure(skb, "ram.buffers", bytes_of(info.bufferram),
			  "si_meminfo bufferram");
}

/* Memory that the host promised and the guest has not taken yet. */
static int put_unaccepted(struct sk_buff *skb)
{
#if defined(WARD_HAVE_UNACCEPTED) && defined(CONFIG_UNACCEPTED_MEMORY)
	return put_figure(skb, "ram.unaccepted",
			  bytes_of(global_zone_page_state(NR_UNACCEPTED)),
			  "vm_zone_stat NR_UNACCEPTED");
#else
	return 0;
#endif
}

static int put_machine(struct sk_buff *skb)
{
	return put_ram(skb) ?: put_unaccepted(skb) ?:
	       put_figure(skb, "ram.available", bytes_of(max(si_mem_available(), 0L)),
			  "si_mem_available") ?:
	       put_figure(skb, "ram.pinned", pinned_bytes(),
			  "vm_node_stat NR_FOLL_PIN_ACQUIRED") ?:
	       put_figure(skb, "swap.free", bytes_of(max(get_nr_swap_pages(), 0L)),
			  "nr_swap_pages") ?:
	       put_figure(skb, "page.size", PAGE_SIZE, "PAGE_SIZE") ?:
	       put_figure(skb, "page.huge", PMD_SIZE, "PMD_SIZE");
}

static int put_own(struct sk_buff *skb, const char *name, u64 value)
{
	return put_figure(skb, name, value, "ward ledger");
}

static int put_totals(struct sk_buff *skb, const struct ward_global *all)
{
	return put_own(skb, "ward.live.a", all->live[WARD_KIND_A]) ?:
	       put_own(skb, "ward.live.shared", all->live[WARD_KIND_SHARED]) ?:
	       put_own(skb, "ward.live.volatile", all->live_volatile) ?:
	       put_own(skb, "ward.live.b", all->live[WARD_KIND_B]) ?:
	       put_own(skb, "ward.peak", all->peak_all) ?:
	       put_own(skb, "ward.wiped", all->wiped_bytes);
}

/* ---- PRESSURE_GET ---------------------------------------------------------------- */

static int put_pressure(struct sk_buff *skb, const void *what)
{
	const struct ward_global *all = what;

	return ward_put_ledger(skb, all) ?: put_stalls(skb) ?:
	       ward_put_u64(skb, WARD_A_LEVEL_SEQ, all->level_seq) ?:
	       ward_put_u64(skb, WARD_A_LIMIT_USER, all->limit_user) ?:
	       ward_put_u64(skb, WARD_A_LIMIT_SESSION, all->limit_session) ?:
	       put_totals(skb, all) ?: put_machine(skb);
}

int ward_control_pressure(struct sk_buff *skb, struct genl_info *info)
{
	struct ward_global all;

	ward_ledger_global(&all);
	return ward_control_reply(info, WARD_GENL_CMD_PRESSURE_GET, put_pressure, &all);
}

/* ---- PRESSURE_NTF ---------------------------------------------------------------- */

static int put_change(struct sk_buff *skb, const void *what)
{
	const struct ward_transition *change = what;

	return nla_put_u32(skb, WARD_A_LEVEL, change->level) ?:
	       ward_put_u64(skb, WARD_A_LEVEL_SEQ, change->seq) ?:
	       ward_put_u64(skb, WARD_A_LIVE_A, change->live_a) ?:
	       ward_put_u64(skb, WARD_A_LIVE_B, change->live_b) ?:
	       ward_put_u64(skb, WARD_A_LIMIT, change->limit) ?:
	       put_stalls(skb);
}

/* From a work item. */
void ward_control_tell(const struct ward_transition *change)
{
	ward_control_multicast(WARD_GROUP_PRESSURE, NLMSG_GOODSIZE,
			       WARD_GENL_CMD_PRESSURE_NTF, put_change, change);
}
