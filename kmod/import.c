// SPDX-License-Identifier: GPL-2.0-only
/*
 * A key that its owner wrapped to the session's pair.
 */
#include <linux/container_of.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "key.h"

/**
 * struct work - a sealed grant, and what opens it
 * @gcm: see there
 * @enc: the sender's
 * @text: opened in place
 */
struct work {
	struct ward_gcm gcm;
	const u8 *enc;
	u8 text[sizeof_field(struct ward_key_import, sealed)];
};

static int fill(struct ward_key *key, struct ward_gcm *gcm)
{
	struct ward_session *session = key->session;
	struct work *work = container_of(gcm, struct work, gcm);
	const struct ward_key_grant *grant = (void *)work->text;
	int ret = ward_keyring_unseal(&session->keys, session->id, gcm, work->enc,
				      work->text, sizeof(work->text));

	if (ret)
		return ret;
	memcpy(key->secret, grant->key, sizeof(key->secret));
	return ward_grant_read(grant, &key->own);
}

int ward_cmd_key_import(struct ward_call *call)
{
	struct ward_key_import *cmd = call->cmd;
	struct work *work;
	int ret;

	if (cmd->reserved)
		return -EINVAL;
	if (!ward_key_possible())
		return -ENOPKG;
	work = kzalloc(sizeof(*work), GFP_KERNEL_ACCOUNT);
	if (!work)
		return -ENOMEM;
	work->enc = cmd->enc;
	memcpy(work->text, cmd->sealed, sizeof(work->text));
	ret = ward_key_make(call, call->object, NULL, fill, &work->gcm, &cmd->out_id);
	kfree_sensitive(work);
	if (!ret)
		cmd->out_fd = call->fd;
	return ret;
}
