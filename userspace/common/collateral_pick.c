// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collateral_key.h"
#include "collateral_need.h"
#include "collateral_pick.h"

bool collateral_is_file(const char *name)
{
	static const char *const suffixes[] = { ".pem", ".der", ".crt", ".cer", ".crl", ".json" };
	const char *dot = strrchr(name, '.');
	size_t i;

	if (!dot || dot == name)
		return false;
	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (!strcmp(dot, suffixes[i]))
			return true;
	return false;
}

/* Picked under their own names. */
static bool has_a_name(const char *file)
{
	static const char *const names[] = { "ark", "ask", "vcek", "asvk", "vlek" };
	size_t i, len;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		len = strlen(names[i]);
		if (!strncmp(file, names[i], len) &&
		    (!strcmp(file + len, ".pem") || !strcmp(file + len, ".der")))
			return true;
	}
	return false;
}

bool collateral_is_item(const char *name)
{
	return collateral_is_file(name) && !has_a_name(name);
}

int collateral_pick(const struct collateral_source *s, const char *name, struct wv_bytes *out)
{
	static const char *const suffixes[] = { "pem", "der" };
	char file[16];
	size_t i;
	int rc = 0;

	for (i = 0; !rc && !out->data && i < 2; i++) {
		snprintf(file, sizeof(file), "%s.%s", name, suffixes[i]);
		rc = s->read(s->context, file, out);
	}
	return rc;
}

int collateral_pick_named(const struct collateral_source *s, int kind, struct wv_collateral *out)
{
	int rc = collateral_pick(s, "ark", &out->ark);

	if (!rc && kind != WV_VEK_VLEK)
		rc = collateral_pick(s, "vcek", &out->vek);
	if (!rc && out->vek.data)
		return collateral_pick(s, "ask", &out->intermediate);
	if (!rc && kind != WV_VEK_VCEK)
		rc = collateral_pick(s, "vlek", &out->vek);
	if (!rc && out->vek.data)
		return collateral_pick(s, "asvk", &out->intermediate);
	return rc ? rc : collateral_pick(s, "ask", &out->intermediate);
}

/* What is not in the cache adds nothing. */
static int add_file(const struct collateral_source *s, const char *name, struct wv_collateral *out)
{
	struct wv_bytes *items, in = { NULL, 0 };
	int rc = s->read(s->context, name, &in);

	if (rc || !in.data)
		return rc;
	items = realloc((void *)out->items, (out->item_count + 1) * sizeof(*items));
	if (!items) {
		s->drop(s->context, &in);
		return COLLATERAL_NO_MEMORY;
	}
	items[out->item_count++] = in;
	out->items = items;
	return 0;
}

static int add(const struct collateral_source *s, const struct collateral_key *key,
	       struct wv_collateral *out)
{
	int rc = add_file(s, key->item, out);

	return rc || !key->chain[0] ? rc : add_file(s, key->chain, out);
}

/* Whether the first certificate of @ca has the name of who issued @vek. */
static bool issues(struct wv_bytes ca, struct wv_bytes vek)
{
	struct wv_item upper, lower;

	return !wv_collateral_describe(ca, &upper, NULL) &&
	       !wv_collateral_describe(vek, &lower, NULL) &&
	       upper.kind == WV_ITEM_CERTIFICATES && lower.kind == WV_ITEM_CERTIFICATES &&
	       !strcmp(upper.subject, lower.issuer);
}

static int add_issuers(const struct collateral_source *s, int product, bool vlek,
		       struct wv_collateral *out)
{
	struct collateral_key key;
	int rc;

	collateral_key_ca(&key, product, vlek);
	rc = s->read(s->context, key.item, &out->intermediate);
	if (!rc && out->vek.data && out->intermediate.data && !issues(out->intermediate, out->vek))
		s->drop(s->context, &out->intermediate);
	if (rc || !out->intermediate.data)
		return rc;
	collateral_key_crl(&key, product, vlek);
	return add(s, &key, out);
}

/* A report of version 2 doesn't say its product: it is of Milan or Genoa. */
static int add_amd(const struct collateral_source *s, const struct wv_snp_report *r,
		   struct wv_collateral *out)
{
	int product = r->product ? r->product : WV_PRODUCT_MILAN;
	int last = r->product ? r->product : WV_PRODUCT_GENOA;
	bool vlek = r->signing_key == WV_VEK_VLEK;
	size_t chip_len = collateral_chip_len(r, product);
	struct collateral_key key;
	int rc = 0;

	if (chip_len && !vlek && !out->vek.data) {
		collateral_key_vcek(&key, product, r->chip_id, chip_len, &r->reported_tcb);
		rc = s->read(s->context, key.item, &out->vek);
	}
	for (; !rc && !out->intermediate.data && product <= last; product++)
		rc = add_issuers(s, product, vlek, out);
	return rc;
}

static int add_intel(const struct collateral_source *s, const struct collateral_platform *p,
		     struct wv_collateral *out)
{
	struct collateral_key keys[4];
	int rc = 0;
	size_t i;

	collateral_key_tcb_info(&keys[0], p->fmspc);
	collateral_key_qe_identity(&keys[1]);
	collateral_key_pck_crl(&keys[2], p->platform);
	collateral_key_root_crl(&keys[3]);
	for (i = 0; !rc && i < sizeof(keys) / sizeof(keys[0]); i++)
		rc = add(s, &keys[i], out);
	return rc;
}

int collateral_pick_cache(const struct collateral_source *s, struct wv_bytes evidence,
			  struct wv_collateral *out)
{
	struct collateral_platform platform;
	struct wv_snp_report report;
	struct wv_fault fault;
	int rc = 0;

	if (!collateral_report(evidence, &report, &fault))
		rc = add_amd(s, &report, out);
	if (!rc && collateral_platform(evidence, &platform))
		rc = add_intel(s, &platform, out);
	return rc;
}
