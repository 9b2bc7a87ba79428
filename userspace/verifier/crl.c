// SPDX-License-Identifier: MIT
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "crl.h"
#include "fault.h"

/* An issuer that changed its key has lists under either: the identifier tells them apart. */
static bool key_id_fits(X509_CRL *crl, X509 *issuer)
{
	AUTHORITY_KEYID *aki = X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL, NULL);
	ASN1_OCTET_STRING *ski = X509_get_ext_d2i(issuer, NID_subject_key_identifier, NULL, NULL);
	bool fits = !aki || !aki->keyid || !ski || !ASN1_OCTET_STRING_cmp(aki->keyid, ski);

	ASN1_OCTET_STRING_free(ski);
	AUTHORITY_KEYID_free(aki);
	return fits;
}

#define NO_LIST ((size_t)-1)

/* By the newest day; *named: some list carries the issuer's name, whatever its key. */
static size_t newest(const struct store *s, X509 *issuer, bool *named)
{
	int64_t when, best_when = INT64_MIN;
	size_t i, best = NO_LIST;

	*named = false;
	for (i = 0; i < s->crl_count; i++) {
		X509_CRL *crl = s->crls[i];

		if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)))
			continue;
		*named = true;
		if (!key_id_fits(crl, issuer))
			continue;
		if (!cert_seconds(X509_CRL_get0_lastUpdate(crl), &when))
			when = INT64_MIN;
		if (best == NO_LIST || when > best_when) {
			best = i;
			best_when = when;
		}
	}
	return best;
}

static bool any_critical(const STACK_OF(X509_EXTENSION) *list)
{
	int i;

	for (i = 0; i < sk_X509_EXTENSION_num(list); i++)
		if (X509_EXTENSION_get_critical(sk_X509_EXTENSION_value(list, i)))
			return true;
	return false;
}

/*
 * Critical extensions say that a list is not what it looks like: changes only (delta),
 * of some certificates only (issuing distribution point), or about others' certificates
 * (certificate issuer). None of them is read here.
 */
static bool critical(X509_CRL *crl)
{
	STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(crl);
	int i;

	if (any_critical(X509_CRL_get0_extensions(crl)))
		return true;
	for (i = 0; i < sk_X509_REVOKED_num(revoked); i++)
		if (any_critical(X509_REVOKED_get0_extensions(sk_X509_REVOKED_value(revoked, i))))
			return true;
	return false;
}

static bool enter(const unsigned char **p, long *left)
{
	int tag, class;

	return !(ASN1_get_object(p, left, &tag, &class, *left) & 0x80) && tag == V_ASN1_SEQUENCE;
}

/*
 * RFC 5280 section 5.1.1.2: what is signed names the algorithm in the words that stand beside
 * the signature. OpenSSL compares both of a certificate; 3.5 takes a list where they differ.
 */
static bool named_twice(X509_CRL *crl, const X509_ALGOR *beside)
{
	unsigned char *der = NULL;
	long left = i2d_X509_CRL(crl, &der);
	const unsigned char *p = der;
	X509_ALGOR *in = NULL;
	bool same = false;

	if (left > 0 && enter(&p, &left) && enter(&p, &left)) {
		if (left > 2 && p[0] == V_ASN1_INTEGER) {	/* the version: 02 01 01 */
			left -= 2 + p[1];
			p += 2 + p[1];
		}
		if (left > 0)
			in = d2i_X509_ALGOR(NULL, &p, left);
		same = in && !X509_ALGOR_cmp(in, beside);
	}
	X509_ALGOR_free(in);
	OPENSSL_free(der);
	return same;
}

/* A root's list is asked about several certificates: it is verified once. */
static bool signed_by(struct store *s, size_t n, const struct crl_query *q)
{
	EVP_PKEY *key = X509_get0_pubkey(q->issuer);
	const X509_ALGOR *alg;

	if (s->crl_signers[n] == q->issuer)
		return true;
	X509_CRL_get0_signature(s->crls[n], NULL, &alg);
	if (!key || !cert_form_holds(q->form, key, alg) || !cert_signs_lists(q->issuer) ||
	    !named_twice(s->crls[n], alg) || X509_CRL_verify(s->crls[n], key) != 1)
		return false;
	s->crl_signers[n] = q->issuer;
	return true;
}

/* A folder may have several lists: whose it is tells which. */
static int name_list(X509 *issuer, const char *field, int rc, struct wv_fault *fault)
{
	char name[64], text[sizeof(fault->text)];

	if (!fault)
		return rc;
	cert_common_name(X509_get_subject_name(issuer), name, sizeof(name));
	snprintf(text, sizeof(text), "%s", fault->text);
	return fault_set(fault, rc, field, -1, "the list of '%s': %s", name, text);
}

static int look_up(struct store *s, const struct crl_query *q, size_t n, const char *field,
		   struct wv_fault *fault)
{
	X509_CRL *crl = s->crls[n];
	struct store_days days = { .now = q->now, .field = field };
	X509_REVOKED *entry;
	char name[128];
	int rc;

	if (!signed_by(s, n, q))
		return fault_set(fault, WV_CRL_INVALID, field, -1,
				 "the list is not signed by the key of the issuer that it names, in its vendor's form");
	if (critical(crl))
		return fault_set(fault, WV_CRL_INVALID, field, -1,
				 "the list has a critical extension: it is not a complete list of the issuer's own");
	if (!cert_seconds(X509_CRL_get0_lastUpdate(crl), &days.from) ||
	    !cert_seconds(X509_CRL_get0_nextUpdate(crl), &days.to))
		return fault_set(fault, WV_CRL_INVALID, field, -1,
				 "the list does not say from when until when it holds");
	rc = store_window(s, &days, fault);
	if (rc)
		return name_list(q->issuer, field, rc, fault);
	if (!X509_CRL_get0_by_serial(crl, &entry, X509_get_serialNumber(q->cert)))
		return rc;
	cert_common_name(X509_get_subject_name(q->cert), name, sizeof(name));
	return fault_set(fault, WV_CERTIFICATE_REVOKED, q->field, -1, "'%s' was revoked", name);
}

int crl_check(struct store *s, const struct crl_query *q, bool *checked,
	      struct wv_fault *fault)
{
	char field[64], name[128];
	size_t n;
	bool named;
	int rc;

	n = newest(s, q->issuer, &named);
	fault_clear(fault);
	*checked = false;
	snprintf(field, sizeof(field), "%s.crl", q->field);
	cert_common_name(X509_get_subject_name(q->issuer), name, sizeof(name));
	if (n == NO_LIST && named)
		return fault_set(fault, WV_CRL_INVALID, field, -1,
				 "the list in the name of '%s' is of another key", name);
	if (n == NO_LIST && q->required)
		return fault_set(fault, WV_CRL_MISSING, field, -1,
				 "the revocation list of '%s' is not at hand", name);
	if (n == NO_LIST)
		return WV_OK;
	rc = look_up(s, q, n, field, fault);
	*checked = !rc;
	return rc;
}
