// SPDX-License-Identifier: MIT
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "cert.h"
#include "fault.h"
#include "when.h"

#define ARK_BITS 4096
#define SALT_LEN 48
#define EXTENSIONS_MAX 64

int cert_list_push(struct cert_list *list, X509 *cert, const char *field, struct wv_fault *fault)
{
	if (list->count < CERT_LIST_MAX) {
		list->certs[list->count++] = cert;
		return WV_OK;
	}
	X509_free(cert);
	return fault_set(fault, WV_CERTIFICATE_DAMAGED, field, -1, "more than %d certificates",
			 CERT_LIST_MAX);
}

static int add_der(struct cert_list *list, struct wv_bytes in, const char *field,
		   struct wv_fault *fault)
{
	bool more;
	X509 *cert = cert_pool_read(list->pool, in, &more);

	if (cert)
		return cert_list_push(list, cert, field, fault);
	return fault_set(fault, WV_CERTIFICATE_DAMAGED, field, 0, "not a DER certificate%s",
			 more ? ": bytes follow it" : "");
}

int cert_list_add(struct cert_list *list, struct wv_bytes in, const char *field,
		  struct wv_fault *fault)
{
	if (!in.len)
		return WV_OK;
	if (in.len > CERT_SIZE_MAX)
		return fault_set(fault, WV_CERTIFICATE_DAMAGED, field, -1,
				 "%zu bytes are too many for certificates", in.len);
	if (in.data[0] == 0x30)
		return add_der(list, in, field, fault);
	return cert_list_add_pem(list, in, field, fault);
}

void cert_list_clear(struct cert_list *list)
{
	while (list->count)
		X509_free(list->certs[--list->count]);
}

static int digest_nid(const X509_ALGOR *alg)
{
	const ASN1_OBJECT *oid = NULL;

	if (alg)
		X509_ALGOR_get0(&oid, NULL, NULL, alg);
	return oid ? OBJ_obj2nid(oid) : NID_undef;
}

/* MGF1 takes its digest as a nested algorithm identifier. */
static bool mgf_is_sha384(const X509_ALGOR *mgf)
{
	const void *value = NULL;
	const uint8_t *p;
	X509_ALGOR *inner;
	int type = 0;
	bool ok;

	if (digest_nid(mgf) != NID_mgf1)
		return false;
	X509_ALGOR_get0(NULL, &type, &value, mgf);
	if (type != V_ASN1_SEQUENCE)
		return false;
	p = ASN1_STRING_get0_data(value);
	inner = d2i_X509_ALGOR(NULL, &p, ASN1_STRING_length(value));
	ok = digest_nid(inner) == NID_sha384;
	X509_ALGOR_free(inner);
	return ok;
}

/* What stands beside a signature decides how OpenSSL verifies: look first. */
static bool pss_as_amd(const X509_ALGOR *alg)
{
	const void *value = NULL;
	const uint8_t *p;
	RSA_PSS_PARAMS *params;
	int64_t salt = -1;
	int type = 0;
	bool ok;

	if (digest_nid(alg) != NID_rsassaPss)
		return false;
	X509_ALGOR_get0(NULL, &type, &value, alg);
	if (type != V_ASN1_SEQUENCE)
		return false;
	p = ASN1_STRING_get0_data(value);
	params = d2i_RSA_PSS_PARAMS(NULL, &p, ASN1_STRING_length(value));
	ok = params && digest_nid(params->hashAlgorithm) == NID_sha384 &&
	     mgf_is_sha384(params->maskGenAlgorithm) && params->saltLength &&
	     ASN1_INTEGER_get_int64(&salt, params->saltLength) && salt == SALT_LEN &&
	     (!params->trailerField || ASN1_INTEGER_get(params->trailerField) == 1);
	RSA_PSS_PARAMS_free(params);
	return ok;
}

static bool on_curve(EVP_PKEY *key, const char *name)
{
	char group[32] = "";

	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group,
					      sizeof(group), NULL) &&
	       !strcmp(group, name);
}

bool cert_form_holds(enum cert_form form, EVP_PKEY *key, const X509_ALGOR *alg)
{
	if (form == CERT_INTEL)
		return on_curve(key, "prime256v1") && digest_nid(alg) == NID_ecdsa_with_SHA256;
	if (form == CERT_NVIDIA)
		return on_curve(key, "secp384r1") && digest_nid(alg) == NID_ecdsa_with_SHA384;
	return EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) == ARK_BITS && pss_as_amd(alg);
}

bool cert_signed_as(enum cert_form form, X509 *cert, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	const X509_ALGOR *alg;

	X509_get0_signature(NULL, &alg, cert);
	return key && cert_form_holds(form, key, alg) && X509_verify(cert, key) == 1;
}

bool cert_signed_by(X509 *cert, X509 *issuer)
{
	return cert_signed_as(CERT_AMD, cert, issuer);
}

/*
 * Two extensions tell what a certificate may sign. OpenSSL's own X509_check_ca() reads all
 * of them first and hashes the certificate, for what nobody asks here: a tenth of a
 * signature's time each.
 */
struct signing {
	bool readable;		/* either is absent, or there once and well-formed */
	bool ca;		/* basic constraints */
	bool any_use;		/* no key usage at all */
	bool certificates;	/* key usage: keyCertSign */
	bool lists;		/* key usage: cRLSign */
};

#define NO_SUCH_EXTENSION (-1)
/* RFC 5280 4.2.1.3: their bits. */
#define KEY_CERT_SIGN 5
#define CRL_SIGN 6

static struct signing may_sign(const X509 *cert)
{
	int has_bc, has_ku;
	BASIC_CONSTRAINTS *bc = X509_get_ext_d2i(cert, NID_basic_constraints, &has_bc, NULL);
	ASN1_BIT_STRING *ku = X509_get_ext_d2i(cert, NID_key_usage, &has_ku, NULL);
	struct signing s = {
		.readable = (bc || has_bc == NO_SUCH_EXTENSION) &&
			    (ku || has_ku == NO_SUCH_EXTENSION),
		.ca = bc && bc->ca,
		.any_use = !ku,
		.certificates = ku && ASN1_BIT_STRING_get_bit(ku, KEY_CERT_SIGN),
		.lists = ku && ASN1_BIT_STRING_get_bit(ku, CRL_SIGN),
	};

	BASIC_CONSTRAINTS_free(bc);
	ASN1_BIT_STRING_free(ku);
	return s;
}

bool cert_is_ca(X509 *cert)
{
	struct signing s = may_sign(cert);

	return s.readable && s.ca && (s.any_use || s.certificates);
}

bool cert_signs_lists(X509 *cert)
{
	struct signing s = may_sign(cert);

	return s.readable && s.ca && (s.any_use || (s.certificates && s.lists));
}

/* RFC 5280 4.2: none stands twice. Looking for that takes the square of their number. */
bool cert_repeats(X509 *cert)
{
	int i;

	if (X509_get_ext_count(cert) > EXTENSIONS_MAX)
		return true;
	for (i = 0; i < X509_get_ext_count(cert); i++) {
		X509_EXTENSION *e = X509_get_ext(cert, i);

		if (X509_get_ext_by_OBJ(cert, X509_EXTENSION_get_object(e), i) >= 0)
			return true;
	}
	return false;
}

/* RFC 5280 4.2: a critical extension that is not understood refuses the certificate. */
bool cert_understood(X509 *cert)
{
	int i;

	for (i = 0; i < X509_get_ext_count(cert); i++) {
		X509_EXTENSION *e = X509_get_ext(cert, i);

		if (X509_EXTENSION_get_critical(e) && !X509_supported_extension(e))
			return false;
	}
	return !cert_repeats(cert) && may_sign(cert).readable;
}

bool cert_is_leaf(X509 *cert)
{
	struct signing s = may_sign(cert);

	return s.readable && !s.ca && !s.certificates;
}

bool cert_is_self_issued(X509 *cert)
{
	return !X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert));
}

bool cert_seconds(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (!t || !ASN1_TIME_to_tm(t, &tm))
		return false;
	*out = when_days(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * 86400 + tm.tm_hour * 3600 +
	       tm.tm_min * 60 + tm.tm_sec;
	return true;
}

bool cert_times(const X509 *cert, int64_t *not_before, int64_t *not_after)
{
	return cert_seconds(X509_get0_notBefore(cert), not_before) &&
	       cert_seconds(X509_get0_notAfter(cert), not_after);
}

int cert_holds(const X509 *cert, int64_t now, const char *field, int64_t *from, int64_t *to,
	       struct wv_fault *fault)
{
	char limit[WHEN_TEXT_LEN], asked[WHEN_TEXT_LEN];
	int64_t begin, end;

	if (!cert_times(cert, &begin, &end))
		return fault_set(fault, WV_CERTIFICATE_DAMAGED, field, -1,
				 "its validity cannot be read");
	if (now < begin || now > end) {
		when_text(now < begin ? begin : end, limit);
		when_text(now, asked);
	}
	if (now < begin)
		return fault_set(fault, WV_CERTIFICATE_NOT_YET, field, -1,
				 "valid from %s on, asked for %s", limit, asked);
	if (now > end)
		return fault_set(fault, WV_CERTIFICATE_EXPIRED, field, -1,
				 "valid until %s, asked for %s", limit, asked);
	if (begin > *from)
		*from = begin;
	if (end < *to)
		*to = end;
	return WV_OK;
}

/* Whoever forged a certificate chose these bytes: only printable ones get out. */
void cert_common_name(const X509_NAME *name, char *out, size_t size)
{
	if (X509_NAME_get_text_by_NID(name, NID_commonName, out, (int)size) < 0)
		out[0] = '\0';
	for (; *out; out++)
		if (*out < 0x20 || *out > 0x7e)
			*out = '?';
}

bool cert_spki_digest(const X509 *cert, uint8_t out[32])
{
	uint8_t *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	bool ok = len > 0 && EVP_Digest(der, (size_t)len, out, NULL, EVP_sha256(), NULL);

	OPENSSL_free(der);
	return ok;
}
