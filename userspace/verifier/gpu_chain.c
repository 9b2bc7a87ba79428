// SPDX-License-Identifier: MIT
/*
 * From the key that signed a GPU's report up to NVIDIA's root. The chain is built by
 * issuer and trusted for the key that it ends at.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "crl.h"
#include "fault.h"
#include "gpu.h"
#include "roots.h"
#include "store.h"
#include "when.h"

/**
 * struct search - what a chain is built from, and the chain
 * @own: certificates that came with the report
 */
struct search {
	const struct wv_appraisal *a;
	struct cert_list own;
	struct store store;
	X509 *chain[WV_GPU_CHAIN];
	size_t len;
};

/* One after the other: those that came along, the collateral's, the named roots'. */
static X509 *cert_at(const struct search *s, size_t i)
{
	const struct cert_list *named = roots_certs(s->a->roots);

	if (i < s->own.count)
		return s->own.certs[i];
	i -= s->own.count;
	if (i < s->store.cert_count)
		return s->store.certs[i];
	i -= s->store.cert_count;
	return i < named->count ? named->certs[i] : NULL;
}

static bool may_sign_reports(X509 *cert)
{
	return cert_is_leaf(cert) && X509_get_key_usage(cert) & KU_DIGITAL_SIGNATURE;
}

/* The certificate of the key that signed, wherever it stands. */
static int find_leaf(struct search *s, struct wv_bytes report, struct wv_fault *fault)
{
	size_t i, seen = 0;
	X509 *cert;

	for (i = 0; (cert = cert_at(s, i)); i++) {
		EVP_PKEY *key = X509_get0_pubkey(cert);

		if (!key || !may_sign_reports(cert) || EVP_PKEY_get_bits(key) != 384)
			continue;
		seen++;
		if (!gpu_signed(key, report))
			continue;
		s->chain[s->len++] = cert;
		return WV_OK;
	}
	if (!seen)
		return fault_set(fault, WV_COLLATERAL_MISSING, "gpu.leaf", -1,
				 "no certificate of a GPU's key is at hand");
	return fault_set(fault, WV_SIGNATURE_INVALID, "gpu.signature", -1,
			 "no key of the certificates that are at hand signed this report");
}

static X509 *find_issuer(const struct search *s, X509 *cert, bool *named)
{
	X509 *candidate;
	size_t i;

	*named = false;
	for (i = 0; (candidate = cert_at(s, i)); i++) {
		if (X509_NAME_cmp(X509_get_subject_name(candidate), X509_get_issuer_name(cert)))
			continue;
		*named = true;
		if (cert_is_ca(candidate) && X509_get_key_usage(candidate) & KU_KEY_CERT_SIGN &&
		    cert_signed_as(CERT_NVIDIA, cert, candidate))
			return candidate;
	}
	return NULL;
}

static int no_issuer(X509 *cert, bool named, struct wv_fault *fault)
{
	char name[128], issuer[128];

	cert_common_name(X509_get_subject_name(cert), name, sizeof(name));
	cert_common_name(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	if (named)
		return fault_set(fault, WV_CHAIN_INVALID, "gpu.chain", -1,
				 "'%s' is not signed by the CA '%s' with ECDSA on P-384 and SHA-384",
				 name, issuer);
	return fault_set(fault, WV_COLLATERAL_MISSING, "gpu.chain", -1,
			 "the issuer of '%s', '%s', is not at hand", name, issuer);
}

static int build(struct search *s, struct wv_fault *fault)
{
	bool named;

	while (!cert_is_self_issued(s->chain[s->len - 1])) {
		X509 *issuer = find_issuer(s, s->chain[s->len - 1], &named);

		if (!issuer)
			return no_issuer(s->chain[s->len - 1], named, fault);
		if (s->len == WV_GPU_CHAIN)
			return fault_set(fault, WV_CHAIN_INVALID, "gpu.chain", -1,
					 "longer than %d certificates", WV_GPU_CHAIN);
		s->chain[s->len++] = issuer;
	}
	return WV_OK;
}

static int check_anchor(const struct search *s, struct wv_gpu *out, struct wv_fault *fault)
{
	X509 *root = s->chain[s->len - 1];
	const struct anchor *a = roots_find(s->a->roots, root, VENDOR_NVIDIA);

	if (!a)
		return fault_set(fault, WV_CHAIN_UNTRUSTED, "gpu.root", -1,
				 "the key of '%s' is neither pinned nor named as a root",
				 out->subject[s->len - 1]);
	if (s->len < 2 || !cert_is_ca(root) ||
	    (!roots_known(a, root) && !cert_signed_as(CERT_NVIDIA, root, root)))
		return fault_set(fault, WV_CHAIN_INVALID, "gpu.root", -1,
				 "'%s' is not a self-signed CA certificate",
				 out->subject[s->len - 1]);
	out->named_root = a->named;
	out->simulated = a->simulated;
	return WV_OK;
}

static int check_cert(const struct search *s, size_t i, struct wv_gpu *out,
		      struct wv_fault *fault)
{
	char field[32];
	X509 *cert = s->chain[i];

	snprintf(field, sizeof(field), "gpu.chain[%zu]", i);
	if (!cert_understood(cert))
		return fault_set(fault, WV_CHAIN_INVALID, field, -1,
				 "an extension of '%s' cannot be read, is there twice, or is critical and not known",
				 out->subject[i]);
	return cert_holds(cert, s->a->now, field, &out->not_before, &out->not_after, fault);
}

/* The CA in the GPU itself signs no lists; those above it do. */
static int check_revoked(struct search *s, struct wv_gpu *out, struct wv_fault *fault)
{
	size_t i, looked = 0, wanted = 0;
	int rc = WV_OK;

	for (i = 0; !rc && i + 1 < s->len; i++) {
		struct crl_query q = { .cert = s->chain[i], .issuer = s->chain[i + 1],
				       .form = CERT_NVIDIA, .now = s->a->now, .field = "gpu.chain" };
		bool checked = false;

		if (!(X509_get_key_usage(q.issuer) & KU_CRL_SIGN))
			continue;
		wanted++;
		rc = crl_check(&s->store, &q, &checked, fault);
		looked += checked;
	}
	out->crl_checked = wanted && looked == wanted;
	return rc;
}

static int verify(struct search *s, struct wv_bytes report, struct wv_bytes certs,
		  struct wv_gpu *out, struct wv_fault *fault)
{
	int rc = cert_list_add(&s->own, certs, "gpu.chain", fault) ?:
		 store_open(&s->store, s->a->collateral, NULL, fault) ?:
		 find_leaf(s, report, fault) ?: build(s, fault);
	size_t i;

	out->chain_len = s->len;
	for (i = 0; i < s->len; i++)
		cert_common_name(X509_get_subject_name(s->chain[i]), out->subject[i],
				 sizeof(out->subject[i]));
	rc = rc ?: check_anchor(s, out, fault);
	for (i = 0; !rc && i < s->len; i++)
		rc = check_cert(s, i, out, fault);
	return rc ?: check_revoked(s, out, fault) ?: gpu_read_leaf(s->chain[0], out, fault);
}

int gpu_chain(const struct wv_appraisal *a, struct wv_bytes report, struct wv_bytes certs,
	      struct wv_gpu *out, struct wv_fault *fault)
{
	struct search s = { .a = a };
	int rc;

	out->not_before = INT64_MIN;
	out->not_after = INT64_MAX;
	ERR_set_mark();
	rc = verify(&s, report, certs, out, fault);
	if (out->not_before == INT64_MIN)
		out->not_before = out->not_after = 0;	/* no certificate was looked at */
	cert_list_clear(&s.own);
	store_clear(&s.store);
	ERR_pop_to_mark();
	return rc;
}
