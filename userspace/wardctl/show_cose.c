// SPDX-License-Identifier: MIT
/*
 * Nitro documents, CCA and PSA tokens, for people.
 */
#include <stdio.h>

#include "appraise.h"
#include "bytes.h"
#include "hex.h"

/* A register takes a line, as a policy would pin it; those that nobody set are left out. */
static void show_registers(struct output *o, const struct wv_nitro *n)
{
	char hex[2 * WV_NITRO_PCR_LEN + 1];
	unsigned int i;

	out_list(o, "pcrs");
	for (i = 0; i < WV_NITRO_PCRS; i++) {
		if (!(n->pcr_there & 1u << i) ||
		    (i > 2 && all_zero(n->pcr[i], WV_NITRO_PCR_LEN)))
			continue;
		hex_encode(n->pcr[i], WV_NITRO_PCR_LEN, hex);
		out_textf(o, NULL, "%2u %s", i, hex);
	}
	out_close(o);
}

void show_nitro(struct output *o, const struct wv_nitro *n)
{
	char made[32];

	wv_time_text((int64_t)(n->timestamp_ms / 1000), made);
	out_textf(o, "enclave", "%s%s, %s", n->module_id, n->debug ? " (debug)" : "", made);
	if (n->issued_by[1][0])
		out_textf(o, "chain", "%s <- ... <- %s", n->issued_by[0], n->issued_by[1]);
	show_registers(o, n);
}

static void show_hash(struct output *o, const char *key, const struct wv_hash *h)
{
	if (h->len)
		out_hex(o, key, h->data, h->len);
}

static void show_platform(struct output *o, const struct wv_platform *p)
{
	static const char *const trust[] = {
		"known to nobody", "named by the policy", "certified by a root that was named",
	};
	char hex[2 * 64 + 1];
	size_t i;

	out_textf(o, "platform", "%s, lifecycle 0x%04x, key %s", p->profile, p->lifecycle,
		  trust[p->key_trust]);
	out_hex(o, "implementation_id", p->implementation_id, sizeof(p->implementation_id));
	out_hex(o, "instance_id", p->instance_id, sizeof(p->instance_id));
	out_list(o, "sw_components");
	for (i = 0; i < p->component_count; i++) {
		const struct wv_component *c = &p->components[i];

		hex_encode(c->measurement.data, c->measurement.len, hex);
		out_textf(o, NULL, "%s%s%s %s", c->type[0] ? c->type : "-",
			  c->version[0] ? " " : "", c->version, hex);
	}
	out_close(o);
}

void show_cca(struct output *o, const struct wv_cca *c)
{
	char hex[2 * 64 + 1];
	size_t i;

	show_platform(o, &c->platform);
	show_hash(o, "rim", &c->rim);
	out_list(o, "rem");
	for (i = 0; i < WV_CCA_REMS; i++) {
		hex_encode(c->rem[i].data, c->rem[i].len, hex);
		out_textf(o, NULL, "%zu %s", i, hex);
	}
	out_close(o);
	out_hex(o, "personalization", c->personalization, sizeof(c->personalization));
}

void show_psa(struct output *o, const struct wv_psa *t)
{
	show_platform(o, &t->platform);
	out_textf(o, "client", "%d", t->client_id);
	show_hash(o, "boot_seed", &t->boot_seed);
}
