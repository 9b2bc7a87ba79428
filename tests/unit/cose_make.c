// SPDX-License-Identifier: MIT
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "cose_put.h"

/* ---- COSE_Sign1 ----------------------------------------------------------------- */

static int64_t alg_of(EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);

	return bits == 256 ? -7 : bits == 384 ? -35 : -36;
}

static void put_headers(struct cbor_put *w, const struct cose_plan *p)
{
	cbor_put_map(w, (size_t)!p->no_alg + (size_t)p->crit);
	if (!p->no_alg) {
		cbor_put_uint(w, 1);
		put_int(w, p->alg ? p->alg : alg_of(p->key));
	}
	if (p->crit) {
		cbor_put_uint(w, 2);
		cbor_put_array(w, 1);
		cbor_put_uint(w, 99);
	}
}

/* r | s; the message is what RFC 9052 section 4.4 says. */
static size_t sign(const struct cose_plan *p, struct wv_bytes headers, struct wv_bytes payload,
		   uint8_t out[132])
{
	size_t half = ((size_t)EVP_PKEY_get_bits(p->key) + 7) / 8, len = 0;
	struct cbor_put w = put_start();
	const BIGNUM *r, *s;
	BIGNUM *order = NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const char *hash = half == 32 ? "SHA256" : half == 48 ? "SHA384" : "SHA512";
	uint8_t der[160];
	const uint8_t *at = der;
	ECDSA_SIG *sig;

	cbor_put_array(&w, 4);
	cbor_put_text(&w, "Signature1");
	cbor_put_bytes(&w, headers.data, headers.len);
	cbor_put_bytes(&w, "", 0);
	cbor_put_bytes(&w, payload.data, payload.len);
	len = sizeof(der);
	assert_true(EVP_DigestSignInit_ex(ctx, NULL, hash, NULL, NULL, p->key, NULL) == 1 &&
		    EVP_DigestSign(ctx, der, &len, w.at, w.len) == 1);
	sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
	ECDSA_SIG_get0(sig, &r, &s);
	assert_true(EVP_PKEY_get_bn_param(p->key, OSSL_PKEY_PARAM_EC_ORDER, &order) == 1);
	BN_bn2binpad(r, out, (int)half);
	BN_bn2binpad(p->order_s ? order : s, out + half, (int)half);
	if (p->zero_r)
		memset(out, 0, half);
	BN_free(order);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	free(w.at);
	return 2 * half;
}

struct wv_bytes cose_make(const struct cose_plan *p, struct wv_bytes payload)
{
	struct cbor_put w = put_start(), headers = put_start();
	uint8_t signature[140] = { 0 };
	size_t len;

	put_headers(&headers, p);
	len = sign(p, put_bytes(&headers), payload, signature);
	if (!p->untagged)
		put_tag(&w, p->tag ? p->tag : 18);
	cbor_put_array(&w, 4);
	cbor_put_bytes(&w, headers.at, headers.len);
	cbor_put_map(&w, p->alg_outside);
	if (p->alg_outside) {
		cbor_put_uint(&w, 1);
		put_int(&w, alg_of(p->key));
	}
	cbor_put_bytes(&w, payload.data, payload.len);
	cbor_put_bytes(&w, signature, len + p->longer);
	free(headers.at);
	return put_bytes(&w);
}

char *cose_public(EVP_PKEY *key)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	char *text = malloc(512);

	assert_true(len > 0 && len < 300);
	EVP_EncodeBlock((uint8_t *)text, der, len);
	OPENSSL_free(der);
	return text;
}

/* ---- certificates ---------------------------------------------------------------- */

const struct nitro_recipe nitro_default = {
	.root_cn = "aws.nitro-enclaves",
	.from = COSE_NOW - 3600,
	.to = COSE_NOW + 3 * 3600,
	.root_pathlen = -1,
};

static void extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_true(e && X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

/* Critical, and known to nobody. */
static void extend_strangely(X509 *x)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.55555.1", 1);
	X509_EXTENSION *e;

	assert_true(value && ASN1_OCTET_STRING_set(value, (const uint8_t *)"\x05\x00", 2));
	e = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
	assert_true(e && X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
	ASN1_OBJECT_free(oid);
	ASN1_OCTET_STRING_free(value);
}

struct subject {
	const char *cn;
	EVP_PKEY *key;
	const char *constraints, *usage;
	int64_t from, to;
	bool strange;
};

static X509 *certify(const struct subject *s, X509 *issuer, EVP_PKEY *signer)
{
	static long serial = 1;
	X509 *x = X509_new();
	X509_NAME *name = X509_NAME_new();

	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)s->cn, -1, -1, 0);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	X509_set_subject_name(x, name);
	X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : name);
	X509_set_pubkey(x, s->key);
	ASN1_TIME_set(X509_getm_notBefore(x), (time_t)s->from);
	ASN1_TIME_set(X509_getm_notAfter(x), (time_t)s->to);
	extend(x, NID_basic_constraints, s->constraints);
	extend(x, NID_key_usage, s->usage);
	if (s->strange)
		extend_strangely(x);
	assert_true(X509_sign(x, signer, EVP_sha384()) > 0);
	X509_NAME_free(name);
	return x;
}

static void window(const struct nitro_recipe *r, int which, struct subject *s)
{
	bool all = !r->dated || r->dated == which;

	s->from = all ? r->from : nitro_default.from;
	s->to = all ? r->to : nitro_default.to;
}

void nitro_pki_make(const struct nitro_recipe *r, struct nitro_pki *out)
{
	char constraints[48] = "critical,CA:TRUE";
	struct subject root = { .cn = r->root_cn, .constraints = constraints,
				.usage = "critical,keyCertSign,cRLSign" };
	struct subject zone = { .cn = "zone.eu-test-1.aws.nitro-enclaves",
				.constraints = r->zone_no_ca ? "critical,CA:FALSE" :
							       "critical,CA:TRUE",
				.usage = "critical,keyCertSign" };
	struct subject leaf = { .cn = "i-0123456789abcdef0-enc0123456789abcdef",
				.constraints = r->leaf_ca ? "critical,CA:TRUE" :
							    "critical,CA:FALSE",
				.usage = r->leaf_ca ? "critical,digitalSignature,keyCertSign" :
						      "critical,digitalSignature",
				.strange = r->critical };

	if (r->root_pathlen >= 0)
		snprintf(constraints, sizeof(constraints), "critical,CA:TRUE,pathlen:%d",
			 r->root_pathlen);
	window(r, 1, &root);
	window(r, 2, &zone);
	window(r, 3, &leaf);
	out->root_key = root.key = EVP_EC_gen("P-384");
	out->zone_key = zone.key = EVP_EC_gen("P-384");
	out->leaf_key = leaf.key = EVP_EC_gen("P-384");
	out->root = certify(&root, NULL, out->root_key);
	out->zone = certify(&zone, out->root, out->root_key);
	out->leaf = certify(&leaf, out->zone, out->zone_key);
}

void nitro_pki_free(struct nitro_pki *p)
{
	EVP_PKEY_free(p->root_key);
	EVP_PKEY_free(p->zone_key);
	EVP_PKEY_free(p->leaf_key);
	X509_free(p->root);
	X509_free(p->zone);
	X509_free(p->leaf);
}

/* ---- Nitro documents --------------------------------------------------------------- */

static void put_cert(struct cbor_put *w, X509 *cert)
{
	uint8_t *der = NULL;
	int len = i2d_X509(cert, &der);

	assert_true(len > 0);
	cbor_put_bytes(w, der, (size_t)len);
	OPENSSL_free(der);
}

static void put_or_null(struct cbor_put *w, struct wv_bytes b)
{
	if (b.data)
		cbor_put_bytes(w, b.data, b.len);
	else
		cbor_put_raw(w, "\xf6", 1);
}

static void put_pcrs(struct cbor_put *w, const struct nitro_plan *p)
{
	size_t i, n = p->registers ? p->registers : 16;
	uint8_t value[48];

	cbor_put_map(w, n);
	for (i = 0; i < n; i++) {
		memset(value, p->debug && i < 3 ? 0 : 0x10 + (int)i, sizeof(value));
		cbor_put_uint(w, i);
		cbor_put_bytes(w, value, sizeof(value));
	}
}

static void put_member(struct cbor_put *w, const struct nitro_pki *pki,
		       const struct nitro_plan *p, const char *name)
{
	cbor_put_text(w, name);
	if (!strcmp(name, "module_id")) {
		cbor_put_text(w, "i-0123456789abcdef0-enc0123456789abcdef");
	} else if (!strcmp(name, "digest")) {
		cbor_put_text(w, p->digest ? p->digest : "SHA384");
	} else if (!strcmp(name, "timestamp")) {
		cbor_put_uint(w, (uint64_t)COSE_NOW * 1000 + 250);
	} else if (!strcmp(name, "pcrs")) {
		put_pcrs(w, p);
	} else if (!strcmp(name, "certificate")) {
		put_cert(w, pki->leaf);
	} else if (!strcmp(name, "cabundle")) {
		cbor_put_array(w, p->no_root ? 1 : 2);
		if (!p->no_root)
			put_cert(w, pki->root);
		put_cert(w, pki->zone);
	} else if (!strcmp(name, "user_data")) {
		put_or_null(w, p->user_data);
	} else if (!strcmp(name, "nonce")) {
		put_or_null(w, p->nonce);
	} else {
		put_or_null(w, (struct wv_bytes){ NULL, 0 });
	}
}

struct wv_bytes nitro_make(const struct nitro_pki *pki, const struct nitro_plan *p)
{
	static const char *const names[] = { "module_id", "digest", "timestamp", "pcrs",
					     "certificate", "cabundle", "public_key", "user_data",
					     "nonce" };
	struct cose_plan cose = p->cose;
	struct cbor_put w = put_start();
	struct wv_bytes out;
	size_t i;

	if (p->open)
		cbor_put_raw(&w, "\xbf", 1);
	else
		cbor_put_map(&w, 9 - (size_t)(p->without != NULL) + (size_t)(p->twice != NULL));
	for (i = 0; i < 9; i++)
		if (!p->without || strcmp(p->without, names[i]))
			put_member(&w, pki, p, names[i]);
	if (p->twice)
		put_member(&w, pki, p, p->twice);
	if (p->open)
		cbor_put_raw(&w, "\xff", 1);
	if (!cose.key)
		cose.key = pki->leaf_key;
	cose.untagged = !cose.tag;
	out = cose_make(&cose, put_bytes(&w));
	free(w.at);
	return out;
}
