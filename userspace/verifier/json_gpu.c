// SPDX-License-Identifier: MIT
/*
 * A GPU's report as JSON. What it does not say is left out; measurements go by their
 * index, as a policy has them.
 */
#include <stdio.h>

#include "json_write.h"

static void put_said(struct json_out *o, const char *key, const char *text)
{
	if (*text)
		out_put_text(o, key, text);
}

static json_t *blocks_json(const struct wv_gpu *g)
{
	struct json_out o = out_start();
	char name[8];
	size_t i;

	for (i = 0; i < g->block_count; i++) {
		snprintf(name, sizeof(name), "%u", g->blocks[i].index);
		out_put_hex(&o, name, g->blocks[i].value, g->blocks[i].len);
	}
	return out_take(&o);
}

static json_t *chain_json(const struct wv_gpu *g)
{
	struct json_out o = out_start();
	json_t *names = json_array();
	size_t i;

	for (i = 0; names && i < g->chain_len; i++)
		json_array_append_new(names, json_string(g->subject[i]));
	out_put(&o, "subjects", names);
	out_put_bool(&o, "named_root", g->named_root);
	out_put_bool(&o, "crl_checked", g->crl_checked);
	out_put_when(&o, "not_before", g->not_before);
	out_put_when(&o, "not_after", g->not_after);
	return out_take(&o);
}

static void put_device(struct json_out *o, const struct wv_gpu *g)
{
	put_said(o, "arch", g->arch);
	put_said(o, "chip", g->chip);
	put_said(o, "device_id", g->device_id);
	if (g->chain_len)
		out_put(o, "chain", chain_json(g));
}

json_t *gpu_json(const struct wv_gpu *g, bool verified)
{
	struct json_out o = out_start();

	out_put_hex(&o, "nonce", g->nonce, sizeof(g->nonce));
	put_said(&o, "driver_version", g->driver_version);
	put_said(&o, "vbios_version", g->vbios_version);
	out_put_number(&o, "board_id", g->board_id);
	put_said(&o, "chip_sku", g->chip_sku);
	put_said(&o, "project", g->project);
	put_said(&o, "project_sku", g->project_sku);
	if (g->has_fwid)
		out_put_hex(&o, "fwid", g->fwid, sizeof(g->fwid));
	if (g->protected_pcie)
		out_put_bool(&o, "protected_pcie", g->protected_pcie == 0x55);
	if (g->has_feature)
		out_put_number(&o, "feature", g->feature);
	if (verified)
		put_device(&o, g);
	out_put(&o, "measurements", blocks_json(g));
	return out_take(&o);
}
