// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users, as the ledger knows them: one for each uid that has a session or a
 * limit of its own. A session belongs to the uid that opened it, whoever holds
 * its fd later.
 */
#include <linux/hashtable.h>
#include <linux/limits.h>
#include <linux/slab.h>

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

struct ward_user *ward_user_get(u32 uid)
{
	struct ward_user *fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	struct ward_user *user;

	if (!fresh)
		return NULL;
	spin_lock(&ward_ledger_lock);
	user = ward_user_find(uid);
	if (!user) {
		user = fresh;
		fresh = NULL;
		INIT_LIST_HEAD(&user->accounts);
		user->uid = uid;
		user->limit = U64_MAX;
		hash_add(users, &user->node, uid);
	}
	user->refs++;
	spin_unlock(&ward_ledger_lock);
	kfree(fresh);
	return user;
}

void ward_user_put(struct ward_user *user)
{
	spin_lock(&ward_ledger_lock);
	if (--user->refs || user->limit != U64_MAX)
		user = NULL;
	else
		hash_del(&user->node);
	spin_unlock(&ward_ledger_lock);
	kfree(user);
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
