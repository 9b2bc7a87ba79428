/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keyring.c: a session's X25519 pair and its data keys. What deals in keys is in key.h.
 */
#ifndef WARD_KEYRING_H
#define WARD_KEYRING_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/ward.h>

struct ward_account;
struct ward_pair;
struct ward_session;

/**
 * struct ward_keyring - a session's pair and its data keys
 * @lock: protects the rest. Who ends keys waits for it: nothing under it may wait long
 * @keys: by id
 * @closed: WARD_END_* for which no more are made, nor used; 0 = they are. Set once,
 *	also without the lock
 * @pair: its pair, or NULL; whether there is one is asked without the lock, too
 */
struct ward_keyring {
	struct mutex lock;
	struct list_head keys;
	u32 closed;
	struct ward_pair *pair;
};

void ward_keyring_init(struct ward_keyring *ring);
/*
 * No message is opened any more, and no key made that is not being made already; waits
 * for nobody. Followed by close(), which may wait for one that is.
 */
void ward_keyring_shut(struct ward_keyring *ring, u32 reason);
void ward_keyring_destroy(struct ward_keyring *ring);
void ward_keyring_close(struct ward_keyring *ring, struct ward_account *acct, u32 reason);
/* In a panic: without the lock. */
void ward_keyring_wipe_pair(struct ward_keyring *ring);
int ward_keyring_pair(struct ward_keyring *ring, struct ward_account *acct, u8 *out);

/* ---- session.c: how a session reaches its keys ------------------------------------ */

/**
 * struct ward_session_key_ops - set by key.c, where the kernel has what keys take
 * @end: end every key. When it returns they are overwritten. May sleep
 * @wipe: overwrite what there is, without a lock: every other CPU has been stopped
 */
struct ward_session_key_ops {
	void (*end)(struct ward_session *session, u32 reason);
	void (*wipe)(struct ward_session *session);
};

void ward_session_set_key_ops(const struct ward_session_key_ops *ops);
/* @wipe, where there is one. */
void ward_session_wipe_keys(struct ward_session *session);

#endif /* WARD_KEYRING_H */
