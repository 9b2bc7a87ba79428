// SPDX-License-Identifier: MIT
/*
 * ARK, ASK and VCEK (or VLEK) of a simulated TEE, made by OpenSSL.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "certs.h"

#define AMD_OID "1.3.6.1.4.1.3704.1."

const struct sim_recipe sim_default_recipe = {
	.ark_name = "ward SIMULATED test ARK",
	.ask_name = "ward SIMULATED test ASK",
	.vek_name = "ward SIMULATED test VCEK",
	.org = "ward SIMULATED, protects nothing",
	.product = "Milan-B0",
	.bootloader = 3,
	.tee = 0,
	.snp = 8,
	.microcode = 115,
	.fmc = -1,
	.chip_id_len = 64,
	.salt_len = 48,
	.not_before = -86400,
	.not_after = 3650L * 86400,
};

static int set_name(X509_NAME *name, const char *org, const char *cn)
{
	return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)org, -1, -1,
					  0) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)cn, -1, -1,
					  0);
}

static int set_serial(X509 *x)
{
	uint64_t n;

	return RAND_bytes((uint8_t *)&n, sizeof(n)) == 1 &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), n >> 1);
}

static int add_standard(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	int ok = e && X509_add_ext(x, e, -1);

	X509_EXTENSION_free(e);
	return ok;
}

/* @der goes into the extension as it is. */
static int add_bytes(X509 *x, const char *suffix, const uint8_t *der, int len, int critical)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e = NULL;
	ASN1_OBJECT *oid;
	char text[64];
	int ok = 0;

	snprintf(text, sizeof(text), AMD_OID "%s", suffix);
	oid = OBJ_txt2obj(text, 1);
	if (oid && value && ASN1_OCTET_STRING_set(value, der, len)) {
		e = X509_EXTENSION_create_by_OBJ(NULL, oid, critical, value);
		ok = e && X509_add_ext(x, e, -1);
	}
	X509_EXTENSION_free(e);
	ASN1_OBJECT_free(oid);
	ASN1_OCTET_STRING_free(value);
	return ok;
}

static int add_raw(X509 *x, const char *suffix, const uint8_t *der, int len)
{
	return add_bytes(x, suffix, der, len, 0);
}

static int add_number(X509 *x, const char *suffix, int n)
{
	uint8_t der[4] = { 0x02, 0x01, (uint8_t)n, 0 };

	if (n < 0x80)
		return add_raw(x, suffix, der, 3);
	der[1] = 2;
	der[2] = 0;
	der[3] = (uint8_t)n;
	return add_raw(x, suffix, der, 4);
}

/* An IA5String of up to 64 letters. */
static int add_text(X509 *x, const char *suffix, const char *text)
{
	size_t len = strlen(text);
	uint8_t der[66] = { 0x16, (uint8_t)len };

	if (len > 64)
		return 0;
	memcpy(der + 2, text, len);
	return add_raw(x, suffix, der, (int)len + 2);
}

static int add_amd(X509 *x, const struct sim_recipe *r, const uint8_t *chip_id)
{
	return add_number(x, "1", 1) && add_text(x, "2", r->product) &&
	       add_number(x, "3.1", r->bootloader) && add_number(x, "3.2", r->tee) &&
	       add_number(x, "3.3", r->snp) && add_number(x, "3.4", 0) &&
	       add_number(x, "3.5", 0) && add_number(x, "3.6", 0) && add_number(x, "3.7", 0) &&
	       add_number(x, "3.8", r->microcode) &&
	       (r->fmc < 0 || add_number(x, "3.9", r->fmc)) &&
	       (r->vlek || add_raw(x, "4", chip_id, r->chip_id_len)) &&
	       (!r->csp_id || add_text(x, "5", r->csp_id));
}

static int add_odd(X509 *x, const struct sim_recipe *r)
{
	static const uint8_t null[] = { 0x05, 0x00 };

	return (!r->vek_ca || add_standard(x, NID_basic_constraints, "critical,CA:TRUE")) &&
	       (!r->vek_critical || add_bytes(x, "99", null, sizeof(null), 1)) &&
	       (!r->vek_twice || (add_raw(x, "98", null, sizeof(null)) &&
				  add_raw(x, "98", null, sizeof(null)))) &&
	       (!r->vek_lists || add_standard(x, NID_crl_distribution_points, r->vek_lists));
}

static int sign(X509 *x, EVP_PKEY *key, int salt_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *p;
	int ok = ctx && EVP_DigestSignInit(ctx, &p, EVP_sha384(), NULL, key) > 0 &&
		 EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) > 0 &&
		 EVP_PKEY_CTX_set_rsa_mgf1_md(p, EVP_sha384()) > 0 &&
		 EVP_PKEY_CTX_set_rsa_pss_saltlen(p, salt_len) > 0 && X509_sign_ctx(x, ctx) > 0;

	EVP_MD_CTX_free(ctx);
	return ok;
}

/* Which of the three a certificate is, as sim_recipe.dated counts. */
enum { ARK = 1, ASK, VEK };

static X509 *start(const struct sim_recipe *r, int which, const char *cn, EVP_PKEY *key)
{
	bool dated = !r->dated || r->dated == which;
	X509 *x = X509_new();

	if (x && X509_set_version(x, 2) && set_serial(x) &&
	    X509_gmtime_adj(X509_getm_notBefore(x), dated ? r->not_before : -86400) &&
	    X509_gmtime_adj(X509_getm_notAfter(x), dated ? r->not_after : 3650L * 86400) &&
	    set_name(X509_get_subject_name(x), r->org, cn) && X509_set_pubkey(x, key))
		return x;
	X509_free(x);
	return NULL;
}

static int set_issuer(X509 *x, const struct sim_recipe *r, X509 *issuer)
{
	X509_NAME *name;
	int ok;

	if (issuer || !r->ark_issuer)
		return X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x));
	name = X509_NAME_new();
	ok = name && set_name(name, r->org, r->ark_issuer) && X509_set_issuer_name(x, name);
	X509_NAME_free(name);
	return ok;
}

static X509 *make_ca(const struct sim_recipe *r, const char *cn, EVP_PKEY *key, X509 *issuer,
		     EVP_PKEY *issuer_key)
{
	X509 *x = start(r, issuer ? ASK : ARK, cn, key);

	if (x && set_issuer(x, r, issuer) &&
	    add_standard(x, NID_basic_constraints, "critical,CA:TRUE") &&
	    add_standard(x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	    sign(x, issuer_key, r->salt_len))
		return x;
	X509_free(x);
	return NULL;
}

static X509 *make_vek(const struct sim_recipe *r, const struct sim_pki *pki)
{
	X509 *x = start(r, VEK, r->vek_name, pki->vek_key);

	if (x && X509_set_issuer_name(x, X509_get_subject_name(pki->ask)) &&
	    add_amd(x, r, pki->chip_id) && add_odd(x, r) && sign(x, pki->ask_key, r->salt_len))
		return x;
	X509_free(x);
	return NULL;
}

static EVP_PKEY *rsa_key(EVP_PKEY *reuse)
{
	if (!reuse)
		return EVP_RSA_gen(4096);
	return EVP_PKEY_up_ref(reuse) ? reuse : NULL;
}

/* The chip id follows from the key, so that both always belong together. */
static int make_chip_id(const struct sim_recipe *r, struct sim_pki *pki)
{
	uint8_t point[96];

	if (sim_key_point(pki, point) ||
	    !EVP_Digest(point, sizeof(point), pki->chip_id, NULL, EVP_sha512(), NULL))
		return 0;
	memset(pki->chip_id + r->chip_id_len, 0, sizeof(pki->chip_id) - (size_t)r->chip_id_len);
	return 1;
}

int sim_pki_make(const struct sim_recipe *recipe, const struct sim_pki *reuse,
		 struct sim_pki *out)
{
	memset(out, 0, sizeof(*out));
	out->ark_key = rsa_key(reuse ? reuse->ark_key : NULL);
	out->ask_key = rsa_key(reuse ? reuse->ask_key : NULL);
	out->vek_key = EVP_EC_gen("P-384");
	if (out->ark_key && out->ask_key && out->vek_key && make_chip_id(recipe, out)) {
		out->ark = make_ca(recipe, recipe->ark_name, out->ark_key, NULL, out->ark_key);
		if (out->ark)
			out->ask = make_ca(recipe, recipe->ask_name, out->ask_key, out->ark,
					   out->ark_key);
		if (out->ask)
			out->vek = make_vek(recipe, out);
	}
	if (out->vek)
		return 0;
	sim_pki_free(out);
	return -1;
}

void sim_pki_free(struct sim_pki *pki)
{
	X509_free(pki->ark);
	X509_free(pki->ask);
	X509_free(pki->vek);
	EVP_PKEY_free(pki->ark_key);
	EVP_PKEY_free(pki->ask_key);
	EVP_PKEY_free(pki->vek_key);
	memset(pki, 0, sizeof(*pki));
}

int sim_key_scalar(const struct sim_pki *pki, uint8_t out[48])
{
	BIGNUM *d = NULL;
	int ok = EVP_PKEY_get_bn_param(pki->vek_key, OSSL_PKEY_PARAM_PRIV_KEY, &d) &&
		 BN_bn2binpad(d, out, 48) == 48;

	BN_clear_free(d);
	return ok ? 0 : -1;
}

int sim_key_point(const struct sim_pki *pki, uint8_t out[96])
{
	BIGNUM *x = NULL, *y = NULL;
	int ok = EVP_PKEY_get_bn_param(pki->vek_key, OSSL_PKEY_PARAM_EC_PUB_X, &x) &&
		 EVP_PKEY_get_bn_param(pki->vek_key, OSSL_PKEY_PARAM_EC_PUB_Y, &y) &&
		 BN_bn2binpad(x, out, 48) == 48 && BN_bn2binpad(y, out + 48, 48) == 48;

	BN_free(x);
	BN_free(y);
	return ok ? 0 : -1;
}

/* GUIDs of GHCB 56421 table 14, in RFC 4122 byte order. */
static const uint8_t guids[4][16] = {
	{ 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52,
	  0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae },	/* ARK */
	{ 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4,
	  0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82 },	/* ASK */
	{ 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64,
	  0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd },	/* VCEK */
	{ 0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e,
	  0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8, 0xa1 },	/* VLEK */
};

static void put_le32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static int is_vlek(X509 *x)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(AMD_OID "4", 1);
	int vlek = X509_get_ext_by_OBJ(x, oid, -1) < 0;

	ASN1_OBJECT_free(oid);
	return vlek;
}

uint8_t *sim_cert_table(const struct sim_pki *pki, size_t *len)
{
	X509 *certs[3] = { pki->ark, pki->ask, pki->vek };
	uint8_t *der[3] = { NULL, NULL, NULL }, *out = NULL;
	size_t at = 24 * 4;
	int n[3] = { 0 }, i, ok = 1;

	for (i = 0; i < 3; i++) {
		n[i] = i2d_X509(certs[i], &der[i]);
		ok = ok && n[i] > 0;
		at += n[i] > 0 ? (size_t)n[i] : 0;
	}
	if (ok)
		out = calloc(1, at);
	*len = at;
	at = 24 * 4;
	for (i = 0; out && i < 3; i++) {
		memcpy(out + 24 * i, guids[i == 2 && is_vlek(pki->vek) ? 3 : i], 16);
		put_le32(out + 24 * i + 16, (uint32_t)at);
		put_le32(out + 24 * i + 20, (uint32_t)n[i]);
		memcpy(out + at, der[i], (size_t)n[i]);
		at += (size_t)n[i];
	}
	for (i = 0; i < 3; i++)
		OPENSSL_free(der[i]);
	return out;
}
