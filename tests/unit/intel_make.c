// SPDX-License-Identifier: MIT
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "intel_make.h"

#define SGX_OID "1.2.840.113741.1.13.1"

const struct intel_recipe intel_default = {
	.root_cn = "Intel SGX Root CA",
	.ca_cn = "Intel SGX PCK Platform CA",
	.pck_cn = "Intel SGX PCK Certificate",
	.tcb_cn = "Intel SGX TCB Signing",
	.org = "Intel Corporation",
	.fmspc = { 0x90, 0xc0, 0x6f },
	.components = { 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5 },
	.pcesvn = 13,
	.from = INTEL_NOW - 400 * INTEL_DAY,
	.to = INTEL_NOW + 3650LL * INTEL_DAY,
};

/* DER grows backwards here: what was put first stands last. */
struct der {
	uint8_t bytes[1024];
	size_t at;
};

static void der_wrap(struct der *d, uint8_t tag, size_t end)
{
	size_t len = end - d->at;

	assert_true(len < 0x10000 && d->at > 4);
	if (len < 0x80) {
		d->bytes[--d->at] = (uint8_t)len;
	} else {
		d->bytes[--d->at] = (uint8_t)len;
		if (len > 0xff)
			d->bytes[--d->at] = (uint8_t)(len >> 8);
		d->bytes[--d->at] = len > 0xff ? 0x82 : 0x81;
	}
	d->bytes[--d->at] = tag;
}

static void der_bytes(struct der *d, uint8_t tag, const void *p, size_t len)
{
	size_t end = d->at;

	d->at -= len;
	memcpy(d->bytes + d->at, p, len);
	der_wrap(d, tag, end);
}

static void der_int(struct der *d, unsigned int n)
{
	size_t end = d->at;

	do
		d->bytes[--d->at] = (uint8_t)n;
	while (n >>= 8);
	if (d->bytes[d->at] & 0x80)
		d->bytes[--d->at] = 0;
	der_wrap(d, 0x02, end);
}

/* The OID of SGX with up to two more numbers; its value stands behind it already. */
static void der_oid(struct der *d, int a, int b, size_t end)
{
	static const uint8_t sgx[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };
	uint8_t oid[sizeof(sgx) + 2];
	size_t n = sizeof(sgx);

	memcpy(oid, sgx, sizeof(sgx));
	oid[n++] = (uint8_t)a;
	if (b)
		oid[n++] = (uint8_t)b;
	der_bytes(d, 0x06, oid, n);
	der_wrap(d, 0x30, end);
}

static void der_tcb(struct der *d, const struct intel_recipe *r)
{
	size_t end = d->at, all = d->at;
	int i;

	der_bytes(d, 0x04, r->components, 16);
	der_oid(d, 2, 18, end);
	end = d->at;
	der_int(d, r->pcesvn);
	der_oid(d, 2, 17, end);
	for (i = 16; i > 0; i--) {
		end = d->at;
		der_int(d, r->components[i - 1]);
		der_oid(d, 2, i, end);
	}
	der_wrap(d, 0x30, all);
	der_oid(d, 2, 0, all);
}

static void der_sgx(struct der *d, const struct intel_recipe *r)
{
	static const uint8_t ppid[16] = { 0x77 };
	size_t all = d->at = sizeof(d->bytes), end;

	der_bytes(d, 0x0a, "\0", 1);
	der_oid(d, 5, 0, all);
	end = d->at;
	der_bytes(d, 0x04, r->fmspc, 6);
	der_oid(d, 4, 0, end);
	end = d->at;
	der_bytes(d, 0x04, r->pce_id, 2);
	der_oid(d, 3, 0, end);
	der_tcb(d, r);
	end = d->at;
	der_bytes(d, 0x04, ppid, sizeof(ppid));
	der_oid(d, 1, 0, end);
	der_wrap(d, 0x30, all);
}

static void add_sgx(X509 *x, const struct intel_recipe *r)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *oid = OBJ_txt2obj(SGX_OID, 1);
	X509_EXTENSION *e;
	struct der d;

	der_sgx(&d, r);
	assert_true(value && oid && ASN1_OCTET_STRING_set(value, d.bytes + d.at,
							  (int)(sizeof(d.bytes) - d.at)));
	e = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value);
	assert_true(e && X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
	ASN1_OBJECT_free(oid);
	ASN1_OCTET_STRING_free(value);
}

static void add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_true(e && X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

static void set_name(X509_NAME *name, const char *cn, const char *org)
{
	assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)cn, -1,
					       -1, 0) &&
		    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)org, -1,
					       -1, 0));
}

static X509 *start(const char *cn, const char *org, EVP_PKEY *key, X509 *issuer, bool ca)
{
	X509 *x = X509_new();
	uint64_t serial;

	assert_true(x && RAND_bytes((uint8_t *)&serial, sizeof(serial)) == 1 &&
		    X509_set_version(x, 2) &&
		    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1) &&
		    X509_set_pubkey(x, key));
	set_name(X509_get_subject_name(x), cn, org);
	assert_true(X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x)));
	add_ext(x, x, NID_subject_key_identifier, "hash");
	add_ext(x, issuer ? issuer : x, NID_authority_key_identifier, "keyid");
	add_ext(x, x, NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	add_ext(x, x, NID_key_usage, ca ? "critical,keyCertSign,cRLSign" :
		"critical,digitalSignature,nonRepudiation");
	return x;
}

static void finish(X509 *x, int64_t from, int64_t to, EVP_PKEY *key)
{
	ASN1_TIME *a = ASN1_TIME_set(NULL, (time_t)from), *b = ASN1_TIME_set(NULL, (time_t)to);

	assert_true(a && b && X509_set1_notBefore(x, a) && X509_set1_notAfter(x, b) &&
		    X509_sign(x, key, EVP_sha256()));
	ASN1_TIME_free(a);
	ASN1_TIME_free(b);
}

void intel_pki_make(const struct intel_recipe *r, struct intel_pki *p)
{
	EVP_PKEY **keys[] = { &p->root_key, &p->ca_key, &p->pck_key, &p->tcb_key };
	size_t i;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < 4; i++) {
		*keys[i] = EVP_EC_gen("P-256");
		assert_non_null(*keys[i]);
	}
	p->root = start(r->root_cn, r->org, p->root_key, NULL, true);
	finish(p->root, r->from, r->to, p->root_key);
	p->ca = start(r->ca_cn, r->org, p->ca_key, p->root, true);
	finish(p->ca, r->from, r->to, p->root_key);
	p->pck = start(r->pck_cn, r->org, p->pck_key, p->ca, r->pck_is_ca);
	add_sgx(p->pck, r);
	finish(p->pck, r->pck_from ? r->pck_from : r->from, r->pck_to ? r->pck_to : r->to,
	       p->ca_key);
	p->tcb = start(r->tcb_cn, r->org, p->tcb_key, p->root, r->tcb_is_ca);
	finish(p->tcb, r->from, r->to, p->root_key);
}

void intel_pki_free(struct intel_pki *p)
{
	EVP_PKEY_free(p->root_key);
	EVP_PKEY_free(p->ca_key);
	EVP_PKEY_free(p->pck_key);
	EVP_PKEY_free(p->tcb_key);
	X509_free(p->root);
	X509_free(p->ca);
	X509_free(p->pck);
	X509_free(p->tcb);
	memset(p, 0, sizeof(*p));
}

struct wv_bytes intel_pem(X509 *const *certs, size_t count)
{
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t *text, *out;
	size_t i;
	long len;

	assert_non_null(bio);
	for (i = 0; i < count; i++)
		assert_true(PEM_write_bio_X509(bio, certs[i]));
	len = BIO_get_mem_data(bio, &text);
	out = malloc((size_t)len);
	assert_non_null(out);
	memcpy(out, text, (size_t)len);
	BIO_free(bio);
	return (struct wv_bytes){ out, (size_t)len };
}

struct wv_bytes intel_chain(const struct intel_pki *p)
{
	return intel_pem((X509 *[]){ p->pck, p->ca, p->root }, 3);
}

struct wv_bytes intel_signers(const struct intel_pki *p)
{
	return intel_pem((X509 *[]){ p->tcb, p->root }, 2);
}

void intel_sign(EVP_PKEY *key, const void *data, size_t len, uint8_t out[64])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[80];
	size_t der_len = sizeof(der);
	const uint8_t *p = der;
	ECDSA_SIG *sig;

	assert_true(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestSign(ctx, der, &der_len, data, len) == 1);
	sig = d2i_ECDSA_SIG(NULL, &p, (long)der_len);
	assert_true(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32) == 32 &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32) == 32);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
}
