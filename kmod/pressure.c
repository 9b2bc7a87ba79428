// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pressure: levels, who stalls, and telling of changes.
 *
 * A level is entered at one mark and left at a lower one, so that a worker that
 * hovers around a mark is not woken at every buffer. A gauge keeps the range in
 * which its level stands: who charges compares with that and no more.
 *
 * What the whole machine goes through is told by a work item, since listeners
 * are reached by ways that sleep. It drains a short ring; what finds no place
 * there is seen to be missing by its number.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "ledger.h"

enum { MEDIUM_IN = 75, MEDIUM_OUT = 70, CRITICAL_IN = 90, CRITICAL_OUT = 85 };
enum { CHANGES = 64 };

/* ---- levels ------------------------------------------------------------------ */

static u64 percent(u64 limit, unsigned int p)
{
	return div_u64(limit, 100) * p;
}

static u32 level_of(const struct ward_gauge *gauge, u64 live, u64 in, u64 out, u64 limit)
{
	if (live >= percent(limit, CRITICAL_IN))
		return WARD_LEVEL_CRITICAL;
	if (gauge->level == WARD_LEVEL_CRITICAL && live >= percent(limit, CRITICAL_OUT))
		return WARD_LEVEL_CRITICAL;
	if (live >= in || (gauge->level != WARD_LEVEL_LOW && live >= out))
		return WARD_LEVEL_MEDIUM;
	return WARD_LEVEL_LOW;
}

void ward_gauge_set(struct ward_gauge *gauge, u64 live, u64 limit, u64 medium)
{
	u64 in = medium ?: percent(limit, MEDIUM_IN);
	u64 out = medium ? medium - medium / 16 : percent(limit, MEDIUM_OUT);

	gauge->level = level_of(gauge, live, in, out, limit);
	switch (gauge->level) {
	case WARD_LEVEL_LOW:
		gauge->low = 0;
		gauge->high = min(in, percent(limit, CRITICAL_IN));
		break;
	case WARD_LEVEL_MEDIUM:
		gauge->low = out;
		gauge->high = percent(limit, CRITICAL_IN);
		break;
	default:
		gauge->low = percent(limit, CRITICAL_OUT);
		gauge->high = U64_MAX;
	}
}

/* ---- stalls ------------------------------------------------------------------- */

/* All under ward_ledger_lock. */
static u32 holders;		/* sessions that hold memory */
static u32 stalled;		/* sessions with a charge that waits */
static u32 stalled_holders;	/* sessions of both kinds */
static struct ward_meter some;
static struct ward_meter full;

static void count_part(u32 part, int n)
{
	holders += part & WARD_PART_HOLDS ? n : 0;
	stalled += part & WARD_PART_WAITS ? n : 0;
	stalled_holders += part == (WARD_PART_HOLDS | WARD_PART_WAITS) ? n : 0;
}

void ward_pressure_part(struct ward_account *acct, u32 part)
{
	bool were = stalled;
	u64 now;

	lockdep_assert_held(&ward_ledger_lock);
	count_part(acct->part, -1);
	acct->part = part;
	count_part(part, 1);
	if (!were && !stalled)
		return;
	now = ktime_get_ns();
	ward_meter_set(&some, stalled, now);
	ward_meter_set(&full, stalled && holders == stalled_holders, now);
}

void ward_pressure_stalls(u32 *waiting, struct ward_stall *some_out,
			  struct ward_stall *full_out)
{
	u64 now;

	guard(spinlock)(&ward_ledger_lock);
	now = ktime_get_ns();
	*waiting = ward_wait_count();
	ward_meter_read(&some, now, some_out);
	ward_meter_read(&full, now, full_out);
}

/* ---- telling ------------------------------------------------------------------- */

/* Under ward_ledger_lock. */
static struct ward_transition changes[CHANGES];
static unsigned int changes_in;
static unsigned int changes_out;
static void (*teller)(const struct ward_transition *change);

static void tell_fn(struct work_struct *work);
static DECLARE_WORK(tell_work, tell_fn);

static bool next_change(struct ward_transition *change,
			void (**tell)(const struct ward_transition *change))
{
	guard(spinlock)(&ward_ledger_lock);
	if (changes_in == changes_out || !teller)
		return false;
	*change = changes[changes_out++ % CHANGES];
	*tell = teller;
	return true;
}

static void tell_fn(struct work_struct *work)
{
	void (*tell)(const struct ward_transition *change);
	struct ward_transition change;

	while (next_change(&change, &tell))
		tell(&change);
}

void ward_pressure_changed(const struct ward_transition *change)
{
	lockdep_assert_held(&ward_ledger_lock);
	if (!teller)
		return;
	if (changes_in - changes_out == CHANGES)
		changes_out++;
	changes[changes_in++ % CHANGES] = *change;
	schedule_work(&tell_work);
}

void ward_pressure_tell(void (*tell)(const struct ward_transition *change))
{
	spin_lock(&ward_ledger_lock);
	teller = tell;
	spin_unlock(&ward_ledger_lock);
	if (!tell)
		cancel_work_sync(&tell_work);
}

/* The module loads: nobody else is there. */
void ward_pressure_init(void)
{
	u64 now = ktime_get_ns();

	ward_meter_init(&some, now);
	ward_meter_init(&full, now);
}
