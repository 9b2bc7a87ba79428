// SPDX-License-Identifier: MIT
/*
 * Arm's tokens as JSON.
 */
#include <stdio.h>

#include "arm_token.h"
#include "json_write.h"

static void put_hash(struct json_out *o, const char *key, const struct wv_hash *h)
{
	if (h->len)
		out_put_hex(o, key, h->data, h->len);
}

static void put_text(struct json_out *o, const char *key, const char *text)
{
	if (text[0])
		out_put_text(o, key, text);
}

static json_t *component_json(const struct wv_component *c)
{
	struct json_out o = out_start();

	put_text(&o, "type", c->type);
	put_text(&o, "version", c->version);
	put_text(&o, "hash", c->hash);
	put_hash(&o, "measurement", &c->measurement);
	put_hash(&o, "signer", &c->signer);
	return out_take(&o);
}

static json_t *key_json(const struct wv_platform *p)
{
	static const char trust[][10] = { "unknown", "pinned", "certified" };
	struct json_out o = out_start();

	out_put_hex(&o, "sha256", p->key_sha256, sizeof(p->key_sha256));
	out_put_text(&o, "trust", trust[p->key_trust]);
	return out_take(&o);
}

static void put_platform(struct json_out *o, const struct wv_platform *p)
{
	json_t *components = json_array();
	char lifecycle[8];

	snprintf(lifecycle, sizeof(lifecycle), "0x%04x", p->lifecycle & 0xffff);
	out_put_text(o, "profile", p->profile);
	out_put_hex(o, "implementation_id", p->implementation_id, sizeof(p->implementation_id));
	out_put_hex(o, "instance_id", p->instance_id, sizeof(p->instance_id));
	out_put_text(o, "lifecycle", arm_lifecycle_text(p->state));
	out_put_text(o, "lifecycle_claim", lifecycle);
	put_text(o, "verifier", p->verifier);
	for (size_t i = 0; components && i < p->component_count; i++)
		json_array_append_new(components, component_json(&p->components[i]));
	out_put(o, "sw_components", components);
	if (p->key_trust)
		out_put(o, "key", key_json(p));
}

static json_t *platform_json(const struct wv_cca *c)
{
	struct json_out o = out_start();

	put_platform(&o, &c->platform);
	put_hash(&o, "config", &c->config);
	out_put_text(&o, "hash", c->platform_hash);
	return out_take(&o);
}

static json_t *realm_json(const struct wv_cca *c)
{
	struct json_out o = out_start();
	json_t *rem = json_array();

	put_text(&o, "profile", c->realm_profile);
	out_put_hex(&o, "challenge", c->challenge, sizeof(c->challenge));
	out_put_hex(&o, "personalization", c->personalization, sizeof(c->personalization));
	out_put_text(&o, "hash", c->realm_hash);
	out_put_text(&o, "key_hash", c->key_hash);
	put_hash(&o, "rim", &c->rim);
	for (size_t i = 0; rem && i < WV_CCA_REMS; i++)
		json_array_append_new(rem, hex_json(c->rem[i].data, c->rem[i].len));
	out_put(&o, "rem", rem);
	return out_take(&o);
}

json_t *cca_json(const struct wv_cca *c)
{
	struct json_out o = out_start();

	out_put(&o, "platform", platform_json(c));
	out_put(&o, "realm", realm_json(c));
	return out_take(&o);
}

json_t *psa_json(const struct wv_psa *t)
{
	struct json_out o = out_start();

	put_platform(&o, &t->platform);
	put_hash(&o, "nonce", &t->nonce);
	out_put(&o, "client_id", json_integer(t->client_id));
	put_hash(&o, "boot_seed", &t->boot_seed);
	put_text(&o, "certification", t->certification);
	if (t->no_measurements)
		out_put_bool(&o, "no_sw_measurements", true);
	return out_take(&o);
}
