// SPDX-License-Identifier: MIT
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "cert_make.h"

#define BC "2.5.29.19"
#define KU "2.5.29.15"
#define VALUE(bytes) .value = bytes, .len = sizeof(bytes) - 1

const struct cert_edit cert_edits[] = {
	{ .name = "same" },
	{ .name = "bc-none", .change = CERT_DROP, .oid = BC },
	{ .name = "bc-cut", .change = CERT_VALUE, .oid = BC, VALUE("\x30\x05"), .critical = true },
	{ .name = "bc-twice", .change = CERT_TWICE, .oid = BC },
	{ .name = "bc-ca", .change = CERT_VALUE, .oid = BC, VALUE("\x30\x03\x01\x01\xff") },
	{ .name = "bc-no-ca", .change = CERT_VALUE, .oid = BC, VALUE("\x30\x00") },
	{ .name = "bc-path-0", .change = CERT_VALUE, .oid = BC,
	  VALUE("\x30\x06\x01\x01\xff\x02\x01\x00") },
	{ .name = "ku-none", .change = CERT_DROP, .oid = KU },
	{ .name = "ku-cut", .change = CERT_VALUE, .oid = KU, VALUE("\x03\x05"), .critical = true },
	{ .name = "ku-null", .change = CERT_VALUE, .oid = KU, VALUE("\x05\x00") },
	{ .name = "ku-twice", .change = CERT_TWICE, .oid = KU },
	{ .name = "ku-crl", .change = CERT_VALUE, .oid = KU, VALUE("\x03\x02\x01\x02") },
	{ .name = "ku-sign", .change = CERT_VALUE, .oid = KU, VALUE("\x03\x02\x07\x80") },
	{ .name = "ku-certs", .change = CERT_VALUE, .oid = KU, VALUE("\x03\x02\x02\x04") },
	{ .name = "critical", .change = CERT_ADD, .oid = "1.3.6.1.4.1.55555.1", VALUE("\x05\x00"),
	  .critical = true },
	{ .name = "strange", .change = CERT_ADD, .oid = "1.3.6.1.4.1.55555.1", VALUE("\x05\x00") },
	{ .name = "names-cut", .change = CERT_ADD, .oid = "2.5.29.17", VALUE("\x30\x05") },
	{ .name = "from-none", .not_before = "" },
	{ .name = "from-text", .not_before = "first of May" },
	{ .name = "to-text", .not_after = "20261301000000Z" },
	{ .name = "not-yet", .not_before = "491231235959Z" },
	{ .name = "expired", .not_after = "200101000000Z" },
	{ .name = "cn-none", .cn = "" },
	{ .name = "cn-control", .cn = "a\x01\xc3\xa9" },
	{ .name = "self-issued", .self_issued = true },
	{ .name = "sha512", .md = (const EVP_MD *)512 },
	{ .name = "pkcs1", .pkcs1 = true },
	{ .name = "salt-32", .salt_len = 32 },
	{ .name = "mgf-sha256", .mgf = (const EVP_MD *)256 },
};
const size_t cert_edit_count = sizeof(cert_edits) / sizeof(cert_edits[0]);

/* The table has numbers, since digests are no constants. */
static const EVP_MD *digest_of(const EVP_MD *md, EVP_PKEY *key)
{
	if (md == (const EVP_MD *)512)
		return EVP_sha512();
	if (md == (const EVP_MD *)256)
		return EVP_sha256();
	return md ? md : EVP_PKEY_get_bits(key) == 256 ? EVP_sha256() : EVP_sha384();
}

static int place_of(X509 *cert, const char *oid)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	int at = X509_get_ext_by_OBJ(cert, o, -1);

	assert_non_null(o);
	ASN1_OBJECT_free(o);
	return at;
}

struct wv_bytes cert_value(X509 *cert, const char *oid)
{
	int at = place_of(cert, oid);
	const ASN1_OCTET_STRING *s = X509_EXTENSION_get_data(X509_get_ext(cert, at));

	return (struct wv_bytes){ ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s) };
}

static X509_EXTENSION *extension(const struct cert_edit *e)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *oid = OBJ_txt2obj(e->oid, 1);
	X509_EXTENSION *x;

	assert_true(value && oid && ASN1_OCTET_STRING_set(value, e->value, (int)e->len));
	x = X509_EXTENSION_create_by_OBJ(NULL, oid, e->critical, value);
	assert_non_null(x);
	ASN1_OBJECT_free(oid);
	ASN1_OCTET_STRING_free(value);
	return x;
}

static void extend(X509 *x, const struct cert_edit *e)
{
	int at = place_of(x, e->oid), to = at;
	X509_EXTENSION *made = NULL;

	if (at >= 0 && e->change == CERT_TWICE)
		made = X509_EXTENSION_dup(X509_get_ext(x, at));
	else if (e->change != CERT_TWICE && at >= 0 && e->change != CERT_ADD)
		X509_EXTENSION_free(X509_delete_ext(x, at));
	if (e->change == CERT_VALUE || e->change == CERT_ADD) {
		made = extension(e);
		to = e->change == CERT_ADD ? -1 : at;
	}
	if (made)
		assert_true(X509_add_ext(x, made, to));
	X509_EXTENSION_free(made);
}

static void set_time(ASN1_TIME *t, const char *text)
{
	if (text)
		assert_true(ASN1_STRING_set(t, text, (int)strlen(text)));
}

static void set_names(X509 *x, const struct cert_edit *e)
{
	X509_NAME *name = X509_NAME_new();

	assert_non_null(name);
	if (e->cn && *e->cn)
		assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
						       (const uint8_t *)e->cn, -1, -1, 0));
	if (e->cn)
		assert_true(X509_set_subject_name(x, name));
	if (e->self_issued)
		assert_true(X509_set_issuer_name(x, X509_get_subject_name(x)));
	X509_NAME_free(name);
}

static void sign(X509 *x, EVP_PKEY *key, const struct cert_edit *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md = digest_of(e->md, key);
	EVP_PKEY_CTX *p;

	assert_true(ctx && EVP_DigestSignInit(ctx, &p, md, NULL, key) > 0);
	if (EVP_PKEY_is_a(key, "RSA") && !e->pkcs1)
		assert_true(EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) > 0 &&
			    EVP_PKEY_CTX_set_rsa_mgf1_md(p, e->mgf ? digest_of(e->mgf, key) : md) > 0 &&
			    EVP_PKEY_CTX_set_rsa_pss_saltlen(p, e->salt_len ? e->salt_len : 48) > 0);
	assert_true(X509_sign_ctx(x, ctx) > 0);
	EVP_MD_CTX_free(ctx);
}

X509 *cert_edited(X509 *cert, EVP_PKEY *issuer_key, const struct cert_edit *e)
{
	X509 *x = X509_dup(cert);

	assert_non_null(x);
	if (e->change != CERT_KEEP)
		extend(x, e);
	set_time(X509_getm_notBefore(x), e->not_before);
	set_time(X509_getm_notAfter(x), e->not_after);
	set_names(x, e);
	if (e->key)
		assert_true(X509_set_pubkey(x, e->key));
	sign(x, e->signer ? e->signer : issuer_key, e);
	return x;
}
