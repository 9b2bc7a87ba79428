// SPDX-License-Identifier: MIT
/*
 * Intel's collateral: where it is asked for (Provisioning Certification Service API,
 * version 4; design guide of the PCCS) and what a quote says that it needs.
 */
#include <stdio.h>
#include <string.h>

#include "fetch_intel.h"
#include "hex.h"
#include "infile.h"

/* PCS hands the root's list out at another host than the rest. */
#define ROOT_CRL_HOST "https://certificates.trustedservices.intel.com"

static bool tcb_request(const struct fetch_item *it, const struct fetch_source *s,
			struct fetch_request *rq)
{
	const struct fetch_intel *w = it->want;

	snprintf(rq->url, sizeof(rq->url), "%s/tdx/certification/v4/tcb?fmspc=%s", s->url,
		 w->of.fmspc);
	return true;
}

static bool qe_request(const struct fetch_item *it, const struct fetch_source *s,
		       struct fetch_request *rq)
{
	(void)it;
	snprintf(rq->url, sizeof(rq->url), "%s/tdx/certification/v4/qe/identity", s->url);
	return true;
}

static const char *ca_word(const struct fetch_intel *w)
{
	return w->of.platform ? "platform" : "processor";
}

static bool pck_request(const struct fetch_item *it, const struct fetch_source *s,
			struct fetch_request *rq)
{
	snprintf(rq->url, sizeof(rq->url), "%s/sgx/certification/v4/pckcrl?ca=%s&encoding=der",
		 s->url, ca_word(it->want));
	return true;
}

static bool root_request(const struct fetch_item *it, const struct fetch_source *s,
			 struct fetch_request *rq)
{
	(void)it;
	if (s->kind == FETCH_PCCS)
		snprintf(rq->url, sizeof(rq->url), "%s/sgx/certification/v4/rootcacrl", s->url);
	else
		snprintf(rq->url, sizeof(rq->url), "%s/IntelSGXRootCA.der",
			 s->named ? s->url : ROOT_CRL_HOST);
	return true;
}

/* A PCCS gives lists as hexadecimal digits, unless it is asked for DER and knows that. */
static void from_digits(struct wv_bytes *b)
{
	uint8_t *p = (uint8_t *)b->data;
	size_t i, n = b->len;

	while (n && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	if (!n || n % 2)
		return;
	for (i = 0; i < n; i++)
		if (hex_digit((char)p[i]) < 0)
			return;
	for (i = 0; i < n / 2; i++)
		p[i] = (uint8_t)(hex_digit((char)p[2 * i]) << 4 | hex_digit((char)p[2 * i + 1]));
	b->len = n / 2;
}

static bool crl_take(struct fetch_item *it, const struct fetch_source *s,
		     struct fetch_reply *reply, char *why)
{
	if (!fetch_take_body(it, s, reply, why))
		return false;
	from_digits(&it->body);
	return true;
}

void fetch_intel_tcb_info(struct fetch_item *it, const struct fetch_intel *want)
{
	*it = (struct fetch_item){ .request = tcb_request, .take = fetch_take_body,
				   .check = fetch_check_tcb_info, .max = FETCH_JSON_MAX,
				   .want = want };
	snprintf(it->what, sizeof(it->what), "the TDX TCB info of FMSPC %s", want->of.fmspc);
	collateral_key_tcb_info(&it->key, want->of.fmspc);
}

void fetch_intel_qe_identity(struct fetch_item *it, const struct fetch_intel *want)
{
	*it = (struct fetch_item){ .what = "the identity of TDX's quoting enclave",
				   .request = qe_request, .take = fetch_take_body,
				   .check = fetch_check_qe_identity, .max = FETCH_JSON_MAX,
				   .want = want };
	collateral_key_qe_identity(&it->key);
}

void fetch_intel_pck_crl(struct fetch_item *it, const struct fetch_intel *want)
{
	*it = (struct fetch_item){ .request = pck_request, .take = crl_take,
				   .check = fetch_check_pck_crl, .max = FETCH_CRL_MAX,
				   .want = want };
	snprintf(it->what, sizeof(it->what), "the revocation list of the PCK %s CA", ca_word(want));
	collateral_key_pck_crl(&it->key, want->of.platform);
}

void fetch_intel_root_crl(struct fetch_item *it, const struct fetch_intel *want)
{
	*it = (struct fetch_item){ .what = "the revocation list of Intel's root",
				   .request = root_request, .take = crl_take,
				   .check = fetch_check_root_crl, .max = FETCH_CRL_MAX,
				   .want = want };
	collateral_key_root_crl(&it->key);
}

int fetch_intel_quote(struct wardctl *ctl, const char *path, struct fetch_intel *out)
{
	struct wv_bytes in;
	int rc = infile_read(ctl, path, &in);
	bool found;

	if (rc)
		return rc;
	found = collateral_platform(in, &out->of);
	infile_free(&in);
	if (found)
		return EXIT_OK;
	return ctl_error(ctl, wv_reason_exit(WV_EVIDENCE_DAMAGED),
			 wv_reason_text(WV_EVIDENCE_DAMAGED),
			 "%s carries no PCK certificate that says its FMSPC and CA; name them with --fmspc and --ca",
			 path);
}
