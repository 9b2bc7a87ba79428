// SPDX-License-Identifier: MIT
#include "json_write.h"
#include "wardverify_token.h"

static const char *service_text(int service)
{
	static const char *const words[] = { NULL, "azure-attestation", "intel-trust-authority" };

	return words[service];
}

static void put_when(struct json_out *o, const char *key, int64_t t)
{
	if (t)
		out_put_when(o, key, t);
	else
		out_put(o, key, json_null());
}

/* What the header says, as much of it as was understood; bytes that are no UTF-8 are none. */
static void put_text(struct json_out *o, const char *key, const char *text)
{
	json_t *value = *text ? json_string(text) : NULL;

	out_put(o, key, value ? value : json_null());
}

static json_t *rtmr_json(const struct wv_token *t)
{
	json_t *list = json_array();

	for (int i = 0; i < 4; i++)
		json_array_append_new(list, hex_json(t->rtmr[i], sizeof(t->rtmr[i])));
	return list;
}

/* Of a token whose signature does not hold nothing is repeated. */
static json_t *token_claims_json(const struct wv_token *t)
{
	struct json_out o = out_start();

	put_text(&o, "service", service_text(t->service) ?: "");
	put_text(&o, "issuer", t->issuer);
	put_text(&o, "tee", t->tee);
	put_text(&o, "status", t->status);
	put_when(&o, "issued_at", t->issued_at);
	put_when(&o, "not_before", t->not_before);
	put_when(&o, "expires_at", t->expires_at);
	out_put_bool(&o, "debug", t->debug);
	out_put(&o, "measurement", t->has_measurement ?
		hex_json(t->measurement, sizeof(t->measurement)) : json_null());
	out_put(&o, "rtmr", t->has_rtmr ? rtmr_json(t) : json_null());
	return out_take(&o);
}

static json_t *unchecked_json(const struct wv_token *t)
{
	json_t *list = json_array();

	for (int i = 0; list && i < WV_TOKEN_UNCHECKED_COUNT; i++)
		if (t->unchecked & 1u << i)
			json_array_append_new(list, json_string(wv_token_unchecked_text(i)));
	return list;
}

char *wv_token_json(const struct wv_token *t)
{
	struct json_out o = out_start();

	put_fault(&o, &t->fault);
	out_put_bool(&o, "measured", t->measured);
	out_put(&o, "not_checked", unchecked_json(t));
	out_put_hex(&o, "token_sha256", t->digest, sizeof(t->digest));
	put_text(&o, "algorithm", t->algorithm);
	put_text(&o, "key_id", t->key_id);
	out_put(&o, "claims", t->authentic ? token_claims_json(t) : json_null());
	return out_text_of(&o);
}
