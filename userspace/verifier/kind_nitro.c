// SPDX-License-Identifier: MIT
/*
 * A Nitro document's appraisal: its chain up to AWS's root, its signature by that
 * chain's key, what it answers, and what the policy says of it.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

#include "ec_chain.h"
#include "fault.h"
#include "json_write.h"
#include "kind.h"
#include "nitro.h"

static int add(struct cert_list *list, struct wv_bytes der, const char *field,
	       struct wv_fault *fault)
{
	if (der.data[0] != 0x30)
		return fault_set(fault, WV_CERTIFICATE_DAMAGED, field, 0, "not a DER certificate");
	return cert_list_add(list, der, field, fault);
}

static int collect(const struct nitro_document *d, struct cert_list *leaf,
		   struct cert_list *pool, struct wv_fault *fault)
{
	size_t i;
	int rc = add(leaf, d->certificate, "payload.certificate", fault);

	for (i = 0; !rc && i < d->bundled; i++)
		rc = add(pool, d->cabundle[i], "payload.cabundle", fault);
	return rc;
}

static int check_chain(struct judge *j, const struct nitro_document *d, X509 *leaf,
		       const struct cert_list *pool)
{
	const struct ec_trust trust = { .roots = j->a->roots, .vendor = VENDOR_AWS };
	struct wv_nitro *n = &j->v->nitro;
	struct ec_chain chain;
	int rc = ec_chain_build(leaf, pool, &trust, j->a->now, &chain, &j->v->fault);

	if (rc)
		return rc;
	cert_common_name(X509_get_subject_name(leaf), n->issued_by[0], sizeof(n->issued_by[0]));
	cert_common_name(X509_get_subject_name(chain.certs[chain.count - 1]), n->issued_by[1],
			 sizeof(n->issued_by[1]));
	n->named_root = chain.anchor->named;
	n->not_before = chain.not_before;
	n->not_after = chain.not_after;
	if (chain.anchor->simulated)
		j->v->simulated = 1;
	return cose_sign1_check(&d->cose, X509_get0_pubkey(leaf), "document", &j->v->fault);
}

static int authenticate(struct judge *j, const struct nitro_document *d)
{
	struct cert_list leaf = { .count = 0 }, pool = { .count = 0 };
	int rc;

	ERR_set_mark();
	rc = collect(d, &leaf, &pool, &j->v->fault) ?:
	     check_chain(j, d, leaf.certs[0], &pool);
	cert_list_clear(&leaf);
	cert_list_clear(&pool);
	ERR_pop_to_mark();
	return rc;
}

static bool carries(const struct wv_nitro_data *d, struct wv_bytes want)
{
	return d->len == want.len && !CRYPTO_memcmp(d->data, want.data, want.len);
}

/* A bare document may answer in either of the two places that the enclave fills in. */
static int check_fresh(struct judge *j)
{
	const struct wv_nitro *n = &j->v->nitro;
	struct wv_bytes carried = { n->user_data.data, n->user_data.len };

	if (j->report_data || !j->challenge.data)
		return judge_fresh(j, carried, JUDGE_WHOLE, "payload.user_data", -1);
	if (carries(&n->nonce, j->challenge) || carries(&n->user_data, j->challenge))
		return WV_OK;
	return fault_set(&j->v->fault, WV_REPORT_DATA_MISMATCH, "payload.nonce", -1,
			 "neither nonce (%zu bytes) nor user_data (%zu) are the %zu bytes expected",
			 n->nonce.len, n->user_data.len, j->challenge.len);
}

/* What AWS says to have revoked is not looked at here. */
static void warn(struct wv_verdict *v)
{
	v->warnings |= WV_WARN_CRL_UNCHECKED;
	if (v->nitro.named_root)
		v->warnings |= WV_WARN_NAMED_ROOT;
	if (v->nitro.debug)
		v->warnings |= WV_WARN_DEBUG;
}

int kind_nitro(struct judge *j, const struct wv_evidence *e)
{
	struct nitro_document d;
	int rc;

	rc = nitro_read(e->data, &d, &j->v->nitro, &j->v->fault);
	if (rc)
		return rc;
	j->v->have |= WV_HAVE_NITRO;
	rc = authenticate(j, &d) ?: check_fresh(j) ?: judge_tee(j, POLICY_TEE_NITRO);
	if (rc)
		return rc;
	warn(j->v);
	/* In debug mode registers 0 to 2 are zero whatever runs. */
	if (policy_nitro_tells(&j->p->nitro) && !j->v->nitro.debug)
		j->v->measured = 1;
	return policy_nitro(j->p, &j->v->nitro, &j->rules);
}

/* An array of four without a tag, whose first element says ES384. */
bool kind_nitro_recognise(struct wv_bytes data)
{
	static const uint8_t start[] = { 0x84, 0x44, 0xa1, 0x01, 0x38, 0x22, 0xa0 };

	return data.len > sizeof(start) && !memcmp(data.data, start, sizeof(start));
}

json_t *kind_nitro_json(struct wv_bytes data, struct wv_fault *fault)
{
	struct wv_nitro nitro;

	return wv_nitro_parse(data, &nitro, fault) ? NULL : nitro_json(&nitro);
}

/* The leaf's certificate ends three hours after it was issued. */
int kind_nitro_time(struct wv_bytes data, int64_t *out, struct wv_fault *fault)
{
	struct wv_nitro nitro;
	int rc = wv_nitro_parse(data, &nitro, fault);

	*out = rc ? 0 : (int64_t)(nitro.timestamp_ms / 1000);
	return rc;
}
