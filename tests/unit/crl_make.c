// SPDX-License-Identifier: MIT
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crl_make.h"

#define NOBODY_KNOWS "1.3.6.1.4.1.99999.1"

static X509_EXTENSION *strange(void)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *oid = OBJ_txt2obj(NOBODY_KNOWS, 1);
	X509_EXTENSION *e;

	assert_true(value && oid && ASN1_OCTET_STRING_set(value, (const uint8_t *)"\5\0", 2));
	e = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
	assert_non_null(e);
	ASN1_OBJECT_free(oid);
	ASN1_OCTET_STRING_free(value);
	return e;
}

static void add_strange(X509_CRL *crl)
{
	X509_EXTENSION *e = strange();

	assert_true(X509_CRL_add_ext(crl, e, -1));
	X509_EXTENSION_free(e);
}

static void add_aki(X509_CRL *crl, X509 *of)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, of, NULL, NULL, crl, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	assert_non_null(e);
	assert_true(X509_CRL_add_ext(crl, e, -1));
	X509_EXTENSION_free(e);
}

static void revoke(X509_CRL *crl, X509 *cert, int64_t when, bool critical)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)when);

	assert_true(r && t && X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(cert)) &&
		    X509_REVOKED_set_revocationDate(r, t));
	if (critical) {
		X509_EXTENSION *e = strange();

		assert_true(X509_REVOKED_add_ext(r, e, -1));
		X509_EXTENSION_free(e);
	}
	assert_true(X509_CRL_add0_revoked(crl, r));
	ASN1_TIME_free(t);
}

static void sign(X509_CRL *crl, const struct crl_recipe *r)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md = r->md ? r->md : r->pss ? EVP_sha384() : EVP_sha256();
	EVP_PKEY_CTX *p;

	assert_true(ctx && EVP_DigestSignInit(ctx, &p, md, NULL, r->key) > 0);
	if (r->pss)
		assert_true(EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) > 0 &&
			    EVP_PKEY_CTX_set_rsa_mgf1_md(p, md) > 0 &&
			    EVP_PKEY_CTX_set_rsa_pss_saltlen(p, r->salt_len ? r->salt_len : 48) > 0);
	assert_true(X509_CRL_sign_ctx(crl, ctx) > 0);
	EVP_MD_CTX_free(ctx);
}

/* The same algorithm in other bytes: its hash with parameters that are NULL, or without any. */
static void write_beside(X509_CRL *crl)
{
	const X509_ALGOR *alg;
	RSA_PSS_PARAMS *params;
	ASN1_STRING *packed;
	const void *value;
	int type, had;

	X509_CRL_get0_signature(crl, NULL, &alg);
	X509_ALGOR_get0(NULL, &type, &value, alg);
	params = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
	assert_non_null(params);
	X509_ALGOR_get0(NULL, &had, NULL, params->hashAlgorithm);
	assert_true(X509_ALGOR_set0(params->hashAlgorithm, OBJ_nid2obj(NID_sha384),
				    had == V_ASN1_NULL ? V_ASN1_UNDEF : V_ASN1_NULL, NULL));
	packed = ASN1_item_pack(params, ASN1_ITEM_rptr(RSA_PSS_PARAMS), NULL);
	assert_true(packed && X509_ALGOR_set0((X509_ALGOR *)alg, OBJ_nid2obj(NID_rsassaPss),
					      V_ASN1_SEQUENCE, packed));
	RSA_PSS_PARAMS_free(params);
}

static void set_times(X509_CRL *crl, const struct crl_recipe *r)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)r->from);
	ASN1_TIME *to = r->to ? ASN1_TIME_set(NULL, (time_t)r->to) : NULL;

	assert_true(from && X509_CRL_set1_lastUpdate(crl, from));
	if (to)
		assert_true(X509_CRL_set1_nextUpdate(crl, to));
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
}

struct wv_bytes crl_make(const struct crl_recipe *r)
{
	X509_CRL *crl = X509_CRL_new();
	uint8_t *der = NULL, *out;
	size_t i;
	int len;

	assert_true(crl && X509_CRL_set_version(crl, 1) &&
		    X509_CRL_set_issuer_name(crl, X509_get_subject_name(r->issuer)));
	set_times(crl, r);
	for (i = 0; i < r->revoked_count; i++)
		revoke(crl, r->revoked[i], r->from, r->critical_entry);
	if (r->aki)
		add_aki(crl, r->aki);
	if (r->critical)
		add_strange(crl);
	sign(crl, r);
	if (r->beside)
		write_beside(crl);
	len = i2d_X509_CRL(crl, &der);
	assert_true(len > 0);
	out = malloc((size_t)len);
	assert_non_null(out);
	memcpy(out, der, (size_t)len);
	OPENSSL_free(der);
	X509_CRL_free(crl);
	return (struct wv_bytes){ out, (size_t)len };
}

struct wv_bytes crl_pem(struct wv_bytes der)
{
	const uint8_t *p = der.data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.len);
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t *text, *out;
	long len;

	assert_true(crl && bio && PEM_write_bio_X509_CRL(bio, crl));
	len = BIO_get_mem_data(bio, &text);
	out = malloc((size_t)len);
	assert_non_null(out);
	memcpy(out, text, (size_t)len);
	BIO_free(bio);
	X509_CRL_free(crl);
	return (struct wv_bytes){ out, (size_t)len };
}
