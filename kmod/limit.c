// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits, and the levels that they make. Three of them bound a session: its
 * own, its user's and the machine's; the highest of their levels is its level.
 */
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "ledger.h"

u64 ward_limit_session(const struct ward_account *acct)
{
	return min(acct->limit, ward_books.all.limit_session);
}

u64 ward_limit_user(const struct ward_user *user)
{
	return user->limit != U64_MAX ? user->limit : ward_books.all.limit_user;
}

u64 ward_ledger_limit(const struct ward_account *acct)
{
	lockdep_assert_held(&ward_ledger_lock);
	return min3(ward_limit_session(acct), ward_limit_user(acct->user), ward_books.all.limit);
}

/* One of the three gauges moved, or could have. */
static void take_level(struct ward_account *acct)
{
	u32 level = max3(acct->gauge.level, acct->user->gauge.level, ward_books.all.level);

	if (level == acct->level)
		return;
	acct->level = level;
	ward_notice_push(acct, WARD_NOTICE_LEVEL, 0);
}

static void gauge_session(struct ward_account *acct)
{
	ward_gauge_set(&acct->gauge, acct->totals.live_all, ward_limit_session(acct),
		       acct->threshold);
}

static void gauge_user(struct ward_user *user)
{
	u32 before = user->gauge.level;
	struct ward_account *each;

	ward_gauge_set(&user->gauge, user->live, ward_limit_user(user), 0);
	if (user->gauge.level == before)
		return;
	list_for_each_entry(each, &user->accounts, peer)
		take_level(each);
}

static void level_event(struct ward_event *ev, u32 level, u64 live)
{
	memset(ev, 0, sizeof(*ev));
	ev->type = cpu_to_le16(WARD_EVENT_LEVEL);
	ev->reason = cpu_to_le16(level);
	ev->bytes = cpu_to_le64(live);
}

static void tell_global_level(void)
{
	const struct ward_transition change = {
		.level = ward_books.all.level,
		.seq = ward_books.all.level_seq,
		.live_a = ward_books.all.live[WARD_KIND_A] + ward_books.all.live[WARD_KIND_SHARED],
		.live_b = ward_books.all.live[WARD_KIND_B],
		.limit = ward_books.all.limit,
	};
	struct ward_event ev;

	level_event(&ev, ward_books.all.level, ward_books.all.live_all);
	ward_record_system(&ev);
	ward_pressure_changed(&change);
}

static void gauge_global(void)
{
	struct ward_account *each;

	ward_gauge_set(&ward_books.gauge, ward_books.all.live_all, ward_books.all.limit, 0);
	if (ward_books.gauge.level == ward_books.all.level)
		return;
	ward_books.all.level = ward_books.gauge.level;
	ward_books.all.level_seq++;
	tell_global_level();
	list_for_each_entry(each, &ward_books.accounts, node)
		take_level(each);
}

/*
 * @acct's live bytes left the range of a gauge: its level follows, and that of
 * those who share the limit. A record goes only into the chain of who moved
 * them, so that a neighbour who hovers around a mark pushes nobody's records out.
 */
static void move_levels(struct ward_account *acct)
{
	u32 before = acct->level;
	struct ward_event ev;

	gauge_global();
	gauge_user(acct->user);
	gauge_session(acct);
	take_level(acct);
	if (acct->level == before)
		return;
	level_event(&ev, acct->level, acct->totals.live_all);
	ward_ledger_append(acct, &ev);
}

void ward_limit_settle(struct ward_account *acct)
{
	lockdep_assert_held(&ward_ledger_lock);
	ward_pressure_note(acct);
	if (ward_gauge_left(&acct->gauge, acct->totals.live_all) ||
	    ward_gauge_left(&acct->user->gauge, acct->user->live) ||
	    ward_gauge_left(&ward_books.gauge, ward_books.all.live_all))
		move_levels(acct);
}

/* A session that begins. */
void ward_limit_enter(struct ward_account *acct)
{
	lockdep_assert_held(&ward_ledger_lock);
	gauge_session(acct);
	acct->level = max(acct->user->gauge.level, ward_books.all.level);
}

void ward_limit_watch(struct ward_account *acct, u64 threshold, u64 limit)
{
	lockdep_assert_held(&ward_ledger_lock);
	acct->limit = limit;
	acct->threshold = threshold;
	gauge_session(acct);
	take_level(acct);
}

/* ---- limits that an administrator sets ---------------------- */

void ward_ledger_get_limits(struct ward_limits *limits)
{
	const struct ward_user *user;

	guard(spinlock)(&ward_ledger_lock);
	limits->bytes[WARD_LIMIT_GLOBAL] = ward_books.all.limit;
	limits->bytes[WARD_LIMIT_USER] = ward_books.all.limit_user;
	limits->bytes[WARD_LIMIT_SESSION] = ward_books.all.limit_session;
	user = ward_user_find(limits->uid);
	limits->bytes[WARD_LIMIT_ONE_USER] =
		user ? ward_limit_user(user) : ward_books.all.limit_user;
}

static void record_limit(const struct ward_limits *limits, enum ward_limit which)
{
	struct ward_event ev = {
		.type = cpu_to_le16(WARD_EVENT_LIMIT),
		.reason = cpu_to_le16(which),
		.bytes = cpu_to_le64(limits->bytes[which]),
	};

	if (which == WARD_LIMIT_ONE_USER)
		ev.uid = cpu_to_le32(limits->uid);
	ward_record_system(&ev);
}

/* Every gauge, since every limit may be another one. */
static void gauge_all(void)
{
	struct ward_account *each;

	gauge_global();
	ward_user_each(gauge_user);
	list_for_each_entry(each, &ward_books.accounts, node) {
		gauge_session(each);
		take_level(each);
	}
}

void ward_limit_apply(const struct ward_limits *limits, struct ward_user *user)
{
	u64 *const fields[WARD_LIMITS] = {
		[WARD_LIMIT_GLOBAL] = &ward_books.all.limit,
		[WARD_LIMIT_USER] = &ward_books.all.limit_user,
		[WARD_LIMIT_SESSION] = &ward_books.all.limit_session,
		[WARD_LIMIT_ONE_USER] = user ? &user->limit : NULL,
	};
	enum ward_limit i;

	lockdep_assert_held(&ward_ledger_lock);
	for (i = WARD_LIMIT_GLOBAL; i < WARD_LIMITS; i++) {
		if (!(limits->named & BIT(i)))
			continue;
		*fields[i] = limits->bytes[i];
		record_limit(limits, i);
	}
	gauge_all();
}
