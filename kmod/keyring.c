// SPDX-License-Identifier: GPL-2.0-only
/*
 * A session's X25519 pair, and its data keys by id, from the moment that they have a
 * file until they have ended and that is recorded. What is left of them stands in no
 * way: whoever ends the others goes over WARD_KEYS_MAX, and not over as many as there
 * are files.
 *
 * A key is made with the lock held from the unwrapping on until it is in the ring, so
 * that whoever closes the ring finds every key that there is, and nobody makes another.
 * The session's end waits for the lock, whatever signal comes. What may take long, such
 * as the kernel's first randomness, is waited for without it.
 */
#include <linux/err.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "key.h"

static const char info_tag[] = "WARD-KEY-V1";	/* with its NUL */

/**
 * struct ward_pair - what keys are wrapped to
 * @secret: the private half
 * @public: the other
 */
struct ward_pair {
	u8 secret[WARD_KEY_LEN];
	u8 public[WARD_KEY_LEN];
};

void ward_keyring_init(struct ward_keyring *ring)
{
	mutex_init(&ring->lock);
	INIT_LIST_HEAD(&ring->keys);
	ring->closed = WARD_END_NONE;
	ring->pair = NULL;
}

/* Every key holds its session, so that the ring is empty; and it was closed. */
void ward_keyring_destroy(struct ward_keyring *ring)
{
	WARN_ON_ONCE(!list_empty(&ring->keys) || ring->pair);
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
	struct ward_pair *pair;

	ward_keyring_shut(ring, reason);
	guard(mutex)(&ring->lock);
	pair = ring->pair;
	if (!pair)
		return;
	WRITE_ONCE(ring->pair, NULL);
	kfree_sensitive(pair);
	ward_ledger_pair_gone(acct);
}

void ward_keyring_wipe_pair(struct ward_keyring *ring)
{
	if (ring->pair)
		memzero_explicit(ring->pair, sizeof(*ring->pair));
}

static struct ward_pair *pair_new(void)
{
	struct ward_pair *pair;

	if (wait_for_random_bytes())
		return ERR_PTR(-EINTR);
	pair = kmalloc(sizeof(*pair), GFP_KERNEL_ACCOUNT);
	if (!pair)
		return ERR_PTR(-ENOMEM);
	get_random_bytes(pair->secret, sizeof(pair->secret));
	/* As RFC 7748 section 5 has it; the curve's own code would do it too. */
	pair->secret[0] &= 248;
	pair->secret[31] = (pair->secret[31] & 127) | 64;
	if (ward_x25519_public(pair->public, pair->secret))
		return pair;
	kfree_sensitive(pair);
	return ERR_PTR(-EKEYREJECTED);
}

/* @pair becomes the ring's where it has none, and is NULL then. */
static int pair_set(struct ward_keyring *ring, struct ward_account *acct,
		    struct ward_pair **pair)
{
	int ret;

	if (ring->pair)
		return ward_ledger_admits(acct);
	ret = ward_ledger_pair_made(acct, (*pair)->public);
	if (ret)
		return ret;
	WRITE_ONCE(ring->pair, *pair);
	*pair = NULL;
	return 0;
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
	/* Once there it goes with the ring's being closed, which lock() tells. */
	struct ward_pair *pair = READ_ONCE(ring->pair) ? NULL : pair_new();
	int ret;

	if (IS_ERR(pair))
		return PTR_ERR(pair);
	ret = ward_keyring_lock(ring);
	if (!ret) {
		ret = pair_set(ring, acct, &pair);
		if (!ret)
			memcpy(out, ring->pair->public, WARD_KEY_LEN);
		mutex_unlock(&ring->lock);
	}
	kfree_sensitive(pair);
	return ret;
}

int ward_keyring_unseal(struct ward_keyring *ring, const u8 *session_id,
			const struct ward_gcm *gcm, const u8 *enc, u8 *text,
			unsigned int len)
{
	const struct ward_span info[] = {
		{ info_tag, sizeof(info_tag) },
		{ ward_instance, WARD_ID_LEN },
		{ session_id, WARD_ID_LEN },
	};
	struct ward_hpke hpke = { .enc = enc, .info = info, .n = ARRAY_SIZE(info) };

	lockdep_assert_held(&ring->lock);
	if (!ring->pair)
		return -EKEYREJECTED;
	hpke.secret = ring->pair->secret;
	hpke.public = ring->pair->public;
	return ward_hpke_open(&hpke, gcm, text, len);
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
