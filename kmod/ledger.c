// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger: who holds how much protected memory, within which limits, and
 * what happened. One lock covers every account, every chain and the global
 * figures: a record and the figures that it explains change in one moment,
 * and claims name a chain head that belongs to their numbers.
 */
#include <linux/limits.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "ward.h"

enum { SESSION_RING = 512, GLOBAL_RING = 1024 };	/* records */

DEFINE_SPINLOCK(ward_ledger_lock);

/* All of it under ward_ledger_lock; limit is constant after init. */
static struct ward_global global;
static struct ward_chain global_chain;
static LIST_HEAD(accounts);
static bool shut;	/* the machine hibernates */
static bool closed;	/* it goes down */

static void record_system(struct ward_event *ev)
{
	ev->time_ns = cpu_to_le64(ktime_get_boottime_ns());
	ward_chain_append(&global_chain, ev);
}

static void record(struct ward_account *acct, struct ward_event *ev)
{
	struct ward_event link = {
		.type = cpu_to_le16(WARD_EVENT_LINK),
		.uid = cpu_to_le32(acct->uid),
	};

	ev->time_ns = cpu_to_le64(ktime_get_boottime_ns());
	ev->uid = cpu_to_le32(acct->uid);
	ward_chain_append(&acct->chain, ev);
	link.id = ev->seq;
	memcpy(link.detail, acct->chain.head, sizeof(link.detail));
	record_system(&link);
}

void ward_ledger_append(struct ward_account *acct, struct ward_event *ev)
{
	lockdep_assert_held(&ward_ledger_lock);
	record(acct, ev);
}

static void level_event(struct ward_event *ev, u32 level, u64 live)
{
	memset(ev, 0, sizeof(*ev));
	ev->type = cpu_to_le16(WARD_EVENT_LEVEL);
	ev->reason = cpu_to_le16(level);
	ev->bytes = cpu_to_le64(live);
}

static void update_level(struct ward_account *acct)
{
	u32 own = ward_pressure_level(acct->level.now, acct->totals.live_all,
				      acct->limit, acct->level.threshold);

	ward_pressure_set(acct, max(own, global.level));
}

static void update_global_level(void)
{
	u32 level = ward_pressure_level(global.level, global.live_all,
					global.limit, 0);
	struct ward_account *each;
	struct ward_event ev;

	if (level == global.level)
		return;
	global.level = level;
	level_event(&ev, level, global.live_all);
	record_system(&ev);
	list_for_each_entry(each, &accounts, node)
		update_level(each);
}

/*
 * @acct's live bytes moved: its level follows, and everybody's where the
 * global one moved. A record goes only into the chain of who moved them, so
 * that a neighbour who hovers around a mark pushes nobody's records out.
 */
static void update_levels(struct ward_account *acct)
{
	u32 before = acct->level.now;
	struct ward_event ev;

	update_global_level();
	update_level(acct);
	if (acct->level.now == before)
		return;
	level_event(&ev, acct->level.now, acct->totals.live_all);
	record(acct, &ev);
}

static void add_live(struct ward_account *acct, enum ward_kind kind, u64 bytes)
{
	struct ward_totals *t = &acct->totals;

	t->live[kind] += bytes;
	t->live_all += bytes;
	t->peak[kind] = max(t->peak[kind], t->live[kind]);
	t->peak_all = max(t->peak_all, t->live_all);
	global.live[kind] += bytes;
	global.live_all += bytes;
	global.peak_all = max(global.peak_all, global.live_all);
}

static void sub_live(struct ward_account *acct, enum ward_kind kind, u64 bytes)
{
	struct ward_totals *t = &acct->totals;

	if (WARN_ON_ONCE(t->live[kind] < bytes))
		bytes = t->live[kind];
	t->live[kind] -= bytes;
	t->live_all -= bytes;
	global.live[kind] -= bytes;
	global.live_all -= bytes;
}

static bool room_for(const struct ward_account *acct, u64 bytes)
{
	return bytes <= acct->limit &&
	       acct->totals.live_all <= acct->limit - bytes &&
	       bytes <= global.limit &&
	       global.live_all <= global.limit - bytes;
}

/* A lease that is over counts before its clock has been heard. */
static bool may_hold(const struct ward_totals *t)
{
	return !closed && !(t->state & (WARD_STATE_SEALED | WARD_STATE_REVOKED | WARD_STATE_EXPIRED)) &&
	       !(t->terms.expires_ns &&
		 ward_terms_over(&t->terms, ktime_get_boottime_ns()));
}

int ward_ledger_charge(struct ward_account *acct, enum ward_kind kind, u64 bytes)
{
	guard(spinlock)(&ward_ledger_lock);
	if (!may_hold(&acct->totals))
		return -ESHUTDOWN;
	if (shut)
		return -EBUSY;
	if (!room_for(acct, bytes)) {
		acct->totals.failed++;
		global.failed++;
		return -EDQUOT;
	}
	add_live(acct, kind, bytes);
	update_levels(acct);
	return 0;
}

void ward_ledger_volatile(struct ward_account *acct, u64 bytes, bool on)
{
	struct ward_totals *t = &acct->totals;

	guard(spinlock)(&ward_ledger_lock);
	if (!on && WARN_ON_ONCE(t->live_volatile < bytes))
		bytes = t->live_volatile;
	t->live_volatile += on ? bytes : -bytes;
	t->peak_volatile = max(t->peak_volatile, t->live_volatile);
	global.live_volatile += on ? bytes : -bytes;
}

int ward_ledger_shut(void)
{
	guard(spinlock)(&ward_ledger_lock);
	if (global.live_all)
		return -EBUSY;
	shut = true;
	return 0;
}

void ward_ledger_close(void)
{
	guard(spinlock)(&ward_ledger_lock);
	closed = true;
}

void ward_ledger_open(void)
{
	guard(spinlock)(&ward_ledger_lock);
	shut = false;
}

void ward_ledger_refund(struct ward_account *acct, enum ward_kind kind, u64 bytes)
{
	guard(spinlock)(&ward_ledger_lock);
	sub_live(acct, kind, bytes);
	update_levels(acct);
}

void ward_ledger_made(struct ward_account *acct, enum ward_kind kind,
		      struct ward_event *ev)
{
	guard(spinlock)(&ward_ledger_lock);
	if (kind != WARD_KIND_B) {
		acct->totals.alloc_buffers++;
		acct->totals.alloc_bytes += le64_to_cpu(ev->bytes);
	}
	record(acct, ev);
}

void ward_ledger_wiped(struct ward_account *acct, enum ward_kind kind,
		       struct ward_event *ev)
{
	struct ward_totals *t = &acct->totals;
	u64 bytes = le64_to_cpu(ev->bytes);

	guard(spinlock)(&ward_ledger_lock);
	if (kind == WARD_KIND_B) {
		t->unpinned_buffers++;
		t->unpinned_bytes += bytes;
	} else {
		t->wiped_buffers++;
		t->wiped_bytes += bytes;
		global.wiped_bytes += bytes;
	}
	record(acct, ev);
	sub_live(acct, kind, bytes);
	update_levels(acct);
}

void ward_ledger_record(struct ward_account *acct, struct ward_event *ev)
{
	guard(spinlock)(&ward_ledger_lock);
	record(acct, ev);
}

void ward_ledger_system(struct ward_event *ev)
{
	guard(spinlock)(&ward_ledger_lock);
	record_system(ev);
}

void ward_ledger_state(struct ward_account *acct, u32 bits, struct ward_event *ev)
{
	guard(spinlock)(&ward_ledger_lock);
	if ((acct->totals.state & bits) == bits)
		return;
	acct->totals.state |= bits;
	record(acct, ev);
}

int ward_ledger_watch(struct ward_account *acct, u64 threshold, u64 limit)
{
	guard(spinlock)(&ward_ledger_lock);
	if (acct->totals.state & WARD_STATE_REVOKED)
		return -ESHUTDOWN;
	if (limit > acct->limit)
		return -EINVAL;
	if (limit)
		acct->limit = limit;
	acct->level.threshold = threshold;
	update_level(acct);
	return 0;
}

int ward_ledger_measure(struct ward_account *acct, const u8 *digest, u8 *out)
{
	u8 *reg = acct->totals.declared;
	const struct ward_span spans[] = {
		{ reg, WARD_DIGEST_LEN }, { digest, WARD_DIGEST_LEN },
	};
	struct ward_event ev = { .type = cpu_to_le16(WARD_EVENT_MEASURE) };

	memcpy(ev.detail, digest, sizeof(ev.detail));
	guard(spinlock)(&ward_ledger_lock);
	if (acct->totals.state & (WARD_STATE_SEALED | WARD_STATE_REVOKED))
		return -ESHUTDOWN;
	ward_sha512(spans, ARRAY_SIZE(spans), out);
	memcpy(reg, out, WARD_DIGEST_LEN);
	record(acct, &ev);
	return 0;
}

static void totals(struct ward_account *acct, struct ward_totals *out)
{
	*out = acct->totals;
	out->seq = acct->chain.seq;
	out->dropped = acct->chain.dropped;
	memcpy(out->head, acct->chain.head, sizeof(out->head));
}

void ward_ledger_totals(struct ward_account *acct, struct ward_totals *out)
{
	guard(spinlock)(&ward_ledger_lock);
	totals(acct, out);
}

static void totals_to_claims(const struct ward_totals *t, struct ward_claims *c)
{
	memcpy(c->declared, t->declared, sizeof(c->declared));
	c->live_a = cpu_to_le64(t->live[WARD_KIND_A]);
	c->peak_a = cpu_to_le64(t->peak[WARD_KIND_A]);
	c->live_shared = cpu_to_le64(t->live[WARD_KIND_SHARED]);
	c->peak_shared = cpu_to_le64(t->peak[WARD_KIND_SHARED]);
	c->live_volatile = cpu_to_le64(t->live_volatile);
	c->peak_volatile = cpu_to_le64(t->peak_volatile);
	c->live_b = cpu_to_le64(t->live[WARD_KIND_B]);
	c->peak_b = cpu_to_le64(t->peak[WARD_KIND_B]);
	c->alloc_buffers = cpu_to_le64(t->alloc_buffers);
	c->alloc_bytes = cpu_to_le64(t->alloc_bytes);
	c->wiped_buffers = cpu_to_le64(t->wiped_buffers);
	c->wiped_bytes = cpu_to_le64(t->wiped_bytes);
	c->unpinned_buffers = cpu_to_le64(t->unpinned_buffers);
	c->unpinned_bytes = cpu_to_le64(t->unpinned_bytes);
	c->failed = cpu_to_le64(t->failed);
	c->state = cpu_to_le32(t->state);
	c->lease_deadline_ns = cpu_to_le64(t->terms.deadline_ns);
	c->lease_term_ns = cpu_to_le64(t->terms.term_ns);
	c->lease_expires_ns = cpu_to_le64(t->terms.expires_ns);
	memcpy(c->lease_anchor, t->terms.anchor, sizeof(c->lease_anchor));
	c->session_seq = cpu_to_le64(t->seq);
	c->events_dropped = cpu_to_le64(t->dropped);
	memcpy(c->session_head, t->head, sizeof(c->session_head));
}

static void global_to_claims(struct ward_claims *c)
{
	c->limit_global = cpu_to_le64(global.limit);
	c->limit_user = cpu_to_le64(U64_MAX);
	c->global_seq = cpu_to_le64(global_chain.seq);
	memcpy(c->global_head, global_chain.head, sizeof(c->global_head));
}

void ward_ledger_snapshot(struct ward_account *acct, struct ward_claims *claims)
{
	struct ward_totals t;

	guard(spinlock)(&ward_ledger_lock);
	totals(acct, &t);
	totals_to_claims(&t, claims);
	global_to_claims(claims);
	claims->limit_session = cpu_to_le64(acct->limit);
}

void ward_ledger_epitaph(const struct ward_totals *t, struct ward_claims *claims)
{
	guard(spinlock)(&ward_ledger_lock);
	totals_to_claims(t, claims);
	global_to_claims(claims);
}

void ward_ledger_global(struct ward_global *out)
{
	guard(spinlock)(&ward_ledger_lock);
	*out = global;
	out->seq = global_chain.seq;
	memcpy(out->head, global_chain.head, sizeof(out->head));
}

int ward_account_init(struct ward_account *acct, const u8 *session_id, u32 uid)
{
	int rc = ward_chain_init(&acct->chain, session_id, SESSION_RING);

	if (rc)
		return rc;
	acct->uid = uid;
	acct->limit = global.limit;
	init_waitqueue_head(&acct->wait);
	guard(spinlock)(&ward_ledger_lock);
	acct->level.now = global.level;
	list_add_tail(&acct->node, &accounts);
	global.accounts++;
	return 0;
}

void ward_account_free(struct ward_account *acct)
{
	spin_lock(&ward_ledger_lock);
	list_del(&acct->node);
	global.accounts--;
	spin_unlock(&ward_ledger_lock);
	ward_chain_free(&acct->chain);
}

int ward_ledger_init(u64 limit)
{
	static const u8 no_session[WARD_ID_LEN];

	global.limit = limit;
	return ward_chain_init(&global_chain, no_session, GLOBAL_RING);
}

void ward_ledger_exit(void)
{
	ward_chain_free(&global_chain);
}
