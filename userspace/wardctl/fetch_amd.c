// SPDX-License-Identifier: MIT
/*
 * AMD's collateral (57230, chapter 4): where it is asked for and under which name it
 * is kept.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fetch_amd.h"
#include "fetch_amd_check.h"
#include "hex.h"

int fetch_product(const char *word)
{
	/* Siena and Bergamo have Genoa's keys: AMD serves them under its name */
	static const struct {
		const char *name;
		int product;
	} names[] = {
		{ "milan", WV_PRODUCT_MILAN }, { "genoa", WV_PRODUCT_GENOA },
		{ "bergamo", WV_PRODUCT_GENOA }, { "siena", WV_PRODUCT_GENOA },
		{ "turin", WV_PRODUCT_TURIN },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcasecmp(word, names[i].name))
			return names[i].product;
	return WV_PRODUCT_UNKNOWN;
}

/* As it stands in addresses: "Milan". */
static const char *path_name(int product)
{
	static const char *const names[] = { "", "Milan", "Genoa", "Turin" };

	return names[product];
}

static const char *side(const struct fetch_amd *w)
{
	return w->vlek ? "vlek" : "vcek";
}

/* THIM gives this machine's certificates in one answer, at one address. */
static bool thim_request(const struct fetch_source *s, struct fetch_request *rq)
{
	snprintf(rq->url, sizeof(rq->url), "%s/metadata/THIM/amd/certification", s->url);
	rq->header = "Metadata: true";
	return true;
}

static bool ca_request(const struct fetch_item *it, const struct fetch_source *s,
		       struct fetch_request *rq)
{
	const struct fetch_amd *w = it->want;

	if (s->kind == FETCH_THIM)
		return !w->vlek && thim_request(s, rq);
	snprintf(rq->url, sizeof(rq->url), "%s/%s/v1/%s/cert_chain", s->url, side(w),
		 path_name(w->product));
	return true;
}

static bool crl_request(const struct fetch_item *it, const struct fetch_source *s,
			struct fetch_request *rq)
{
	const struct fetch_amd *w = it->want;

	if (s->kind == FETCH_THIM)
		return false;
	snprintf(rq->url, sizeof(rq->url), "%s/%s/v1/%s/crl", s->url, side(w),
		 path_name(w->product));
	return true;
}

/* 57230 table 13; Turin's firmware has one part more, which comes first. */
static bool vcek_request(const struct fetch_item *it, const struct fetch_source *s,
			 struct fetch_request *rq)
{
	const struct fetch_amd *w = it->want;
	const struct wv_tcb *t = &w->tcb;
	char chip[129], fmc[16] = "";

	if (s->kind == FETCH_THIM)
		return thim_request(s, rq);
	hex_encode(w->chip, w->chip_len, chip);
	if (w->product == WV_PRODUCT_TURIN)
		snprintf(fmc, sizeof(fmc), "fmcSPL=%02u&", t->fmc);
	snprintf(rq->url, sizeof(rq->url),
		 "%s/vcek/v1/%s/%s?%sblSPL=%02u&teeSPL=%02u&snpSPL=%02u&ucodeSPL=%02u", s->url,
		 path_name(w->product), chip, fmc, t->bootloader, t->tee, t->snp, t->microcode);
	return true;
}

/* One member of THIM's answer, a PEM text. */
static bool thim_take(struct fetch_item *it, const struct fetch_reply *reply, const char *member,
		      char *why)
{
	json_t *root = json_loadb((const char *)reply->data, reply->len, JSON_REJECT_DUPLICATES,
				  NULL);
	const char *text = json_string_value(json_object_get(root, member));
	char *copy = text ? strdup(text) : NULL;

	json_decref(root);
	if (!copy) {
		snprintf(why, FETCH_WHY, "the answer has no text '%s'", member);
		return false;
	}
	it->body = (struct wv_bytes){ (uint8_t *)copy, strlen(copy) };
	return true;
}

static bool ca_take(struct fetch_item *it, const struct fetch_source *s, struct fetch_reply *reply,
		    char *why)
{
	return s->kind == FETCH_THIM ? thim_take(it, reply, "certificateChain", why) :
				       fetch_take_body(it, s, reply, why);
}

static bool vcek_take(struct fetch_item *it, const struct fetch_source *s,
		      struct fetch_reply *reply, char *why)
{
	return s->kind == FETCH_THIM ? thim_take(it, reply, "vcekCert", why) :
				       fetch_take_body(it, s, reply, why);
}

void fetch_amd_ca(struct fetch_item *it, const struct fetch_amd *want)
{
	const char *product = wv_product_text(want->product);

	*it = (struct fetch_item){ .request = ca_request, .take = ca_take,
				   .check = fetch_check_ca, .max = FETCH_PAIR_MAX,
				   .pool = true, .want = want };
	snprintf(it->what, sizeof(it->what), "the chain of ARK and %s of %s",
		 want->vlek ? "ASVK" : "ASK", product);
	collateral_key_ca(&it->key, want->product, want->vlek);
}

void fetch_amd_crl(struct fetch_item *it, const struct fetch_amd *want)
{
	const char *product = wv_product_text(want->product);

	*it = (struct fetch_item){ .request = crl_request, .take = fetch_take_body,
				   .check = fetch_check_amd_crl, .max = FETCH_CRL_MAX,
				   .want = want };
	snprintf(it->what, sizeof(it->what), "the revocation list of %s (%s)", product, side(want));
	collateral_key_crl(&it->key, want->product, want->vlek);
}

void fetch_amd_vcek(struct fetch_item *it, const struct fetch_amd *want)
{
	const struct wv_tcb *t = &want->tcb;
	char chip[129];

	*it = (struct fetch_item){ .request = vcek_request, .take = vcek_take,
				   .check = fetch_check_vcek, .max = FETCH_PAIR_MAX,
				   .want = want };
	hex_encode(want->chip, want->chip_len, chip);
	snprintf(it->what, sizeof(it->what),
		 "the VCEK of %s chip %.16s.. (fmc %u bl %u tee %u snp %u ucode %u)",
		 wv_product_text(want->product), chip, t->fmc, t->bootloader, t->tee, t->snp,
		 t->microcode);
	collateral_key_vcek(&it->key, want->product, want->chip, want->chip_len, t);
}

bool fetch_amd_chip(const struct wv_snp_report *r, int product, struct fetch_amd *w)
{
	w->product = product;
	w->tcb = r->reported_tcb;
	w->chip_len = collateral_chip_len(r, product);
	memcpy(w->chip, r->chip_id, w->chip_len);
	return w->chip_len;
}
