// SPDX-License-Identifier: MIT
/*
 * What a file of collateral says of itself: for showing what a folder holds, and for
 * looking at what was fetched. Nothing is verified.
 */
#include <openssl/err.h>
#include <string.h>

#include "fault.h"
#include "store.h"

const char *wv_item_text(int kind)
{
	static const char words[][15] = {
		"unknown", "certificates", "crl", "tcb-info-sgx", "tcb-info-tdx", "qe-identity",
		"td-qe-identity", "qve-identity",
	};

	return kind >= 0 && kind < (int)(sizeof(words) / sizeof(words[0])) ? words[kind] :
									      words[0];
}

static void describe_certs(const struct store *s, struct wv_item *out)
{
	int64_t from, to;
	size_t i;

	out->kind = WV_ITEM_CERTIFICATES;
	out->count = s->cert_count;
	out->next_update = INT64_MAX;
	out->issued = INT64_MIN;
	for (i = 0; i < s->cert_count; i++) {
		if (!cert_times(s->certs[i], &from, &to))
			continue;
		out->issued = from > out->issued ? from : out->issued;
		out->next_update = to < out->next_update ? to : out->next_update;
	}
	cert_common_name(X509_get_subject_name(s->certs[0]), out->subject, sizeof(out->subject));
	cert_common_name(X509_get_issuer_name(s->certs[0]), out->issuer, sizeof(out->issuer));
}

static void describe_crl(X509_CRL *crl, struct wv_item *out)
{
	int revoked = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl));

	out->kind = WV_ITEM_CRL;
	out->count = revoked > 0 ? (size_t)revoked : 0;
	if (!cert_seconds(X509_CRL_get0_lastUpdate(crl), &out->issued))
		out->issued = INT64_MIN;
	if (!cert_seconds(X509_CRL_get0_nextUpdate(crl), &out->next_update))
		out->next_update = INT64_MAX;
	cert_common_name(X509_CRL_get_issuer(crl), out->issuer, sizeof(out->issuer));
}

static void describe_doc(const struct store_doc *d, struct wv_item *out)
{
	out->kind = d->kind;
	out->count = json_array_size(json_object_get(d->object, "tcbLevels"));
	out->issued = d->issued;
	out->next_update = d->next_update;
	out->evaluation = d->evaluation;
	out->has_fmspc = d->kind == WV_ITEM_TCB_INFO_SGX || d->kind == WV_ITEM_TCB_INFO_TDX;
	memcpy(out->fmspc, d->fmspc, sizeof(out->fmspc));
	memcpy(out->pce_id, d->pce_id, sizeof(out->pce_id));
}

/* The store leaves out what is not used: what that is its text says. */
static void describe_unused(const struct wv_bytes *item, struct wv_item *out)
{
	struct store_doc d;

	if (!item->len || item->data[0] != '{')
		return;
	if (!store_doc_read(*item, &d, NULL) && d.kind)
		describe_doc(&d, out);
	store_doc_clear(&d);
}

static int describe(const struct wv_bytes *item, struct store *s, struct wv_item *out,
		    struct wv_fault *fault)
{
	struct wv_collateral c = { .items = item, .item_count = 1 };
	int rc = store_open(s, &c, NULL, fault);

	if (rc == WV_COLLATERAL_UNKNOWN) {
		describe_unused(item, out);
		return fault_clear(fault);
	}
	if (rc)
		return rc;
	if (s->doc_count)
		describe_doc(&s->docs[0], out);
	else if (s->crl_count)
		describe_crl(s->crls[0], out);
	else if (s->cert_count)
		describe_certs(s, out);
	return WV_OK;
}

int wv_collateral_describe(struct wv_bytes item, struct wv_item *out, struct wv_fault *fault)
{
	struct store s;
	int rc;

	memset(out, 0, sizeof(*out));
	fault_clear(fault);
	rc = describe(&item, &s, out, fault);
	store_clear(&s);
	return rc;
}
