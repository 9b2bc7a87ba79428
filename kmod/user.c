// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users, as the ledger knows them: one for each uid that has a session or a
 * limit of its own, or has just asked for evidence: to close a session and open
 * another fills nobody's bucket. A session belongs to the uid that opened it,
 * whoever holds its fd later.
 */
#include <linux/hashtable.h>
#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "ledger.h"

static DEFINE_HASHTABLE(users, 6);	/* under ward_ledger_lock */

struct ward_user *ward_user_find(u32 uid)
{
	struct ward_user *user;

	lockdep_assert_held(&ward_ledger_lock);
	hash_for_each_possible(users, user, node, uid)
		if (user->uid == uid)
			return user;
	return NULL;
}

/* Nothing would be lost if it were made anew. */
static bool idle(const struct ward_user *user)
{
	lockdep_assert_held(&ward_ledger_lock);
	return !user->refs && user->limit == U64_MAX &&
	       user->gate.at <= ktime_get_boottime_ns();
}

/* Those beside @uid that were left for their bucket's sake, and are idle by now. */
static void sweep(u32 uid, struct hlist_head *gone)
{
	struct ward_user *user;
	struct hlist_node *next;

	hash_for_each_possible_safe(users, user, next, node, uid)
		if (user->uid != uid && idle(user)) {
			hash_del(&user->node);
			hlist_add_head(&user->node, gone);
		}
}

static void free_all(struct hlist_head *gone)
{
	struct ward_user *user;
	struct hlist_node *next;

	hlist_for_each_entry_safe(user, next, gone, node)
		kfree(user);
}

struct ward_user *ward_user_get(u32 uid)
{
	struct ward_user *fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	struct ward_user *user;
	HLIST_HEAD(gone);

	if (!fresh)
		return NULL;
	spin_lock(&ward_ledger_lock);
	sweep(uid, &gone);
	user = ward_user_find(uid);
	if (!user) {
		user = fresh;
		fresh = NULL;
		INIT_LIST_HEAD(&user->accounts);
		user->uid = uid;
		user->limit = U64_MAX;
		ward_line_user_init(&user->gate.line);
		hash_add(users, &user->node, uid);
	}
	user->refs++;
	spin_unlock(&ward_ledger_lock);
	free_all(&gone);
	kfree(fresh);
	return user;
}

void ward_user_put(struct ward_user *user)
{
	spin_lock(&ward_ledger_lock);
	user->refs--;
	if (idle(user))
		hash_del(&user->node);
	else
		user = NULL;
	spin_unlock(&ward_ledger_lock);
	kfree(user);
}

struct ward_gate_user *ward_account_gate_user(struct ward_account *acct)
{
	return &acct->user->gate;
}

void ward_user_each(void (*each)(struct ward_user *user))
{
	struct ward_user *user;
	unsigned int i;

	lockdep_assert_held(&ward_ledger_lock);
	hash_for_each(users, i, user, node)
		each(user);
}

void ward_user_exit(void)
{
	struct ward_user *user;
	struct hlist_node *next;
	unsigned int i;

	hash_for_each_safe(users, i, next, user, node)
		kfree(user);
	hash_init(users);
}
