// SPDX-License-Identifier: MIT
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/common/cbor_put.h"
#include "hex.h"
#include "tpm_sim.h"

/* ---- bytes as a TPM writes them -------------------------------------------------- */

struct out {
	uint8_t data[4096];
	size_t len;
};

static void put(struct out *o, const void *data, size_t len)
{
	assert_true(o->len + len <= sizeof(o->data));
	memcpy(o->data + o->len, data, len);
	o->len += len;
}

static void put_number(struct out *o, uint64_t value, size_t len)
{
	uint8_t be[8];

	for (size_t i = 0; i < len; i++)
		be[i] = (uint8_t)(value >> 8 * (len - 1 - i));
	put(o, be, len);
}

static void put_sized(struct out *o, const void *data, size_t len)
{
	put_number(o, len, 2);
	put(o, data, len);
}

static void put_bn(struct out *o, const BIGNUM *n, size_t width)
{
	uint8_t bytes[512];

	assert_int_equal(BN_bn2binpad(n, bytes, (int)width), (int)width);
	put_sized(o, bytes, width);
}

static void put_param(struct out *o, EVP_PKEY *key, const char *name, size_t width)
{
	BIGNUM *n = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
	put_bn(o, n, width);
	BN_free(n);
}

/* ---- the key ------------------------------------------------------------------------ */

static size_t width_of(EVP_PKEY *key)
{
	return ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
}

static uint16_t curve_of(EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);

	return bits == 256 ? 3 : bits == 384 ? 4 : 5;
}

static void put_public(struct out *o, const struct tpm_sim *t)
{
	EVP_PKEY *key = t->told_key ? t->told_key : t->key;
	bool rsa = EVP_PKEY_is_a(key, "RSA");

	if (t->ak.data) {
		put(o, t->ak.data, t->ak.len);
		return;
	}
	put_number(o, rsa ? SIM_RSA : SIM_ECC, 2);
	put_number(o, t->name, 2);
	put_number(o, t->attributes, 4);
	put_sized(o, "", 0);
	put_number(o, t->symmetric, 2);
	put_number(o, t->scheme, 2);
	if (t->scheme != SIM_NULL)
		put_number(o, t->hash, 2);
	if (rsa) {
		put_number(o, (uint64_t)EVP_PKEY_get_bits(key), 2);
		put_number(o, t->exponent, 4);
		put_param(o, key, OSSL_PKEY_PARAM_RSA_N, width_of(key));
		return;
	}
	put_number(o, curve_of(key), 2);
	put_number(o, SIM_NULL, 2);
	put_param(o, key, OSSL_PKEY_PARAM_EC_PUB_X, width_of(key));
	put_param(o, key, OSSL_PKEY_PARAM_EC_PUB_Y, width_of(key));
}

void tpm_sim_ak(const struct tpm_sim *t, char hex[65])
{
	struct out o = { .len = 0 };
	uint8_t digest[32];

	put_public(&o, t);
	assert_true(EVP_Digest(o.data, o.len, digest, NULL, EVP_sha256(), NULL));
	hex_encode(digest, sizeof(digest), hex);
}

static const EVP_MD *md_of(uint16_t hash)
{
	return hash == SIM_SHA1 ? EVP_sha1() : hash == SIM_SHA384 ? EVP_sha384() :
	       hash == SIM_SHA512 ? EVP_sha512() : EVP_sha256();
}

static void sign(const struct tpm_sim *t, const struct out *message, struct out *o)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how;
	uint8_t made[1024];
	const uint8_t *p = made;
	size_t len = sizeof(made);
	ECDSA_SIG *sig;

	assert_int_equal(EVP_DigestSignInit(ctx, &how, md_of(t->hash), NULL, t->key), 1);
	if (t->scheme == SIM_RSAPSS && EVP_PKEY_is_a(t->key, "RSA"))
		assert_true(EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1);
	assert_int_equal(EVP_DigestSign(ctx, made, &len, message->data, message->len), 1);
	EVP_MD_CTX_free(ctx);
	put_number(o, t->scheme, 2);
	put_number(o, t->hash, 2);
	if (EVP_PKEY_is_a(t->key, "RSA")) {
		put_sized(o, made, len);
		return;
	}
	sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	put_bn(o, ECDSA_SIG_get0_r(sig), width_of(t->key));
	put_bn(o, ECDSA_SIG_get0_s(sig), width_of(t->key));
	ECDSA_SIG_free(sig);
}

/* ---- the quote ---------------------------------------------------------------------- */

static void put_digest(struct out *o, const struct tpm_sim *t)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t digest[64];
	unsigned int len;

	assert_true(EVP_DigestInit_ex(ctx, md_of(t->hash), NULL));
	for (int n = 0; n < 24; n++)
		if (t->selected & 1u << n)
			assert_true(EVP_DigestUpdate(ctx, t->pcr[n], t->pcr_len));
	assert_true(EVP_DigestFinal_ex(ctx, digest, &len));
	EVP_MD_CTX_free(ctx);
	put_sized(o, digest, len);
}

static void put_attest(struct out *o, const struct tpm_sim *t, const uint8_t report_data[64])
{
	uint8_t extra[32], name[34] = { 0, 0x0b, 1, 2, 3 };

	if (t->attest.data) {
		put(o, t->attest.data, t->attest.len);
		return;
	}
	assert_true(EVP_Digest(t->over ? t->over : report_data, 64, extra, NULL, EVP_sha256(), NULL));
	put_number(o, t->magic, 4);
	put_number(o, t->type, 2);
	put_sized(o, name, sizeof(name));
	put_sized(o, extra, sizeof(extra));
	put_number(o, 123456, 8);
	put_number(o, 7, 4);
	put_number(o, 3, 4);
	put_number(o, t->safe, 1);
	put_number(o, 0x2020031200120000, 8);
	put_number(o, t->selections, 4);
	for (uint32_t i = 0; i < t->selections; i++) {
		put_number(o, t->bank, 2);
		put_number(o, t->width, 1);
		for (unsigned int n = 0; n < t->width; n++)
			put_number(o, (uint64_t)t->selected >> 8 * n & 0xff, 1);
	}
	put_digest(o, t);
}

static void put_field(struct cbor_put *w, const char *key, const void *data, size_t len)
{
	cbor_put_text(w, key);
	cbor_put_bytes(w, data ? data : "", len);
}

static size_t values(const struct tpm_sim *t, const uint8_t *out[26])
{
	size_t count = 0;

	for (int n = 0; n < 24; n++)
		if (t->selected & 1u << n)
			out[count++] = t->pcr[n];
	if (t->swapped) {
		const uint8_t *first = out[0];

		out[0] = out[1];
		out[1] = first;
	}
	if (t->doubled) {
		out[count] = out[count - 1];
		count++;
	}
	return count - t->dropped;
}

static void put_data(struct cbor_put *w, const struct tpm_sim *t, const struct out *ak,
		     const struct out *quote, const struct out *signature)
{
	const uint8_t *value[26];
	size_t count = values(t, value);

	cbor_put_map(w, t->hcl.data ? 7 : 6);
	put_field(w, "ak", ak->data, ak->len);
	if (t->hcl.data)
		put_field(w, "hcl", t->hcl.data, t->hcl.len);
	cbor_put_text(w, "pcrs");
	cbor_put_array(w, count);
	for (size_t i = 0; i < count; i++)
		cbor_put_bytes(w, value[i], t->pcr_len);
	put_field(w, "quote", quote->data, quote->len);
	cbor_put_text(w, "shared");
	cbor_put_uint(w, t->shared);
	cbor_put_text(w, "version");
	cbor_put_uint(w, 1);
	put_field(w, "signature", signature->data + (t->bare ? 6 : 0),
		  signature->len - (t->bare ? 6 : 0));
}

static struct wv_bytes copy_of(struct wv_bytes b)
{
	uint8_t *copy = malloc(b.len ? b.len : 1);

	if (b.len)
		memcpy(copy, b.data, b.len);
	return (struct wv_bytes){ copy, b.len };
}

struct wv_bytes tpm_sim_data(const struct tpm_sim *t, const uint8_t report_data[64])
{
	struct out ak = { .len = 0 }, quote = { .len = 0 }, signature = { .len = 0 };
	struct cbor_put w = { NULL, 0 };

	if (t->data.data)
		return copy_of(t->data);
	put_public(&ak, t);
	put_attest(&quote, t, report_data);
	sign(t, &quote, &signature);
	put_data(&w, t, &ak, &quote, &signature);
	w.at = malloc(w.len);
	w.len = 0;
	put_data(&w, t, &ak, &quote, &signature);
	return (struct wv_bytes){ w.at, w.len };
}

static void put_aux(struct cbor_put *w, const struct tpm_sim *t, const uint8_t *cert, size_t len)
{
	cbor_put_map(w, t->td_quote.data ? 7 : 6);
	put_field(w, "ak_cert", cert, len);
	put_field(w, "ek_cert", t->ek_cert.data, t->ek_cert.len);
	put_field(w, "ima_log", t->ima_log.data, t->ima_log.len);
	if (t->td_quote.data)
		put_field(w, "td_quote", t->td_quote.data, t->td_quote.len);
	put_field(w, "event_log", t->log.data, t->log.len);
	cbor_put_text(w, "ima_log_size");
	cbor_put_uint(w, t->ima_log.len);
	cbor_put_text(w, "event_log_size");
	cbor_put_uint(w, t->log_size);
}

struct wv_bytes tpm_sim_aux(const struct tpm_sim *t)
{
	struct cbor_put w = { NULL, 0 };
	uint8_t *cert = NULL;
	int len = t->cert ? i2d_X509(t->cert, &cert) : 0;

	if (t->data.data)
		return copy_of(t->aux);
	put_aux(&w, t, cert ? cert : (const uint8_t *)"", (size_t)len);
	w.at = malloc(w.len);
	w.len = 0;
	put_aux(&w, t, cert ? cert : (const uint8_t *)"", (size_t)len);
	OPENSSL_free(cert);
	return (struct wv_bytes){ w.at, w.len };
}

void tpm_sim_new(struct tpm_sim *t, EVP_PKEY *key)
{
	memset(t, 0, sizeof(*t));
	t->key = key;
	t->scheme = EVP_PKEY_is_a(key, "RSA") ? SIM_RSASSA : SIM_ECDSA;
	t->hash = t->name = t->bank = SIM_SHA256;
	t->symmetric = SIM_NULL;
	t->attributes = SIM_AK_ATTRIBUTES;
	t->magic = 0xff544347;
	t->type = 0x8018;
	t->safe = 1;
	t->width = 3;
	t->selected = 0x2ff;
	t->selections = 1;
	t->pcr_len = 32;
	for (int n = 0; n < 24; n++)
		memset(t->pcr[n], 0x10 + n, sizeof(t->pcr[n]));
}

X509 *tpm_sim_cert(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, bool ca,
		   long from, long to)
{
	X509 *x = X509_new();
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
						ca ? "critical,CA:TRUE" : "critical,CA:FALSE");

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), from);
	X509_gmtime_adj(X509_getm_notAfter(x), to);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x));
	X509_set_pubkey(x, key);
	assert_true(X509_add_ext(x, e, -1));
	assert_true(X509_sign(x, issuer ? issuer_key : key, EVP_sha256()) > 0);
	X509_EXTENSION_free(e);
	return x;
}

void tpm_sim_usage(X509 *cert, int nid, const char *usage, EVP_PKEY *issuer_key)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, usage);

	assert_true(e && X509_add_ext(cert, e, -1));
	assert_true(X509_sign(cert, issuer_key, EVP_sha256()) > 0);
	X509_EXTENSION_free(e);
}
