// SPDX-License-Identifier: MIT
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "cert.h"
#include "fault.h"
#include "when.h"

#define ARK_BITS 4096
#define SALT_LEN 48

static int list_push(struct cert_list *list, X509 *cert, const char *field,
		     struct wv_fault *fault)
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
	const uint8_t *p = in.data;
	X509 *cert = d2i_X509(NULL, &p, (long)in.len);

	if (cert && p == in.data + in.len)
		return list_push(list, cert, field, fault);
	X509_free(cert);
	return fault_set(fault, WV_CERTIFICATE_DAMAGED, field, 0, "not a DER certificate%s",
			 cert ? ": bytes follow it" : "");
}

static int add_pem(struct cert_list *list, struct wv_bytes in, const char *field,
		   struct wv_fault *fault)
{
	BIO *bio = BIO_new_mem_buf(in.data, (int)in.len);
	int rc = WV_OK, n = 0;
	X509 *cert;

	if (!bio)
		return fault_set(fault, WV_NO_MEMORY, field, -1, "no memory");
	while (!rc && (cert = PEM_read_bio_X509(bio, NULL, NULL, (void *)""))) {
		rc = list_push(list, cert, field, fault);
		n++;
	}
	if (!rc && (!n || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE))
		rc = fault_set(fault, WV_CERTIFICATE_DAMAGED, field,
			       (int64_t)in.len - BIO_pending(bio),
			       "PEM certificate %d cannot be read", n + 1);
	BIO_free(bio);
	return rc;
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
	return add_pem(list, in, field, fault);
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

/* What stands in the certificate decides how OpenSSL verifies: look first. */
static bool pss_as_amd(const X509 *cert)
{
	const X509_ALGOR *alg;
	const void *value = NULL;
	const uint8_t *p;
	RSA_PSS_PARAMS *params;
	int64_t salt = -1;
	int type = 0;
	bool ok;

	X509_get0_signature(NULL, &alg, cert);
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

bool cert_signed_by(X509 *cert, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);

	return key && EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) == ARK_BITS &&
	       pss_as_amd(cert) && X509_verify(cert, key) == 1;
}

bool cert_is_ca(X509 *cert)
{
	return X509_check_ca(cert) == 1;
}

static bool seconds(const ASN1_TIME *t, int64_t *out)
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
	return seconds(X509_get0_notBefore(cert), not_before) &&
	       seconds(X509_get0_notAfter(cert), not_after);
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
