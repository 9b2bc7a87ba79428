// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger: who holds how much protected memory, within which limits, and
 * what happened. One lock covers every account, every chain and the global
 * figures: a record and the figures that it explains change in one moment,
 * and claims name a chain head that belongs to their numbers (searched whole:
 * tests/model/seal.pml, whose assertions debug kernels have here). Limits, users,
 * waiting, records and snapshots have rooms of their own, see ledger.h.
 */
#include <linux/limits.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mmdebug.h>
#include <linux/overflow.h>
#include <linux/psi.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "ledger.h"

enum { SESSION_RING = 512, GLOBAL_RING = 1024 };	/* records */
enum { WAITING_PER_USER = 256 };

/* States in which a session gets nothing more. */
#define CLOSED	(WARD_STATE_SEALED | WARD_STATE_REVOKED | WARD_STATE_EXPIRED)

DEFINE_SPINLOCK(ward_ledger_lock);

struct ward_books ward_books = {
	.accounts = LIST_HEAD_INIT(ward_books.accounts),
};

/* ---- bytes ---------------------- */

static void add_live(struct ward_account *acct, enum ward_kind kind, u64 bytes)
{
	struct ward_totals *t = &acct->totals;

	VM_WARN_ON_ONCE(t->state & CLOSED);
	t->live[kind] += bytes;
	t->live_all += bytes;
	t->peak[kind] = max(t->peak[kind], t->live[kind]);
	t->peak_all = max(t->peak_all, t->live_all);
	acct->user->live += bytes;
	ward_books.all.live[kind] += bytes;
	ward_books.all.live_all += bytes;
	ward_books.all.peak_all = max(ward_books.all.peak_all, ward_books.all.live_all);
	ward_limit_settle(acct);
}

static void sub_live(struct ward_account *acct, enum ward_kind kind, u64 bytes)
{
	struct ward_totals *t = &acct->totals;

	if (WARN_ON_ONCE(t->live[kind] < bytes))
		bytes = t->live[kind];
	t->live[kind] -= bytes;
	t->live_all -= bytes;
	acct->user->live -= bytes;
	ward_books.all.live[kind] -= bytes;
	ward_books.all.live_all -= bytes;
	ward_limit_settle(acct);
}

/* What was ever made can be more than what there is: lazy memory is free. */
static void count(u64 *total, u64 bytes)
{
	if (check_add_overflow(*total, bytes, total))
		*total = U64_MAX;
}

static bool fits(u64 live, u64 bytes, u64 limit)
{
	u64 sum;

	return !check_add_overflow(live, bytes, &sum) && sum <= limit;
}

static enum ward_held what_holds(const struct ward_account *acct, u64 bytes)
{
	const struct ward_user *user = acct->user;

	if (!fits(acct->totals.live_all, bytes, ward_limit_session(acct)))
		return WARD_HELD_SESSION;
	if (!fits(user->live, bytes, ward_limit_user(user)))
		return WARD_HELD_USER;
	if (!fits(ward_books.all.live_all, bytes, ward_books.all.limit))
		return WARD_HELD_GLOBAL;
	return WARD_HELD_NOT;
}

static int refuse(struct ward_account *acct, int error)
{
	acct->totals.failed++;
	ward_books.all.failed++;
	return error;
}

/* A lease that is over counts before its clock has been heard. */
static bool may_hold(const struct ward_totals *t)
{
	return !(t->state & CLOSED) &&
	       !(t->terms.expires_ns &&
		 ward_terms_over(&t->terms, ktime_get_boottime_ns()));
}

/* 0 where @acct may be given something at all. */
static int admit(const struct ward_account *acct)
{
	return may_hold(&acct->totals) ? ward_books.shut : -ESHUTDOWN;
}

static int charge(struct ward_account *acct, enum ward_kind kind, u64 bytes)
{
	int ret = admit(acct);

	if (ret)
		return ret;
	if (what_holds(acct, bytes) != WARD_HELD_NOT)
		return -EDQUOT;
	add_live(acct, kind, bytes);
	return 0;
}

int ward_ledger_try(struct ward_account *acct, enum ward_kind kind, u64 bytes,
		    bool in_turn)
{
	guard(spinlock)(&ward_ledger_lock);
	if (in_turn && ward_wait_any() && what_holds(acct, bytes) == WARD_HELD_NOT)
		return admit(acct) ?: -EAGAIN;
	return charge(acct, kind, bytes);
}

int ward_ledger_charge(struct ward_account *acct, enum ward_kind kind, u64 bytes)
{
	int ret;

	guard(spinlock)(&ward_ledger_lock);
	ret = charge(acct, kind, bytes);
	return ret == -EDQUOT ? refuse(acct, ret) : ret;
}

/* ---- waiting for room ---------------------- */

static enum ward_held judge(struct ward_waiter *waiter)
{
	struct ward_account *acct = waiter->acct;
	enum ward_held held;
	int ret = admit(acct);

	/* Its lease may be over, and the clock not heard yet. */
	if (ret) {
		WRITE_ONCE(waiter->result, ret);
		return WARD_HELD_NOT;
	}
	if (waiter->bytes > ward_ledger_limit(acct)) {
		WRITE_ONCE(waiter->result, refuse(acct, -EDQUOT));
		return WARD_HELD_NOT;
	}
	held = what_holds(acct, waiter->bytes);
	if (held == WARD_HELD_NOT) {
		WRITE_ONCE(waiter->result, 0);
		add_live(acct, waiter->kind, waiter->bytes);
	}
	return held;
}

/* There may be room: bytes went, a limit grew, or one who stood in the way left. */
static void serve(void)
{
	if (ward_wait_any())
		ward_wait_serve(judge);
}

static int start_wait(struct ward_waiter *waiter)
{
	int ret;

	guard(spinlock)(&ward_ledger_lock);
	ret = admit(waiter->acct);
	if (ret)
		return ret;
	/* Here, since who stands behind others may not be judged for long. */
	if (waiter->bytes > ward_ledger_limit(waiter->acct))
		return refuse(waiter->acct, -EDQUOT);
	if (waiter->acct->user->waiting >= WAITING_PER_USER)
		return refuse(waiter->acct, -EAGAIN);
	ward_wait_join(waiter);
	serve();
	return waiter->result;
}

/* What came of it, with @ret from sleeping where nothing did. */
static int end_wait(struct ward_waiter *waiter, int ret)
{
	guard(spinlock)(&ward_ledger_lock);
	if (waiter->result != WARD_WAITING)
		return waiter->result;
	ward_wait_leave(waiter);
	serve();
	return ret == -ETIME ? refuse(waiter->acct, ret) : ret;
}

static int sleep(struct ward_waiter *waiter, const struct ward_patience *patience)
{
	unsigned long flags;
	int ret;

	if (patience->psi)
		psi_memstall_enter(&flags);
	ret = ward_wait_sleep(waiter, patience->deadline_ns);
	if (patience->psi)
		psi_memstall_leave(&flags);
	return ret;
}

int ward_ledger_charge_wait(struct ward_account *acct, enum ward_kind kind,
			    u64 bytes, const struct ward_patience *patience)
{
	struct ward_waiter waiter = { .acct = acct, .kind = kind, .bytes = bytes };
	int ret = start_wait(&waiter);

	if (ret == WARD_WAITING)
		ret = end_wait(&waiter, sleep(&waiter, patience));
	/* Nobody is left to use it, and others wait. */
	if (!ret && fatal_signal_pending(current)) {
		ward_ledger_refund(acct, kind, bytes);
		return -EINTR;
	}
	return ret == -EINTR && patience->restart ? -ERESTARTSYS : ret;
}

/* ---- the machine's own doings ---------------------- */

static void stop(int why)
{
	ward_books.shut = why;
	ward_wait_fail(NULL, why);
}

void ward_ledger_volatile(struct ward_account *acct, u64 bytes, bool on)
{
	struct ward_totals *t = &acct->totals;

	guard(spinlock)(&ward_ledger_lock);
	if (!on && WARN_ON_ONCE(t->live_volatile < bytes))
		bytes = t->live_volatile;
	t->live_volatile += on ? bytes : -bytes;
	t->peak_volatile = max(t->peak_volatile, t->live_volatile);
	ward_books.all.live_volatile += on ? bytes : -bytes;
}

int ward_ledger_shut(void)
{
	guard(spinlock)(&ward_ledger_lock);
	if (ward_books.all.live_all || ward_books.secrets)
		return -EBUSY;
	if (!ward_books.shut)
		stop(-EBUSY);
	return 0;
}

void ward_ledger_open(void)
{
	guard(spinlock)(&ward_ledger_lock);
	if (ward_books.shut == -EBUSY)
		ward_books.shut = 0;
}

void ward_ledger_close(void)
{
	guard(spinlock)(&ward_ledger_lock);
	stop(-ESHUTDOWN);
}

/* ---- the life of a buffer's bytes ---------------------- */

void ward_ledger_refund(struct ward_account *acct, enum ward_kind kind, u64 bytes)
{
	guard(spinlock)(&ward_ledger_lock);
	sub_live(acct, kind, bytes);
	serve();
}

/*
 * A seal that came between charge and record: nothing is made after it. Other ends
 * of a session's rights end what was made, see ward_buf_publish().
 */
int ward_ledger_made(struct ward_account *acct, enum ward_kind kind,
		     struct ward_event *ev)
{
	guard(spinlock)(&ward_ledger_lock);
	if (acct->totals.state & WARD_STATE_SEALED)
		return -ESHUTDOWN;
	if (kind != WARD_KIND_B) {
		acct->totals.alloc_buffers++;
		count(&acct->totals.alloc_bytes, le64_to_cpu(ev->bytes));
	}
	ward_ledger_append(acct, ev);
	return 0;
}

void ward_ledger_wiped(struct ward_account *acct, enum ward_kind kind,
		       struct ward_event *ev)
{
	struct ward_totals *t = &acct->totals;
	u64 bytes = le64_to_cpu(ev->bytes);

	guard(spinlock)(&ward_ledger_lock);
	if (kind == WARD_KIND_B) {
		t->unpinned_buffers++;
		count(&t->unpinned_bytes, bytes);
	} else {
		t->wiped_buffers++;
		count(&t->wiped_bytes, bytes);
		count(&ward_books.all.wiped_bytes, bytes);
	}
	VM_WARN_ON_ONCE(t->wiped_buffers > t->alloc_buffers);
	ward_ledger_append(acct, ev);
	sub_live(acct, kind, bytes);
	serve();
}

/* ---- keys ---------------------- */

int ward_ledger_admits(struct ward_account *acct)
{
	guard(spinlock)(&ward_ledger_lock);
	return admit(acct);
}

int ward_ledger_pair_made(struct ward_account *acct, const u8 *public)
{
	struct ward_event ev = { .type = cpu_to_le16(WARD_EVENT_KEY_PAIR) };
	int ret;

	memcpy(ev.detail, public, sizeof(ev.detail));
	guard(spinlock)(&ward_ledger_lock);
	ret = admit(acct);
	if (ret)
		return ret;
	memcpy(acct->totals.session_key, public, sizeof(acct->totals.session_key));
	ward_books.secrets++;
	ward_ledger_append(acct, &ev);
	return 0;
}

void ward_ledger_pair_gone(struct ward_account *acct)
{
	guard(spinlock)(&ward_ledger_lock);
	ward_books.secrets--;
}

int ward_ledger_key_made(struct ward_account *acct, struct ward_event *ev)
{
	int ret;

	guard(spinlock)(&ward_ledger_lock);
	ret = admit(acct);
	if (ret)
		return ret;
	if (acct->totals.keys_live >= WARD_KEYS_MAX)
		return -EDQUOT;
	acct->totals.keys_live++;
	ward_books.secrets++;
	ward_ledger_append(acct, ev);
	return 0;
}

void ward_ledger_key_gone(struct ward_account *acct, struct ward_event *ev)
{
	guard(spinlock)(&ward_ledger_lock);
	acct->totals.keys_live--;
	if (acct->totals.keys_destroyed != U32_MAX)
		acct->totals.keys_destroyed++;
	ward_books.secrets--;
	ward_ledger_append(acct, ev);
}

/* ---- a session's state ---------------------- */

void ward_ledger_dismiss(struct ward_account *acct)
{
	lockdep_assert_held(&ward_ledger_lock);
	ward_wait_fail(acct, -ESHUTDOWN);
	serve();
}

void ward_ledger_state(struct ward_account *acct, u32 bits, struct ward_event *ev)
{
	guard(spinlock)(&ward_ledger_lock);
	if ((acct->totals.state & bits) == bits)
		return;
	acct->totals.state |= bits;
	ward_ledger_append(acct, ev);
	if (bits & WARD_STATE_REVOKED)
		ward_notice_push(acct, WARD_NOTICE_REVOKE, 0);
	if (bits & CLOSED)
		ward_ledger_dismiss(acct);
}

int ward_ledger_watch(struct ward_account *acct, u64 threshold, u64 limit)
{
	guard(spinlock)(&ward_ledger_lock);
	if (acct->totals.state & WARD_STATE_REVOKED)
		return -ESHUTDOWN;
	if (limit > ward_limit_session(acct))
		return -EINVAL;
	ward_limit_watch(acct, threshold, limit ?: acct->limit);
	serve();
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
	ward_ledger_append(acct, &ev);
	return 0;
}

/* ---- limits that an administrator sets ---------------------- */

static void set_limits(const struct ward_limits *limits, struct ward_user *user)
{
	guard(spinlock)(&ward_ledger_lock);
	ward_limit_apply(limits, user);
	serve();
}

/* May sleep. 0 or -ENOMEM, and then nothing has changed. */
int ward_ledger_set_limits(const struct ward_limits *limits)
{
	struct ward_user *user = NULL;

	if (limits->named & BIT(WARD_LIMIT_ONE_USER)) {
		user = ward_user_get(limits->uid);
		if (!user)
			return -ENOMEM;
	}
	set_limits(limits, user);
	if (user)
		ward_user_put(user);
	return 0;
}

/* ---- coming and going ---------------------- */

int ward_account_init(struct ward_account *acct, const u8 *session_id, u32 uid)
{
	int rc = ward_chain_init(&acct->chain, session_id, SESSION_RING);

	if (rc)
		return rc;
	acct->user = ward_user_get(uid);
	if (!acct->user) {
		ward_chain_free(&acct->chain);
		return -ENOMEM;
	}
	memcpy(acct->id, session_id, WARD_ID_LEN);
	acct->totals.uid = uid;
	acct->limit = U64_MAX;
	ward_notices_init(&acct->notices);
	INIT_LIST_HEAD(&acct->journal);
	guard(spinlock)(&ward_ledger_lock);
	ward_limit_enter(acct);
	list_add_tail(&acct->node, &ward_books.accounts);
	list_add_tail(&acct->peer, &acct->user->accounts);
	ward_books.all.accounts++;
	return 0;
}

void ward_account_free(struct ward_account *acct)
{
	spin_lock(&ward_ledger_lock);
	if (ward_books.unlinked == acct)
		ward_record_link();
	ward_journal_leave(acct);
	list_del(&acct->node);
	list_del(&acct->peer);
	ward_books.all.accounts--;
	spin_unlock(&ward_ledger_lock);
	ward_user_put(acct->user);
	ward_chain_free(&acct->chain);
}

int ward_ledger_init(u64 limit)
{
	static const u8 no_session[WARD_ID_LEN];
	int rc = ward_journal_init();

	if (rc)
		return rc;
	ward_books.all.limit = limit;
	ward_books.all.limit_user = U64_MAX;
	ward_books.all.limit_session = U64_MAX;
	ward_pressure_init();
	rc = ward_chain_init(&ward_books.chain, no_session, GLOBAL_RING);
	if (rc)
		ward_journal_exit();
	return rc;
}

void ward_ledger_exit(void)
{
	ward_user_exit();
	ward_chain_free(&ward_books.chain);
	ward_journal_exit();
}
