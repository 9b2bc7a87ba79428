// SPDX-License-Identifier: MIT
/*
 * What RFC 5280 section 6 asks of a path, as far as certificates of attestation keys
 * use it: names, signatures, windows, basic constraints, key usage. Revocation lists
 * are not looked at here.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "ec_chain.h"
#include "fault.h"
#include "when.h"

static bool ecdsa_sha2(const X509 *cert)
{
	int nid = X509_get_signature_nid(cert);

	return nid == NID_ecdsa_with_SHA256 || nid == NID_ecdsa_with_SHA384 ||
	       nid == NID_ecdsa_with_SHA512;
}

static bool signed_by(X509 *cert, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	bool ok;

	ERR_set_mark();
	ok = key && EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) >= 256 &&
	     ecdsa_sha2(cert) && X509_verify(cert, key) == 1;
	ERR_pop_to_mark();
	return ok;
}

static X509 *issuer_in(const struct cert_list *list, X509 *cert, bool *named)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (X509_NAME_cmp(X509_get_subject_name(list->certs[i]),
				  X509_get_issuer_name(cert)))
			continue;
		*named = true;
		if (signed_by(cert, list->certs[i]))
			return list->certs[i];
	}
	return NULL;
}

static int find_issuer(X509 *cert, const struct cert_list *pool, const struct ec_trust *trust,
		       const char *field, X509 **out, struct wv_fault *fault)
{
	char name[96], issuer[96];
	bool named = false;

	*out = issuer_in(pool, cert, &named);
	if (!*out)
		*out = issuer_in(roots_certs(trust->roots), cert, &named);
	if (*out)
		return WV_OK;
	cert_common_name(X509_get_subject_name(cert), name, sizeof(name));
	cert_common_name(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	if (named)
		return fault_set(fault, WV_CHAIN_INVALID, field, -1,
				 "'%s' is not signed by '%s' with ECDSA and SHA-2", name, issuer);
	return fault_set(fault, WV_COLLATERAL_MISSING, field, -1,
			 "the issuer of '%s', '%s', is not at hand", name, issuer);
}

/* @depth: 0 is the leaf; all but it must be CAs. */
static int check_form(X509 *cert, size_t depth, const char *field, struct wv_fault *fault)
{
	uint32_t flags = X509_get_extension_flags(cert);
	long most = X509_get_pathlen(cert);

	if (flags & (EXFLAG_INVALID | EXFLAG_CRITICAL) || cert_repeats(cert))
		return fault_set(fault, WV_CHAIN_INVALID, field, -1, "%s",
				 flags & EXFLAG_CRITICAL ?
					 "it has a critical extension that is not known here" :
					 "its extensions cannot be read, or one is there twice");
	if (depth && !cert_is_ca(cert))
		return fault_set(fault, WV_CHAIN_INVALID, field, -1,
				 "it is not a CA's, and something was issued under it");
	if (!depth && X509_check_ca(cert))
		return fault_set(fault, WV_CHAIN_INVALID, field, -1,
				 "a CA's certificate stands where that of the signing key belongs");
	if (!depth && flags & EXFLAG_KUSAGE &&
	    !(X509_get_key_usage(cert) & X509v3_KU_DIGITAL_SIGNATURE))
		return fault_set(fault, WV_CHAIN_INVALID, field, -1,
				 "its key usage does not let it sign");
	if (depth && most >= 0 && (size_t)most < depth - 1)
		return fault_set(fault, WV_CHAIN_INVALID, field, -1,
				 "%zu CAs below it, its path length allows %ld", depth - 1, most);
	return WV_OK;
}

static const struct anchor *anchor_of(const struct ec_trust *t, const X509 *cert)
{
	return t->named_only ? roots_named(t->roots, cert) :
			       roots_find(t->roots, cert, t->vendor);
}

/* A root is trusted for its key; its signature over itself vouches for its window. */
static int check_end(struct ec_chain *c, X509 *cert, const char *field, bool *done,
		     struct wv_fault *fault)
{
	char name[96];

	*done = c->anchor != NULL;
	if (!c->anchor && X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)))
		return WV_OK;
	cert_common_name(X509_get_subject_name(cert), name, sizeof(name));
	if (!c->anchor)
		return fault_set(fault, WV_CHAIN_UNTRUSTED, field, -1,
				 "the key of '%s' is neither pinned nor named as a root", name);
	if (!roots_known(c->anchor, cert) && !signed_by(cert, cert))
		return fault_set(fault, WV_CHAIN_INVALID, field, -1, "'%s' is not signed by itself",
				 name);
	return WV_OK;
}

int ec_chain_build(X509 *leaf, const struct cert_list *pool, const struct ec_trust *trust,
		   int64_t now, struct ec_chain *out, struct wv_fault *fault)
{
	X509 *cert = leaf;
	bool done = false;
	char field[32];
	int rc = WV_OK;

	memset(out, 0, sizeof(*out));
	out->not_before = INT64_MIN;
	out->not_after = INT64_MAX;
	while (!rc && !done && out->count < EC_CHAIN_MAX) {
		snprintf(field, sizeof(field), "chain[%zu]", out->count);
		rc = check_form(cert, out->count, field, fault) ?:
		     cert_holds(cert, now, field, &out->not_before, &out->not_after, fault);
		out->certs[out->count] = cert;
		out->anchor = out->count ? anchor_of(trust, cert) : NULL;
		if (!rc && out->count)
			rc = check_end(out, cert, field, &done, fault);
		if (!rc && !done)
			rc = find_issuer(cert, pool, trust, field, &cert, fault);
		out->count++;
	}
	if (!rc && !done)
		rc = fault_set(fault, WV_CHAIN_INVALID, "chain", -1,
			       "more than %d certificates up to a root", EC_CHAIN_MAX);
	return rc;
}
