// SPDX-License-Identifier: MIT
/*
 * A Nitro document as JSON.
 */
#include <stdio.h>

#include "json_write.h"

static json_t *pcrs_json(const struct wv_nitro *n)
{
	struct json_out o = out_start();
	char name[8];

	for (unsigned int i = 0; i < WV_NITRO_PCRS; i++) {
		snprintf(name, sizeof(name), "%u", i);
		if (n->pcr_there & 1u << i)
			out_put_hex(&o, name, n->pcr[i], WV_NITRO_PCR_LEN);
	}
	return out_take(&o);
}

static json_t *chain_json(const struct wv_nitro *n)
{
	struct json_out o = out_start();

	out_put_text(&o, "key", n->issued_by[0]);
	out_put_text(&o, "root", n->issued_by[1]);
	out_put_bool(&o, "named_root", n->named_root);
	out_put_when(&o, "not_before", n->not_before);
	out_put_when(&o, "not_after", n->not_after);
	return out_take(&o);
}

static void put_data(struct json_out *o, const char *key, const struct wv_nitro_data *d)
{
	if (d->len)
		out_put_hex(o, key, d->data, d->len);
	else
		out_put(o, key, json_null());
}

json_t *nitro_json(const struct wv_nitro *n)
{
	struct json_out o = out_start();

	out_put_text(&o, "module_id", n->module_id);
	out_put_number(&o, "timestamp_ms", n->timestamp_ms);
	out_put_when(&o, "time", (int64_t)(n->timestamp_ms / 1000));
	out_put_bool(&o, "debug", n->debug);
	out_put(&o, "pcrs", pcrs_json(n));
	put_data(&o, "user_data", &n->user_data);
	put_data(&o, "nonce", &n->nonce);
	put_data(&o, "public_key", &n->public_key);
	if (n->issued_by[1][0])
		out_put(&o, "chain", chain_json(n));
	return out_take(&o);
}
