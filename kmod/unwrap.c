// SPDX-License-Identifier: GPL-2.0-only
/*
 * A key that another key wraps: both are under one grant.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "key.h"

/**
 * struct work - a wrapped key, and what opens it
 * @kek: derived from the secret that wraps
 * @iv: zero: each salt makes a key of its own
 * @aad: the grant's data set
 * @text: opened in place
 */
struct work {
	u8 kek[WARD_KEY_LEN];
	u8 iv[WARD_GCM_IV_LEN];
	u8 aad[16];
	u8 text[sizeof_field(struct ward_key_unwrap, wrapped)];
};

/* @parent's lock is held for read. */
static int unwrap(const struct ward_key *parent, const struct ward_key_unwrap *cmd,
		  struct work *work, u8 *secret)
{
	static const char tag[] = "WARD-WRAP-V2";
	const struct ward_span info = { tag, sizeof(tag) - 1 };
	const struct ward_sealed sealed = {
		.key = work->kek, .iv = work->iv, .aad = work->aad,
		.aad_len = sizeof(work->aad), .text = work->text, .len = sizeof(work->text),
	};
	int ret = ward_cipher_derive(parent, cmd->salt, &info, work->kek);

	if (ret)
		return ret;
	memcpy(work->aad, parent->allows->dataset, sizeof(work->aad));
	memcpy(work->text, cmd->wrapped, sizeof(work->text));
	ret = ward_gcm_open(&sealed);
	if (!ret)
		memcpy(secret, work->text, WARD_KEY_LEN);
	return ret;
}

/*
 * With the parent's lock held until the new key is in the ring, where the parent's end
 * looks for it.
 */
static int unwrap_and_publish(struct ward_key *key, struct work *work, struct ward_call *call)
{
	struct ward_keyring *ring = &key->session->keys;
	struct ward_key *parent = key->parent;
	int ret;

	down_read(&parent->lock);
	ret = unwrap(parent, call->cmd, work, key->secret);
	if (!ret)
		ret = ward_keyring_lock(ring);
	if (!ret) {
		ret = ward_key_publish(key, call);
		mutex_unlock(&ring->lock);
	}
	up_read(&parent->lock);
	return ret;
}

int ward_cmd_key_unwrap(struct ward_call *call)
{
	struct ward_key_unwrap *cmd = call->cmd;
	struct ward_key *parent = call->object, *key;
	struct work *work;
	int ret = -ENOMEM;

	if (cmd->reserved)
		return -EINVAL;
	if (parent->parent)
		return -EOPNOTSUPP;
	work = kzalloc(sizeof(*work), GFP_KERNEL_ACCOUNT);
	if (!work)
		return -ENOMEM;
	key = ward_key_new(parent->session, parent);
	if (key)
		ret = unwrap_and_publish(key, work, call);
	kfree_sensitive(work);
	if (!ret) {
		cmd->out_fd = call->fd;
		cmd->out_id = key->id;
	} else if (key) {
		ward_key_put(key);
	}
	return ret;
}
