// SPDX-License-Identifier: MIT
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "gpu_make.h"

#define REPORT_MAX 32768

static const uint8_t firmware[48] = {
	0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1,
	0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1,
	0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1, 0xf1,
};

/* ---- certificates ------------------------------------------------------------------ */

void gpu_recipe_new(struct gpu_recipe *r)
{
	*r = (struct gpu_recipe){
		.root_name = "test device root", .leaf_name = "GH100 A01 GSP FMC LF",
		.device = "NVIDIA:GH100:48B02D92494BADF4", .fwid = firmware, .from = -60,
		.to = 3600, .dated = -1,
	};
}

static void add(X509 *x, X509_EXTENSION *e)
{
	assert_true(e && X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

static void say(X509 *x, int nid, const char *value)
{
	add(x, X509V3_EXT_conf_nid(NULL, NULL, nid, value));
}

/* DiceTcbInfo with a model before and flags behind its FWIDs; or, before it, bytes alone. */
static void put_fwid(X509 *leaf, const struct gpu_recipe *r)
{
	static const uint8_t head[] = { 0x30, 0x4c, 0x81, 0x02, 'G', 'B', 0xa6, 0x3f, 0x30, 0x3d, 0x06,
					0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
					0x04, 0x30 };
	static const uint8_t tail[] = { 0x87, 0x05, 0x00, 0x80, 0x00, 0x00, 0x01 };
	uint8_t bytes[sizeof(head) + 48 + sizeof(tail)] = { 0x30 };
	ASN1_OBJECT *oid = OBJ_txt2obj(r->tcb_info ? "2.23.133.5.4.1.1" : "2.23.133.5.4.1", 1);
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	size_t len = sizeof(head) + 48;

	if (r->tcb_info) {
		memcpy(bytes, head, sizeof(head));
		memcpy(bytes + len, tail, sizeof(tail));
	}
	memcpy(bytes + sizeof(head), r->fwid, 48);
	assert_true(ASN1_OCTET_STRING_set(s, bytes, (int)(len + (r->tcb_info ? sizeof(tail) : 0))));
	add(leaf, X509_EXTENSION_create_by_OBJ(NULL, oid, 0, s));
	ASN1_OCTET_STRING_free(s);
	ASN1_OBJECT_free(oid);
}

static void put_leaf(X509 *leaf, const struct gpu_recipe *r)
{
	char name[128];

	say(leaf, NID_key_usage, r->leaf_ca ? "critical,digitalSignature,keyCertSign" :
					      "critical,digitalSignature");
	snprintf(name, sizeof(name), "otherName:1.3.6.1.4.1.412.274.1;UTF8:%s", r->device);
	say(leaf, NID_subject_alt_name, name);
	if (r->leaf_ca)
		say(leaf, NID_basic_constraints, "critical,CA:TRUE");
	if (r->fwid)
		put_fwid(leaf, r);
}

static X509 *certificate(const struct gpu_recipe *r, const struct gpu_pki *pki, int i)
{
	static const char *const names[GPU_CHAIN] = { NULL, "GH100 A01 GSP BROM",
						      "test GH100 Provisioner", "test GH100 Identity" };
	int issuer = i + 1 < GPU_CHAIN ? i + 1 : i;
	const char *name = !i ? r->leaf_name : names[i] ? names[i] : r->root_name;
	bool dated = r->dated < 0 || r->dated == i;
	X509 *x = X509_new();

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 10 + i);
	X509_gmtime_adj(X509_getm_notBefore(x), dated ? r->from : -60);
	X509_gmtime_adj(X509_getm_notAfter(x), dated ? r->to : 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(issuer == i ? x : pki->cert[issuer]));
	X509_set_pubkey(x, pki->key[i]);
	if (i) {
		say(x, NID_basic_constraints, "critical,CA:TRUE");
		say(x, NID_key_usage, i > 1 ? "critical,keyCertSign,cRLSign" : "critical,keyCertSign");
	} else {
		put_leaf(x, r);
	}
	assert_true(X509_sign(x, pki->key[issuer], EVP_sha384()) > 0);
	return x;
}

void gpu_pki_make(const struct gpu_recipe *r, struct gpu_pki *out)
{
	for (int i = GPU_CHAIN - 1; i >= 0; i--) {
		out->key[i] = EVP_EC_gen("P-384");
		out->cert[i] = certificate(r, out, i);
	}
}

void gpu_pki_free(struct gpu_pki *pki)
{
	for (int i = 0; i < GPU_CHAIN; i++) {
		EVP_PKEY_free(pki->key[i]);
		X509_free(pki->cert[i]);
	}
}

struct wv_bytes gpu_pem(const struct gpu_pki *pki, bool root)
{
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t *out;
	char *data;
	long len;

	for (int i = 0; i < GPU_CHAIN - !root; i++)
		assert_true(PEM_write_bio_X509(bio, pki->cert[i]));
	len = BIO_get_mem_data(bio, &data);
	out = malloc((size_t)len);
	memcpy(out, data, (size_t)len);
	BIO_free(bio);
	return (struct wv_bytes){ out, (size_t)len };
}

/* ---- the report -------------------------------------------------------------------- */

void gpu_plan_new(struct gpu_plan *p, const struct gpu_pki *pki, const uint8_t *report_data)
{
	*p = (struct gpu_plan){
		.request = { 0x11, 0xe0, 0x01, 0xff }, .version = 0x11, .code = 0x60, .blocks = 64,
		.driver = "550.90.07", .fwid = firmware, .feature = -1, .key = pki->key[0],
	};
	if (report_data)
		assert_true(EVP_Digest(report_data, 64, p->request + 4, NULL, EVP_sha256(), NULL));
	else
		memset(p->request + 4, 0x77, 32);
}

static uint8_t *put(uint8_t *at, uint64_t value, int len)
{
	for (; len; len--, value >>= 8)
		*at++ = (uint8_t)value;
	return at;
}

static uint8_t *put_blocks(uint8_t *at, size_t blocks)
{
	for (size_t i = 1; i <= blocks; i++) {
		at = put(at, i, 1);
		at = put(at, 1, 1);
		at = put(at, 51, 2);
		at = put(at, 1, 1);
		at = put(at, 48, 2);
		memset(at, (int)i, 48);
		at += 48;
	}
	return at;
}

static uint8_t *put_field(uint8_t *at, unsigned int type, const void *data, size_t len)
{
	at = put(put(at, type, 2), len, 2);
	memcpy(at, data, len);
	return at + len;
}

static uint8_t *put_opaque(uint8_t *at, const struct gpu_plan *p)
{
	uint8_t feature = (uint8_t)p->feature;

	if (p->opaque.data) {
		memcpy(at, p->opaque.data, p->opaque.len);
		return at + p->opaque.len;
	}
	at = put_field(at, 6, "\x00\x9f\x00\x96\x01\x00\x00\x00", 8);
	at = put_field(at, 14, "\xb1\x03\x00\x00", 4);
	at = put_field(at, 3, p->driver, strlen(p->driver) + 1);
	at = put_field(at, 200, "of some later day", 17);
	if (p->feature >= 0)
		at = put_field(at, 36, &feature, 1);
	return p->fwid ? put_field(at, 20, p->fwid, 48) : at;
}

static uint8_t *sign(const struct gpu_plan *p, uint8_t *report, uint8_t *at)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[128];
	const uint8_t *d = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig;

	assert_true(EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, p->key) == 1 &&
		    EVP_DigestSign(ctx, der, &len, report, (size_t)(at - report)) == 1);
	sig = d2i_ECDSA_SIG(NULL, &d, (long)len);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), at, 48), 48);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), at + 48, 48), 48);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	return at + 96;
}

struct wv_bytes gpu_make(const struct gpu_plan *p)
{
	uint8_t *out = calloc(1, REPORT_MAX), *at = out, *opaque;

	memcpy(at, p->request, sizeof(p->request));
	at = put(at + sizeof(p->request), p->version, 1);
	at = put(put(at, p->code, 1), 0, 2);
	at = put(put(at, p->blocks, 1), (uint64_t)((int)p->blocks * 55 + p->record_lie), 3);
	at = put_blocks(at, p->blocks);
	memset(at, 0x99, 32);
	opaque = at + 34;
	at = put_opaque(opaque, p);
	put(opaque - 2, (uint64_t)((int)(at - opaque) + p->opaque_lie), 2);
	at = sign(p, out, at);
	return (struct wv_bytes){ out, (size_t)(at - out) };
}
