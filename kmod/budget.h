/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits, waiting for room and pressure, as the rooms above the ledger know them.
 */
#ifndef WARD_BUDGET_H
#define WARD_BUDGET_H

#include "ward.h"

/* ---- limits: ledger.c ------------------------------------------------------- */

/* Limits, by the numbers that WARD_EVENT_LIMIT's reason has. */
enum ward_limit {
	WARD_LIMIT_GLOBAL = 1,
	WARD_LIMIT_USER,	/* of each user that has none of their own */
	WARD_LIMIT_SESSION,	/* of each session */
	WARD_LIMIT_ONE_USER,	/* of one user; U64_MAX = none of their own */
	WARD_LIMITS,
};

/**
 * struct ward_limits - some of the limits
 * @named: bit n: limit n is meant
 * @bytes: limit n; U64_MAX = none
 * @uid: whose WARD_LIMIT_ONE_USER is
 */
struct ward_limits {
	unsigned long named;
	u64 bytes[WARD_LIMITS];
	u32 uid;
};

/* The limits in force, of @uid where that is named; and setting those named. */
void ward_ledger_get_limits(struct ward_limits *limits);
int ward_ledger_set_limits(const struct ward_limits *limits);

/* ---- waiting: wait.c, ledger.c -------------------------------------------------- */

/**
 * struct ward_patience - how a charge waits
 * @deadline_ns: CLOCK_BOOTTIME
 * @restart: a signal may start the call again: its deadline is absolute
 * @psi: the wait is a memory stall of the machine's
 */
struct ward_patience {
	u64 deadline_ns;
	bool restart;
	bool psi;
};

/* How @cmd wants to wait: -EINVAL for a deadline too far off or out of place. */
int ward_wait_terms(const struct ward_buf_alloc *cmd, struct ward_patience *out);
/*
 * As ward_ledger_charge(), waiting for room as @patience says. May sleep. Also -ETIME, and
 * -EAGAIN where too many of the user's wait; -ERESTARTSYS or -EINTR for a signal.
 */
int ward_ledger_charge_wait(struct ward_account *acct, enum ward_kind kind,
			    u64 bytes, const struct ward_patience *patience);

/* ---- pressure.c: levels and stalls of the machine -------------------------------- */

/**
 * struct ward_transition - the global level changed, and how things were then
 * @level: WARD_LEVEL_*, the one that was entered
 * @seq: counts them from 1
 */
struct ward_transition {
	u32 level;
	u64 seq;
	u64 live_a;
	u64 live_b;
	u64 limit;
};

/* @tell is called for each transition, in order, and may sleep; NULL = no more. */
void ward_pressure_tell(void (*tell)(const struct ward_transition *change));
/* Allocations that wait, and the shares of time in which some and all did. */
void ward_pressure_stalls(u32 *waiting, struct ward_stall *some, struct ward_stall *full);

#endif /* WARD_BUDGET_H */
