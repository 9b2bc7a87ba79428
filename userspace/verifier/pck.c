// SPDX-License-Identifier: MIT
/*
 * From a PCK certificate up to a trusted root. The chain is built by issuer, since
 * quotes order it in more than one way; it is trusted for the key it ends at.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "fault.h"
#include "pck.h"
#include "roots.h"
#include "when.h"

static const char fields[INTEL_CHAIN][7] = { "PCK", "PCK-CA", "root" };

static bool on_p256(EVP_PKEY *key)
{
	char group[32] = "";

	return key && EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group,
					      sizeof(group), NULL) &&
	       !strcmp(group, "prime256v1");
}

/* The CA in @list that signed @cert; *named says that some carried the right name at least. */
static X509 *issuer_in(const struct cert_list *list, X509 *cert, bool *named)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		X509 *candidate = list->certs[i];

		if (X509_NAME_cmp(X509_get_subject_name(candidate), X509_get_issuer_name(cert)))
			continue;
		*named = true;
		if (cert_is_ca(candidate) && cert_signed_as(CERT_INTEL, cert, candidate))
			return candidate;
	}
	return NULL;
}

static int find_issuer(const struct cert_list *pool, const struct wv_roots *roots, X509 *cert,
		       const char *field, X509 **out, struct wv_fault *fault)
{
	char name[128], issuer[128];
	bool named = false;

	*out = issuer_in(pool, cert, &named) ?: issuer_in(roots_certs(roots), cert, &named);
	if (*out)
		return WV_OK;
	cert_common_name(X509_get_subject_name(cert), name, sizeof(name));
	cert_common_name(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	if (named)
		return fault_set(fault, WV_CHAIN_INVALID, field, -1,
				 "'%s' is not signed by the CA '%s' with ECDSA on P-256 and SHA-256",
				 name, issuer);
	return fault_set(fault, WV_COLLATERAL_MISSING, field, -1,
			 "the issuer of '%s', '%s', is not at hand", name, issuer);
}

/* Wherever it stands among them: what signs itself is a root, whatever else it says. */
static X509 *find_leaf(const struct cert_list *certs)
{
	size_t i;

	for (i = 0; i < certs->count; i++)
		if (cert_is_leaf(certs->certs[i]) && !cert_is_self_issued(certs->certs[i]))
			return certs->certs[i];
	return NULL;
}

static int check_anchor(struct wv_pck *info, const struct wv_roots *roots, X509 *root,
			struct wv_fault *fault)
{
	const struct anchor *a = roots_find(roots, root, VENDOR_INTEL);

	if (!a)
		return fault_set(fault, WV_CHAIN_UNTRUSTED, "root", -1,
				 "the key of '%s' is neither pinned nor named as a root",
				 info->subject[2]);
	if (!roots_known(a, root) && !cert_signed_as(CERT_INTEL, root, root))
		return fault_set(fault, WV_CHAIN_INVALID, "root", -1,
				 "'%s' is not a self-signed certificate", info->subject[2]);
	info->named_root = a->named;
	info->simulated = a->simulated;
	return WV_OK;
}

static int check_form(X509 *cert, const char *field, struct wv_fault *fault)
{
	if (cert_understood(cert))
		return WV_OK;
	return fault_set(fault, WV_CHAIN_INVALID, field, -1,
			 "it has extensions that are malformed, there twice, or critical and not known here");
}

static int build(const struct wv_roots *roots, const struct cert_list *certs, int64_t now,
		 struct pck *out, struct wv_fault *fault)
{
	X509 *chain[INTEL_CHAIN] = { find_leaf(certs) };
	int i, rc = WV_OK;

	if (!chain[0])
		return fault_set(fault, WV_CHAIN_INVALID, "PCK", -1, certs->count ?
				 "no certificate of a platform is among them" :
				 "there is no certificate");
	for (i = 1; !rc && i < INTEL_CHAIN; i++)
		rc = find_issuer(certs, roots, chain[i - 1], fields[i - 1], &chain[i], fault);
	if (!rc && !X509_NAME_cmp(X509_get_subject_name(chain[1]), X509_get_issuer_name(chain[1])))
		rc = fault_set(fault, WV_CHAIN_INVALID, "PCK", -1,
			       "a root signed it itself, no CA of platforms");
	for (i = 0; !rc && i < INTEL_CHAIN; i++)
		rc = check_form(chain[i], fields[i], fault);
	for (i = 0; !rc && i < INTEL_CHAIN; i++) {
		X509_up_ref(chain[i]);
		out->chain[i] = chain[i];
		cert_common_name(X509_get_subject_name(chain[i]), out->info.subject[i],
				 sizeof(out->info.subject[i]));
	}
	if (!rc)
		rc = check_anchor(&out->info, roots, chain[2], fault);
	for (i = 0; !rc && i < INTEL_CHAIN; i++)
		rc = cert_holds(chain[i], now, fields[i], &out->info.not_before,
				&out->info.not_after, fault);
	if (rc)
		return rc;
	out->key = X509_get0_pubkey(chain[0]);
	if (!on_p256(out->key))
		return fault_set(fault, WV_CHAIN_INVALID, "PCK", -1,
				 "its key is not on the curve P-256");
	return pck_read(chain[0], &out->info, fault);
}

int pck_open(const struct wv_roots *roots, struct wv_bytes certs, int64_t now, struct pck *out,
	     struct wv_fault *fault)
{
	struct cert_list list = { .pool = &out->pool };
	int rc;

	memset(out, 0, sizeof(*out));
	out->info.not_before = INT64_MIN;
	out->info.not_after = INT64_MAX;
	fault_clear(fault);
	ERR_set_mark();
	rc = cert_list_add(&list, certs, "PCK", fault) ?: build(roots, &list, now, out, fault);
	cert_list_clear(&list);
	ERR_pop_to_mark();
	return rc;
}

void pck_close(struct pck *pck)
{
	int i;

	for (i = 0; i < INTEL_CHAIN; i++)
		X509_free(pck->chain[i]);
	cert_pool_clear(&pck->pool);
	memset(pck, 0, sizeof(*pck));
}
