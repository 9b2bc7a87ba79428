// SPDX-License-Identifier: MIT
/* An attestation that outlives its process: token and ephemeral key, until the token ends. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jose/b64.h>
#include <openssl/crypto.h>

#include "kbs_private.h"

#define MARGIN_SECONDS	10	/* for what is still to be asked with it */

int64_t kbs_token_expires(const char *token)
{
	const char *first = strchr(token, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;
	json_t *text, *payload;
	int64_t expires;

	if (!second)
		return 0;
	text = json_stringn(first + 1, (size_t)(second - first - 1));
	payload = text ? jose_b64_dec_load(text) : NULL;
	expires = json_integer_value(json_object_get(payload, "exp"));
	json_decref(payload);
	json_decref(text);
	return expires > 0 ? expires : 0;
}

void ward_kbs_timeout(struct ward_kbs *kbs, unsigned int seconds)
{
	kbs_http_timeout(kbs->http, seconds);
}

int64_t ward_kbs_expires(const struct ward_kbs *kbs)
{
	return kbs->expires;
}

int ward_kbs_save(const struct ward_kbs *kbs, char **text)
{
	json_t *all;

	if (!kbs->token || !kbs->key)
		return -EINVAL;
	if (!kbs->expires)
		return -ENODATA;
	all = json_pack("{s:i, s:s, s:O}", "ward-kbs", 1, "token", kbs->token, "key", kbs->key);
	*text = all ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
	return *text ? 0 : -ENOMEM;
}

/* A token becomes a header of requests: nothing in it may end a line. */
static int good_token(const char *token)
{
	size_t len = strlen(token);

	return len && strspn(token, JOSE_B64_MAP ".") == len;
}

static int take(struct ward_kbs *kbs, json_t *all)
{
	const char *token;
	json_t *key;
	int version;

	if (json_unpack(all, "{s:i, s:s, s:o !}", "ward-kbs", &version, "token", &token, "key",
			&key) || version != 1 || !json_is_object(key) || !good_token(token))
		return -EBADMSG;
	kbs->expires = kbs_token_expires(token);
	if (!kbs->expires)
		return -EBADMSG;
	if (kbs->expires - MARGIN_SECONDS <= time(NULL))
		return -EKEYEXPIRED;
	kbs->to_session = 0;
	kbs->token = strdup(token);
	kbs->key = json_incref(key);
	return kbs->token ? kbs_http_bearer(kbs->http, token) : -ENOMEM;
}

int ward_kbs_load(struct ward_kbs *kbs, const char *text, size_t len)
{
	json_t *all = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	int rc;

	kbs_forget(kbs);
	rc = all ? take(kbs, all) : -EBADMSG;
	json_decref(all);
	if (rc)
		kbs_forget(kbs);
	return rc;
}
