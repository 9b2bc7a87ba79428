// SPDX-License-Identifier: MIT
/*
 * Who signed TCB info and identities: a key that the platform's own root certified for
 * that, and for nothing else.
 */
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "pck.h"
#include "tcb_status.h"

#define SIGNER_NAME "SGX TCB Signing"

/*
 * The root also certifies the CAs of platforms, and through them every platform's own
 * key: the name and the place right below the root tell Intel's signer from these.
 */
static bool is_signer(X509 *cert, X509 *root)
{
	char name[128];

	cert_common_name(X509_get_subject_name(cert), name, sizeof(name));
	return strstr(name, SIGNER_NAME) && cert_is_leaf(cert) &&
	       !X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(root)) &&
	       cert_signed_as(CERT_INTEL, cert, root);
}

static bool on_p256(X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);

	return key && EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) == 256;
}

static int check_days(X509 *cert, int64_t now, struct wv_fault *fault)
{
	int64_t from = INT64_MIN, to = INT64_MAX;

	return cert_holds(cert, now, "tcb_signing", &from, &to, fault);
}

/*
 * The same key may have had several certificates: one that is valid now comes before one
 * that is not.
 */
static X509 *find_signer(const struct tcb_signer *s, const struct store_doc *d, bool *any)
{
	X509 *stale = NULL;
	size_t i;

	for (i = 0; i < s->store->cert_count; i++) {
		X509 *cert = s->store->certs[i];

		if (!is_signer(cert, s->root) || !on_p256(cert))
			continue;
		*any = true;
		if (!ecdsa_p256_signed(X509_get0_pubkey(cert), d->signature, d->body))
			continue;
		if (!check_days(cert, s->now, NULL))
			return cert;
		stale = cert;
	}
	return stale;
}

int tcb_doc_signed(struct tcb_signer *s, const struct store_doc *d, const char *field,
		   struct wv_fault *fault)
{
	bool any = false;

	if (s->cert && ecdsa_p256_signed(X509_get0_pubkey(s->cert), d->signature, d->body))
		return WV_OK;
	s->cert = find_signer(s, d, &any);
	if (s->cert)
		return check_days(s->cert, s->now, fault);
	if (any)
		return fault_set(fault, WV_COLLATERAL_FORGED, field, -1,
				 "items[%zu] is not signed by the TCB signing key", d->item);
	return fault_set(fault, WV_COLLATERAL_MISSING, "tcb_signing", -1,
			 "no TCB signing certificate under the platform's root is at hand");
}
