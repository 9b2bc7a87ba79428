// SPDX-License-Identifier: GPL-2.0-only
/*
 * A session's X25519 pair, and its data keys by id, from the moment that they have a
 * file until they have ended and that is recorded. What is left of them stands in no
 * way: whoever ends the others goes over WARD_KEYS_MAX, and not over as many as there
 * are files.
 *
 * A key is made with the lock held from the unwrapping on until it is in the ring, so
 * that whoever closes the ring finds every key that there is, and nobody makes another.
 */
#include <linux/err.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "key.h"

static const char info_tag[] = "WARD-KEY-V1";	/* with its NUL */

void ward_keyring_init(struct ward_keyring *ring)
{
	mutex_init(&ring->lock);
	INIT_LIST_HEAD(&ring->keys);
	ring->closed = WARD_END_NONE;
	ring->secret = NULL;
}

/* Every key holds its session, so that the ring is empty; and it was closed. */
void ward_keyring_destroy(struct ward_keyring *ring)
{
	WARN_ON_ONCE(!list_empty(&ring->keys) || ring->secret);
}

int ward_keyring_lock(struct ward_keyring *ring)
{
	if (mutex_lock_killable(&ring->lock))
		return -EINTR;
	if (!READ_ONCE(ring->closed))
		return 0;
	mutex_unlock(&ring->lock);
	return -ESHUTDOWN;
}

void ward_keyring_shut(struct ward_keyring *ring, u32 reason)
{
	cmpxchg(&ring->closed, WARD_END_NONE, reason);
}

/**
 * ward_keyring_close() - no key is made any more, and the private half is overwritten
 * @ring: of a session
 * @acct: the session's
 * @reason: WARD_END_*; the first one stays
 */
void ward_keyring_close(struct ward_keyring *ring, struct ward_account *acct, u32 reason)
{
	ward_keyring_shut(ring, reason);
	guard(mutex)(&ring->lock);
	if (!ring->secret)
		return;
	kfree_sensitive(ring->secret);
	ring->secret = NULL;
	ward_ledger_pair_gone(acct);
}

static int pair_new(struct ward_keyring *ring, struct ward_account *acct)
{
	u8 *secret;
	int ret;

	ret = wait_for_random_bytes();
	if (ret)
		return -EINTR;
	secret = kmalloc(WARD_KEY_LEN, GFP_KERNEL_ACCOUNT);
	if (!secret)
		return -ENOMEM;
	get_random_bytes(secret, WARD_KEY_LEN);
	/* As RFC 7748 section 5 has it; the curve's own code would do it too. */
	secret[0] &= 248;
	secret[31] = (secret[31] & 127) | 64;
	ret = ward_x25519_public(ring->public, secret) ?
	      ward_ledger_pair_made(acct, ring->public) : -EKEYREJECTED;
	if (ret)
		kfree_sensitive(secret);
	else
		ring->secret = secret;
	return ret;
}

/**
 * ward_keyring_pair() - the session's public key
 * @ring: of the session
 * @acct: likewise
 * @out: WARD_KEY_LEN bytes
 *
 * Return: 0, -ESHUTDOWN, -EBUSY, -EINTR, -ENOMEM.
 */
int ward_keyring_pair(struct ward_keyring *ring, struct ward_account *acct, u8 *out)
{
	int ret = ward_keyring_lock(ring);

	if (ret)
		return ret;
	ret = ring->secret ? ward_ledger_admits(acct) : pair_new(ring, acct);
	if (!ret)
		memcpy(out, ring->public, WARD_KEY_LEN);
	mutex_unlock(&ring->lock);
	return ret;
}

int ward_keyring_unseal(struct ward_keyring *ring, const u8 *session_id, const u8 *enc,
			u8 *text, unsigned int len)
{
	const struct ward_span info[] = {
		{ info_tag, sizeof(info_tag) },
		{ ward_instance, WARD_ID_LEN },
		{ session_id, WARD_ID_LEN },
	};
	const struct ward_hpke hpke = {
		.secret = ring->secret, .public = ring->public, .enc = enc,
		.info = info, .n = ARRAY_SIZE(info),
	};

	lockdep_assert_held(&ring->lock);
	return ring->secret ? ward_hpke_open(&hpke, text, len) : -EKEYREJECTED;
}

/* Ids only grow, and so does the list: it got its own with the lock held. */
void ward_keyring_add(struct ward_keyring *ring, struct ward_key *key)
{
	lockdep_assert_held(&ring->lock);
	list_add_tail(&key->node, &ring->keys);
}

void ward_keyring_drop(struct ward_keyring *ring, struct ward_key *key)
{
	guard(mutex)(&ring->lock);
	list_del_init(&key->node);
}

struct ward_key *ward_keyring_after(struct ward_keyring *ring, u64 id)
{
	struct ward_key *key;

	guard(mutex)(&ring->lock);
	list_for_each_entry(key, &ring->keys, node)
		if (key->id > id) {
			kref_get(&key->ref);
			return key;
		}
	return NULL;
}
