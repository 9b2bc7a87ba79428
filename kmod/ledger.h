/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the rooms under ward_ledger_lock share: ledger.c, which composes the
 * others, and user.c, wait.c, notice.c, journal.c and pressure.c below it. Every
 * function here wants the lock held but where it says otherwise.
 */
#ifndef WARD_LEDGER_H
#define WARD_LEDGER_H

#include "budget.h"
#include "stall.h"

/**
 * struct ward_books - what is not of one session or user; ward_ledger_lock
 * @all: figures and limits; its seq and head are those of @chain
 * @gauge: of the global limit
 * @chain: the global one
 * @unlinked: whose newest head is not in @chain yet; or NULL
 * @accounts: of all sessions
 * @providers: of evidence, that came or went
 * @secrets: keys and private halves that the machine holds
 * @shut: 0, or what charges get: -EBUSY while the machine hibernates, -ESHUTDOWN
 *	when it goes down
 */
struct ward_books {
	struct ward_global all;
	struct ward_gauge gauge;
	struct ward_chain chain;
	struct ward_account *unlinked;
	struct list_head accounts;
	u64 providers;
	u64 secrets;
	int shut;
};

extern struct ward_books ward_books;

/* ---- record.c ------------------------------------------------------------------ */

void ward_record_system(struct ward_event *ev);
/* Before the global chain's head is looked at, and before an account goes. */
void ward_record_link(void);

/* ---- journal.c ------------------------------------------------------------------ */

/* @acct: whose record it is; NULL = the machine's. */
void ward_journal_add(struct ward_account *acct, const struct ward_event *ev);
/* Before an account goes. */
void ward_journal_leave(struct ward_account *acct);
/* May sleep; lock not held. */
int ward_journal_init(void);
void ward_journal_exit(void);

/* ---- pressure.c: levels, and who stalls ------------------------------------- */

/* @live bytes are more or fewer than what the level stands for. */
static inline bool ward_gauge_left(const struct ward_gauge *gauge, u64 live)
{
	return live < gauge->low || live >= gauge->high;
}

/*
 * The level that @live of @limit bytes makes, coming from the one it has: levels
 * are left later than they were entered. @medium replaces medium's 75 %; 0 = no.
 */
void ward_gauge_set(struct ward_gauge *gauge, u64 live, u64 limit, u64 medium);
/* The global level became another one: whoever listens is told, later. */
void ward_pressure_changed(const struct ward_transition *change);

enum { WARD_PART_HOLDS = 1, WARD_PART_WAITS = 2 };

void ward_pressure_part(struct ward_account *acct, u32 part);

/* To be called when @acct's live bytes or its number of waiting charges moved. */
static inline void ward_pressure_note(struct ward_account *acct)
{
	u32 part = (acct->totals.live_all ? WARD_PART_HOLDS : 0) |
		   (acct->waiting ? WARD_PART_WAITS : 0);

	if (part != acct->part)
		ward_pressure_part(acct, part);
}

void ward_pressure_init(void);

/* ---- notice.c ------------------------------------------------------------------ */

void ward_notices_init(struct ward_notices *notices);
void ward_notice_push(struct ward_account *acct, u32 kind, u64 id);
/*
 * These take the lock. The oldest that was not seen, and whether there are @more;
 * false = none. untake() = it was not seen after all.
 */
bool ward_notices_take(struct ward_notices *notices, struct ward_notice *out, bool *more);
void ward_notices_untake(struct ward_notices *notices, u64 seq);
bool ward_notices_new(struct ward_notices *notices);

/* ---- user.c: what all sessions of a uid hold together ------------------------------ */

/**
 * struct ward_user - a uid that has sessions, or a limit of its own
 * @node: in the table of users
 * @accounts: of its sessions
 * @refs: accounts, and whoever sets its limit
 * @uid: in the initial user namespace; constant
 * @waiting: charges that wait
 * @live: bytes of all kinds, of all its sessions
 * @limit: of its own; U64_MAX = that of every user holds
 * @held: pass of the queue in which its limit held up a charge
 * @gauge: of the limit that holds for it
 * @gate: as the gate of requests knows it, whose lock protects it while there
 *	are accounts
 */
struct ward_user {
	struct hlist_node node;
	struct list_head accounts;
	u32 refs;
	u32 uid;
	u32 waiting;
	u64 live;
	u64 limit;
	u64 held;
	struct ward_gauge gauge;
	struct ward_gate_user gate;
};

/* Both take the lock. get() may sleep: NULL = no memory. */
struct ward_user *ward_user_get(u32 uid);
void ward_user_put(struct ward_user *user);
struct ward_user *ward_user_find(u32 uid);
/* Calls @each for every user there is. */
void ward_user_each(void (*each)(struct ward_user *user));
/* The module goes: no session is left. */
void ward_user_exit(void);

/* ---- wait.c: charges that wait, in order -------------------------------------------- */

enum { WARD_WAITING = 1 };

/**
 * struct ward_waiter - a charge that waits; on the stack of who waits
 * @node: in the queue while @result is WARD_WAITING
 * @acct: to be charged
 * @kind: and what
 * @bytes: and how much
 * @task: who waits
 * @result: WARD_WAITING; 0 = it is charged; -errno. Who waits looks without the lock
 */
struct ward_waiter {
	struct list_head node;
	struct ward_account *acct;
	enum ward_kind kind;
	u64 bytes;
	struct task_struct *task;
	int result;
};

/* What keeps a charge from being granted. */
enum ward_held {
	WARD_HELD_NOT,		/* @result is set: 0 or -errno */
	WARD_HELD_SESSION,	/* the session's limit */
	WARD_HELD_USER,		/* the user's */
	WARD_HELD_GLOBAL,
};

bool ward_wait_any(void);
u32 ward_wait_count(void);
void ward_wait_join(struct ward_waiter *waiter);
void ward_wait_leave(struct ward_waiter *waiter);
/* Ends the waits on @acct, or all for NULL. */
void ward_wait_fail(struct ward_account *acct, int result);
/* In order: @judge grants, refuses, or says what holds it up. */
void ward_wait_serve(enum ward_held (*judge)(struct ward_waiter *waiter));
/* Lock not held. 0 when it is over, -ETIME, or -EINTR for a signal. */
int ward_wait_sleep(struct ward_waiter *waiter, u64 deadline_ns);

/* ---- limit.c: limits in force, and levels ---------------------------------------------- */

u64 ward_limit_session(const struct ward_account *acct);
u64 ward_limit_user(const struct ward_user *user);
/* @acct's live bytes moved. */
void ward_limit_settle(struct ward_account *acct);
void ward_limit_enter(struct ward_account *acct);
void ward_limit_watch(struct ward_account *acct, u64 threshold, u64 limit);
/* @user is whose limit is named, or NULL. */
void ward_limit_apply(const struct ward_limits *limits, struct ward_user *user);

#endif /* WARD_LEDGER_H */
