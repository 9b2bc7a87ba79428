// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a key decrypts with: transforms whose keys are derived from its secret, one for
 * each use and salt that a call runs with, and the last one after that.
 *
 * They belong to the key. A call that has one uses it with the key's lock held for
 * read and the key alive; who ends the key holds it for write, and overwrites them all
 * though calls still have them.
 */
#include <crypto/aead.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "key.h"

void ward_ciphers_init(struct ward_ciphers *ciphers)
{
	spin_lock_init(&ciphers->lock);
	INIT_LIST_HEAD(&ciphers->list);
	ciphers->last = NULL;
}

/**
 * ward_cipher_derive() - a key from a key
 * @key: its lock is held for read
 * @salt: WARD_KEY_SALT_LEN bytes of the caller's
 * @info: what it is for
 * @out: WARD_KEY_LEN bytes
 *
 * Return: 0, or what ward_key_usable() says.
 */
int ward_cipher_derive(const struct ward_key *key, const u8 *salt,
		       const struct ward_span *info, u8 *out)
{
	const struct ward_span secret = { key->secret, sizeof(key->secret) };
	u8 salts[sizeof(key->allows->dataset) + WARD_KEY_SALT_LEN], prk[WARD_HEAD_LEN];
	const struct ward_span both = { salts, sizeof(salts) };
	int ret = ward_key_usable(key);

	if (ret)
		return ret;
	memcpy(salts, key->allows->dataset, sizeof(key->allows->dataset));
	memcpy(salts + sizeof(key->allows->dataset), salt, WARD_KEY_SALT_LEN);
	ward_hkdf_extract(&both, &secret, 1, prk);
	ward_hkdf_expand(prk, info, 1, out);
	memzero_explicit(prk, sizeof(prk));
	return 0;
}

static void cipher_free(struct ward_cipher *cipher)
{
	if (cipher->tfm)
		ward_gcm_free(cipher->tfm);
	kfree(cipher);
}

/* @cipher has a user more. What stayed for the sake of being the last goes. */
static struct ward_cipher *set_last(struct ward_ciphers *ciphers, struct ward_cipher *cipher)
{
	struct ward_cipher *last = ciphers->last;

	lockdep_assert_held(&ciphers->lock);
	cipher->users++;
	ciphers->last = cipher;
	if (!last || last == cipher || last->users)
		return NULL;
	list_del(&last->node);
	return last;
}

static struct ward_cipher *find(struct ward_ciphers *ciphers, u32 use, const u8 *salt)
{
	struct ward_cipher *cipher, *found = NULL, *old = NULL;

	spin_lock(&ciphers->lock);
	list_for_each_entry(cipher, &ciphers->list, node)
		if (cipher->tfm && cipher->use == use &&
		    !memcmp(cipher->salt, salt, sizeof(cipher->salt))) {
			found = cipher;
			old = set_last(ciphers, cipher);
			break;
		}
	spin_unlock(&ciphers->lock);
	if (old)
		cipher_free(old);
	return found;
}

static struct ward_cipher *cipher_new(u32 use, const u8 *salt)
{
	struct ward_cipher *cipher = kzalloc(sizeof(*cipher), GFP_KERNEL_ACCOUNT);
	struct crypto_aead *tfm;

	if (!cipher)
		return ERR_PTR(-ENOMEM);
	tfm = ward_gcm_new();
	if (IS_ERR(tfm)) {
		kfree(cipher);
		return ERR_CAST(tfm);
	}
	cipher->tfm = tfm;
	cipher->reqsize = crypto_aead_reqsize(tfm);
	cipher->use = use;
	memcpy(cipher->salt, salt, sizeof(cipher->salt));
	return cipher;
}

static void enter(struct ward_ciphers *ciphers, struct ward_cipher *cipher)
{
	struct ward_cipher *old;

	spin_lock(&ciphers->lock);
	list_add(&cipher->node, &ciphers->list);
	old = set_last(ciphers, cipher);
	spin_unlock(&ciphers->lock);
	if (old)
		cipher_free(old);
}

/* The key lives when it is entered, so that its end finds it. */
static int arm(struct ward_key *key, struct ward_cipher *cipher)
{
	static const char dataset[] = "WARD-DATASET-V2";
	const struct ward_span info = { dataset, sizeof(dataset) - 1 };
	u8 derived[WARD_KEY_LEN];
	int ret;

	down_read(&key->lock);
	ret = ward_cipher_derive(key, cipher->salt, &info, derived);
	if (!ret)
		ret = crypto_aead_setkey(cipher->tfm, derived, sizeof(derived));
	if (!ret)
		enter(&key->ciphers, cipher);
	up_read(&key->lock);
	memzero_explicit(derived, sizeof(derived));
	return ret;
}

/**
 * ward_cipher_get() - what to decrypt with
 * @key: referenced
 * @use: WARD_KEY_USE_*, checked
 * @salt: of the call
 *
 * To be followed by ward_cipher_put(). May sleep.
 *
 * Return: the cipher, or ERR_PTR of -ENOMEM, of what the crypto API fails with, of what
 * ward_key_usable() says.
 */
struct ward_cipher *ward_cipher_get(struct ward_key *key, u32 use, const u8 *salt)
{
	struct ward_cipher *cipher = find(&key->ciphers, use, salt);
	int ret;

	if (cipher)
		return cipher;
	cipher = cipher_new(use, salt);
	if (IS_ERR(cipher))
		return cipher;
	ret = arm(key, cipher);
	if (!ret)
		return cipher;
	cipher_free(cipher);
	return ERR_PTR(ret);
}

void ward_cipher_put(struct ward_key *key, struct ward_cipher *cipher)
{
	struct ward_ciphers *ciphers = &key->ciphers;
	bool idle;

	spin_lock(&ciphers->lock);
	idle = !--cipher->users && ciphers->last != cipher;
	if (idle)
		list_del(&cipher->node);
	spin_unlock(&ciphers->lock);
	if (idle)
		cipher_free(cipher);
}

static struct crypto_aead *next_tfm(struct ward_ciphers *ciphers)
{
	struct ward_cipher *cipher;
	struct crypto_aead *tfm;

	guard(spinlock)(&ciphers->lock);
	list_for_each_entry(cipher, &ciphers->list, node) {
		tfm = cipher->tfm;
		cipher->tfm = NULL;
		if (tfm)
			return tfm;
	}
	return NULL;
}

/**
 * ward_ciphers_end() - overwrite them all
 * @ciphers: of a key that is marked dead, its lock held for write: no call is in any
 *
 * Those that calls have are theirs to put; the last one stays, as an empty shell.
 */
void ward_ciphers_end(struct ward_ciphers *ciphers)
{
	struct crypto_aead *tfm;

	while ((tfm = next_tfm(ciphers)))
		ward_gcm_free(tfm);
}

/* In a panic: without the lock. */
void ward_ciphers_wipe(struct ward_ciphers *ciphers)
{
	struct ward_cipher *cipher;

	list_for_each_entry(cipher, &ciphers->list, node)
		if (cipher->tfm)
			ward_gcm_spoil(cipher->tfm);
}

/* No call is left that had one. */
void ward_ciphers_free(struct ward_ciphers *ciphers)
{
	kfree(ciphers->last);
}
