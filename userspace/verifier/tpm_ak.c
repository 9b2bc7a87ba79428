// SPDX-License-Identifier: MIT
/*
 * Whose key it is: its certificate, up to a root that the caller named. AMD's roots
 * certify no TPM.
 */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "cert.h"
#include "fault.h"
#include "tpm.h"

#define DEPTH_MAX 4
#define AIK_CERTIFICATE "2.23.133.8.3"	/* tcg-kp-AIKCertificate */

/** struct search - what a chain is built from */
struct search {
	struct cert_list leaf, pool;
	X509_STORE *anchors;
	STACK_OF(X509) *between;
	X509_STORE_CTX *ctx;
};

static void search_clear(struct search *s)
{
	X509_STORE_CTX_free(s->ctx);
	sk_X509_free(s->between);
	X509_STORE_free(s->anchors);
	cert_list_clear(&s->pool);
	cert_list_clear(&s->leaf);
}

/* The root of a simulated TEE was named for that: no verdict would say whose word it is. */
static bool add_anchors(struct search *s, const struct wv_roots *roots)
{
	const struct cert_list *named = roots_certs(roots);
	bool ok = s->anchors;

	for (size_t i = 0; ok && i < named->count; i++) {
		const struct anchor *a = roots_named(roots, named->certs[i]);

		ok = a && (a->simulated || X509_STORE_add_cert(s->anchors, named->certs[i]) == 1);
	}
	return ok;
}

static bool add_between(struct search *s)
{
	bool ok = s->between;

	for (size_t i = 0; ok && i < s->pool.count; i++)
		ok = sk_X509_push(s->between, s->pool.certs[i]) > 0;
	return ok;
}

/* A root that was named ends the chain, also where it signs itself not. */
static bool prepare(struct search *s, const struct wv_roots *roots, int64_t now)
{
	X509_VERIFY_PARAM *param;

	s->anchors = X509_STORE_new();
	s->between = sk_X509_new_null();
	s->ctx = X509_STORE_CTX_new();
	if (!add_anchors(s, roots) || !add_between(s) || !s->ctx ||
	    X509_STORE_CTX_init(s->ctx, s->anchors, s->leaf.certs[0], s->between) != 1)
		return false;
	param = X509_STORE_CTX_get0_param(s->ctx);
	X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, 1);
	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	return true;
}

static int chain_fault(int error, struct wv_fault *fault)
{
	int reason = error == X509_V_ERR_CERT_HAS_EXPIRED ? WV_CERTIFICATE_EXPIRED :
		     error == X509_V_ERR_CERT_NOT_YET_VALID ? WV_CERTIFICATE_NOT_YET :
							      WV_CHAIN_INVALID;

	return fault_set(fault, reason, "ak_cert", -1, "%s",
			 X509_verify_cert_error_string(error));
}

/* Nobody's word for it is another matter than a word that does not hold. */
static bool unknown_issuer(int error)
{
	return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
	       error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
	       error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
}

/*
 * Whose certificate speaks of what the key is for must say: quotes. A CA that
 * certifies servers, too, is no way to pass a program's key for a TPM's. Clouds
 * certify theirs without a word of it, but for signing and nothing else.
 */
static bool is_for_quotes(X509 *leaf)
{
	EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
	uint32_t usage = X509_get_key_usage(leaf);
	char oid[32];
	bool found = X509_get_ext_by_NID(leaf, NID_ext_key_usage, -1) < 0 &&
		     usage == KU_DIGITAL_SIGNATURE;
	int i;

	for (i = 0; i < sk_ASN1_OBJECT_num(usages); i++)
		if (OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(usages, i), 1) > 0 &&
		    !strcmp(oid, AIK_CERTIFICATE))
			found = true;
	EXTENDED_KEY_USAGE_free(usages);
	return found && usage & KU_DIGITAL_SIGNATURE;
}

static int judge(struct search *s, const struct wv_roots *roots, const struct tpm_key *key,
		 int64_t now, bool *sure, struct wv_fault *fault)
{
	X509 *leaf = s->leaf.certs[0];
	int error;

	if (EVP_PKEY_eq(X509_get0_pubkey(leaf), key->key) != 1 || X509_check_ca(leaf))
		return fault_set(fault, WV_CHAIN_INVALID, "ak_cert", -1,
				 "it is not a certificate of the key that signed");
	if (!is_for_quotes(leaf))
		return fault_set(fault, WV_CHAIN_INVALID, "ak_cert", -1,
				 "it certifies its key for something else than a TPM's quotes");
	if (!prepare(s, roots, now))
		return fault_set(fault, WV_NO_MEMORY, "ak_cert", -1, "no memory");
	if (X509_verify_cert(s->ctx) == 1) {
		*sure = true;
		return WV_OK;
	}
	error = X509_STORE_CTX_get_error(s->ctx);
	return unknown_issuer(error) ? WV_OK : chain_fault(error, fault);
}

int tpm_certified(const struct wv_roots *roots, const struct wv_collateral *collateral,
		  const struct tpm_key *key, struct wv_bytes cert, int64_t now, bool *sure,
		  struct wv_fault *fault)
{
	struct search s = { .anchors = NULL };
	int rc;

	*sure = false;
	if (!cert.len || !roots_certs(roots)->count)
		return WV_OK;
	ERR_set_mark();
	rc = cert_list_add(&s.leaf, cert, "ak_cert", fault);
	if (!rc && s.leaf.count != 1)
		rc = fault_set(fault, WV_CERTIFICATE_DAMAGED, "ak_cert", -1,
			       "one certificate is expected");
	if (!rc && collateral)
		rc = cert_list_add(&s.pool, collateral->intermediate, "ASK", fault);
	rc = rc ?: judge(&s, roots, key, now, sure, fault);
	search_clear(&s);
	ERR_pop_to_mark();
	return rc;
}
