// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger as it is at one moment: for claims, for a session and for the
 * control plane.
 */
#include <linux/string.h>

#include "ledger.h"

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
	memcpy(c->session_key, t->session_key, sizeof(c->session_key));
	c->keys_live = cpu_to_le32(t->keys_live);
	c->keys_destroyed = cpu_to_le32(t->keys_destroyed);
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

static void global_to_claims(struct ward_claims *c, u32 uid)
{
	const struct ward_user *user = ward_user_find(uid);

	c->limit_global = cpu_to_le64(ward_books.all.limit);
	c->limit_user = cpu_to_le64(user ? ward_limit_user(user) : ward_books.all.limit_user);
	c->global_seq = cpu_to_le64(ward_books.chain.seq);
	memcpy(c->global_head, ward_books.chain.head, sizeof(c->global_head));
}

void ward_ledger_snapshot(struct ward_account *acct, struct ward_claims *claims)
{
	struct ward_totals t;

	guard(spinlock)(&ward_ledger_lock);
	ward_record_link();
	totals(acct, &t);
	totals_to_claims(&t, claims);
	global_to_claims(claims, t.uid);
	claims->limit_session = cpu_to_le64(ward_limit_session(acct));
}

void ward_ledger_epitaph(const struct ward_totals *t, struct ward_claims *claims)
{
	guard(spinlock)(&ward_ledger_lock);
	ward_record_link();
	totals_to_claims(t, claims);
	global_to_claims(claims, t->uid);
}

void ward_ledger_pressure(struct ward_account *acct, struct ward_pressure *out)
{
	guard(spinlock)(&ward_ledger_lock);
	out->out_level = acct->level;
	out->out_seq = acct->notices.seq;
	out->out_live = acct->totals.live_all;
	out->out_peak = acct->totals.peak_all;
	out->out_limit_session = ward_limit_session(acct);
	out->out_live_global = ward_books.all.live_all;
	out->out_limit_global = ward_books.all.limit;
	out->out_failed = acct->totals.failed;
	out->out_volatile = acct->totals.live_volatile;
	out->out_live_user = acct->user->live;
	out->out_limit_user = ward_limit_user(acct->user);
}

void ward_ledger_global(struct ward_global *out)
{
	guard(spinlock)(&ward_ledger_lock);
	ward_record_link();
	*out = ward_books.all;
	out->seq = ward_books.chain.seq;
	memcpy(out->head, ward_books.chain.head, sizeof(out->head));
}
