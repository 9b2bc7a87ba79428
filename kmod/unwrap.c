// SPDX-License-Identifier: GPL-2.0-only
/*
 * A key that another key wraps: both are under one grant.
 */
#include <linux/container_of.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "key.h"

/**
 * struct work - a wrapped key, and what opens it
 * @gcm: see there
 * @salt: of the wrapping
 * @kek: derived from the secret that wraps
 * @iv: zero: each salt makes a key of its own
 * @aad: the grant's data set
 * @text: opened in place
 */
struct work {
	struct ward_gcm gcm;
	const u8 *salt;
	u8 kek[WARD_KEY_LEN];
	u8 iv[WARD_GCM_IV_LEN];
	u8 aad[16];
	u8 text[sizeof_field(struct ward_key_unwrap, wrapped)];
};

static int fill(struct ward_key *key, struct ward_gcm *gcm)
{
	static const char tag[] = "WARD-WRAP-V2";
	const struct ward_span info = { tag, sizeof(tag) - 1 };
	struct work *work = container_of(gcm, struct work, gcm);
	const struct ward_sealed sealed = {
		.key = work->kek, .iv = work->iv, .aad = work->aad,
		.aad_len = sizeof(work->aad), .text = work->text, .len = sizeof(work->text),
	};
	int ret = ward_cipher_derive(key->parent, work->salt, &info, work->kek);

	if (ret)
		return ret;
	memcpy(work->aad, key->allows->dataset, sizeof(work->aad));
	ret = ward_gcm_open(gcm, &sealed);
	if (!ret)
		memcpy(key->secret, work->text, sizeof(key->secret));
	return ret;
}

int ward_cmd_key_unwrap(struct ward_call *call)
{
	struct ward_key_unwrap *cmd = call->cmd;
	struct ward_key *parent = call->object;
	struct work *work;
	int ret;

	if (cmd->reserved)
		return -EINVAL;
	if (parent->parent)
		return -EOPNOTSUPP;
	work = kzalloc(sizeof(*work), GFP_KERNEL_ACCOUNT);
	if (!work)
		return -ENOMEM;
	work->salt = cmd->salt;
	memcpy(work->text, cmd->wrapped, sizeof(work->text));
	ret = ward_key_make(call, parent->session, parent, fill, &work->gcm, &cmd->out_id);
	kfree_sensitive(work);
	if (!ret)
		cmd->out_fd = call->fd;
	return ret;
}
