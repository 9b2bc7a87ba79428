/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lease.c: until when a session may hold memory, and who is told when it may not.
 */
#ifndef WARD_LEASE_H
#define WARD_LEASE_H

#include <linux/hrtimer.h>
#include <linux/ward.h>
#include <linux/workqueue.h>

struct ward_account;

/**
 * struct ward_lease_clock - a session's clock
 * @account: has the terms
 * @timer: armed for the end of the lease, with ward_ledger_lock held
 * @work: holds the session while it is queued or runs
 * @flags: lease.c
 */
struct ward_lease_clock {
	struct ward_account *account;
	struct hrtimer timer;
	struct work_struct work;
	unsigned long flags;
};

/**
 * struct ward_lease_ops - how a clock reaches its session; set by session.c
 * @get: hold the session, unless it is ending. In interrupt context
 * @run_out: the state is set and recorded: end its buffers. May sleep
 * @put: undo @get. May sleep
 */
struct ward_lease_ops {
	bool (*get)(struct ward_lease_clock *clock);
	void (*run_out)(struct ward_lease_clock *clock);
	void (*put)(struct ward_lease_clock *clock);
};

int ward_lease_init(const struct ward_lease_ops *ops);
void ward_lease_flush(void);
void ward_lease_exit(void);
void ward_lease_start(struct ward_lease_clock *clock, struct ward_account *acct);
void ward_lease_stop(struct ward_lease_clock *clock);
int ward_lease_change(struct ward_lease_clock *clock, struct ward_lease *cmd);

#endif /* WARD_LEASE_H */
