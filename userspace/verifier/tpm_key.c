// SPDX-License-Identifier: MIT
/*
 * The key that signs a TPM's quotes: TPMT_PUBLIC and TPMT_SIGNATURE.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

#include "cursor.h"
#include "ecdsa.h"
#include "fault.h"
#include "tpm.h"

/* TPMA_OBJECT, TPM 2.0 part 2 section 8.3. */
#define FIXED_TPM	(1u << 1)
#define FIXED_PARENT	(1u << 4)
#define TPM_MADE	(1u << 5)	/* sensitiveDataOrigin */
#define RESTRICTED	(1u << 16)
#define DECRYPT		(1u << 17)
#define SIGN		(1u << 18)

#define RSA_BITS_MIN	2048u
#define RSA_BITS_MAX	4096u
#define RSA_EXPONENT	65537u
#define POINT_MAX	66u		/* bytes of a coordinate on P-521 */

static const struct curve {
	uint16_t id;
	unsigned int bits;
	const char *name;
} curves[] = {
	{ 0x0003, 256, "P-256" },
	{ 0x0004, 384, "P-384" },
	{ 0x0005, 521, "P-521" },
};

const EVP_MD *tpm_md(uint16_t alg)
{
	const char *name = wv_alg_text(alg);

	return name ? EVP_get_digestbyname(name) : NULL;
}

/*
 * A point has to lie on its curve. A modulus is whose key it is: what OpenSSL would check of
 * it (that it is no prime) takes longer than all the rest, and who made a bad one
 * made it for a key that nobody names.
 */
static bool sound(const char *kind, EVP_PKEY *key)
{
	EVP_PKEY_CTX *check;
	bool ok;

	if (!strcmp(kind, "RSA"))
		return true;
	check = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	ok = check && EVP_PKEY_public_check(check) == 1;
	EVP_PKEY_CTX_free(check);
	return ok;
}

static EVP_PKEY *key_of(const char *kind, OSSL_PARAM_BLD *b)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
	OSSL_PARAM *params = b ? OSSL_PARAM_BLD_to_param(b) : NULL;
	EVP_PKEY *key = NULL;

	if (ctx && params && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1 && !sound(kind, key)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *rsa_key(struct wv_bytes n)
{
	BIGNUM *modulus = BN_bin2bn(n.data, (int)n.len, NULL), *exponent = BN_new();
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;

	if (b && modulus && exponent && BN_set_word(exponent, RSA_EXPONENT) &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, modulus) &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, exponent))
		key = key_of("RSA", b);
	OSSL_PARAM_BLD_free(b);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

static EVP_PKEY *ecc_key(const struct curve *curve, struct wv_bytes x, struct wv_bytes y)
{
	size_t width = (curve->bits + 7) / 8;
	uint8_t point[1 + 2 * POINT_MAX] = { 4 };
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;

	memcpy(point + 1 + width - x.len, x.data, x.len);
	memcpy(point + 1 + 2 * width - y.len, y.data, y.len);
	if (b && OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, curve->name, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * width))
		key = key_of("EC", b);
	OSSL_PARAM_BLD_free(b);
	return key;
}

static int unfit(struct wv_fault *fault, const struct cursor *c, const char *text)
{
	return fault_set(fault, WV_AK_UNFIT, "ak", (int64_t)c->at, "%s", text);
}

static int cut(struct wv_fault *fault, const char *field, const struct cursor *c)
{
	return fault_set(fault, WV_EVIDENCE_DAMAGED, field, (int64_t)c->at,
			 "cut short, or bytes follow it");
}

static int read_rsa(struct cursor *c, struct tpm_key *out, struct wv_fault *fault)
{
	uint32_t bits = cursor_be16(c), exponent = cursor_be32(c);
	struct wv_bytes n = tpm_sized(c, UINT16_MAX);

	if (!cursor_done(c))
		return cut(fault, "ak", c);
	if (out->scheme != TPM_RSASSA && out->scheme != TPM_RSAPSS)
		return unfit(fault, c, "an RSA key that signs by neither RSASSA nor RSAPSS");
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || bits % 8 || n.len != bits / 8 ||
	    !(n.data[0] & 0x80))
		return unfit(fault, c, "its modulus is not of 2048 to 4096 bits as it says");
	if (exponent && exponent != RSA_EXPONENT)
		return unfit(fault, c, "its exponent is not 65537");
	out->bits = bits;
	out->key = rsa_key(n);
	return out->key ? WV_OK : unfit(fault, c, "it is no RSA key");
}

static const struct curve *curve_of(uint16_t id)
{
	size_t i;

	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (curves[i].id == id)
			return &curves[i];
	return NULL;
}

static int read_ecc(struct cursor *c, struct tpm_key *out, struct wv_fault *fault)
{
	const struct curve *curve = curve_of(cursor_be16(c));
	uint16_t kdf = cursor_be16(c);
	struct wv_bytes x = tpm_sized(c, UINT16_MAX), y = tpm_sized(c, UINT16_MAX);

	if (!cursor_done(c))
		return cut(fault, "ak", c);
	if (out->scheme != TPM_ECDSA || kdf != TPM_NULL)
		return unfit(fault, c, "an ECC key that does not sign by ECDSA");
	if (!curve || !x.len || !y.len || x.len > (curve->bits + 7) / 8 ||
	    y.len > (curve->bits + 7) / 8)
		return unfit(fault, c, "it is not on P-256, P-384 or P-521");
	out->bits = curve->bits;
	out->key = ecc_key(curve, x, y);
	return out->key ? WV_OK : unfit(fault, c, "it is no point of its curve");
}

/*
 * A restricted key signs nothing from outside that begins like a TPM's own
 * structures; that it can't leave its TPM makes the TPM the one that signed.
 */
static int check_attributes(uint32_t have, struct wv_fault *fault)
{
	const uint32_t want = FIXED_TPM | FIXED_PARENT | TPM_MADE | RESTRICTED | SIGN;

	if ((have & want) == want && !(have & DECRYPT))
		return WV_OK;
	return fault_set(fault, WV_AK_UNFIT, "ak", 4, "attributes 0x%08x%s%s%s%s%s%s", have,
			 have & FIXED_TPM ? "" : ", not fixedTPM",
			 have & FIXED_PARENT ? "" : ", not fixedParent",
			 have & TPM_MADE ? "" : ", not sensitiveDataOrigin",
			 have & RESTRICTED ? "" : ", not restricted",
			 have & SIGN ? "" : ", not for signing",
			 have & DECRYPT ? ", decrypts, too" : "");
}

int tpm_key_open(struct wv_bytes public, struct tpm_key *out, struct wv_fault *fault)
{
	struct cursor c = cursor_over(public.data, public.len);
	uint16_t name, symmetric;
	uint32_t attributes;
	int rc;

	memset(out, 0, sizeof(*out));
	out->type = cursor_be16(&c);
	name = cursor_be16(&c);
	attributes = cursor_be32(&c);
	tpm_sized(&c, UINT16_MAX);
	symmetric = cursor_be16(&c);
	out->scheme = cursor_be16(&c);
	if (cursor_ok(&c) && out->scheme == TPM_NULL)
		return unfit(fault, &c, "it signs by whatever scheme it is asked for");
	out->hash = cursor_be16(&c);
	if (!cursor_ok(&c))
		return cut(fault, "ak", &c);
	rc = check_attributes(attributes, fault);
	if (rc)
		return rc;
	if (!tpm_md(name) || name == WV_ALG_SHA1 || !tpm_md(out->hash) || out->hash == WV_ALG_SHA1)
		return unfit(fault, &c, "its name or its signatures are of another hash than SHA-2");
	if (symmetric != TPM_NULL)
		return unfit(fault, &c, "it wraps keys");
	if (out->type == TPM_RSA)
		return read_rsa(&c, out, fault);
	if (out->type == TPM_ECC)
		return read_ecc(&c, out, fault);
	return unfit(fault, &c, "it is neither an RSA key nor an ECC key");
}

void tpm_key_close(struct tpm_key *key)
{
	EVP_PKEY_free(key->key);
	key->key = NULL;
}

static bool holds(const struct tpm_key *key, const uint8_t *signature, size_t len,
		  struct wv_bytes message)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how;
	bool ok = ctx && EVP_DigestVerifyInit(ctx, &how, tpm_md(key->hash), NULL, key->key) == 1;

	if (ok && key->scheme == TPM_RSAPSS)
		ok = EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_AUTO) == 1;
	ok = ok && EVP_DigestVerify(ctx, signature, len, message.data, message.len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool ecdsa_holds(const struct tpm_key *key, struct wv_bytes r, struct wv_bytes s,
			struct wv_bytes message)
{
	uint8_t *der;
	int len = ecdsa_der(BN_bin2bn(r.data, (int)r.len, NULL),
			    BN_bin2bn(s.data, (int)s.len, NULL), &der);
	bool ok = len > 0 && holds(key, der, (size_t)len, message);

	OPENSSL_free(der);
	return ok;
}

int tpm_key_signed(const struct tpm_key *key, struct wv_bytes signature, struct wv_bytes message,
		   struct wv_fault *fault)
{
	struct cursor c = cursor_over(signature.data, signature.len);
	uint16_t scheme = cursor_be16(&c), hash = cursor_be16(&c);
	struct wv_bytes first = tpm_sized(&c, UINT16_MAX), second = { NULL, 0 };
	size_t width = (key->bits + 7) / 8;
	bool ok;

	if (scheme == TPM_ECDSA)
		second = tpm_sized(&c, UINT16_MAX);
	if (!cursor_done(&c))
		return cut(fault, "signature", &c);
	if (scheme != key->scheme || hash != key->hash)
		return fault_set(fault, WV_SIGNATURE_INVALID, "signature", 0,
				 "it is of scheme 0x%04x with hash 0x%04x, the key signs by 0x%04x with 0x%04x",
				 scheme, hash, key->scheme, key->hash);
	if (scheme == TPM_ECDSA)
		ok = first.len <= width && second.len <= width &&
		     ecdsa_holds(key, first, second, message);
	else
		ok = first.len == width && holds(key, first.data, first.len, message);
	if (ok)
		return WV_OK;
	return fault_set(fault, WV_SIGNATURE_INVALID, "signature", 4,
			 "the key in 'ak' did not sign this quote");
}

int tpm_key_signed_bare(const struct tpm_key *key, struct wv_bytes signature,
			struct wv_bytes message, struct wv_fault *fault)
{
	if (key->scheme == TPM_RSASSA && signature.len == (key->bits + 7) / 8 &&
	    holds(key, signature.data, signature.len, message))
		return WV_OK;
	return fault_set(fault, WV_SIGNATURE_INVALID, "signature", 0,
			 "the key in 'ak' did not sign this quote");
}

bool tpm_key_is(const struct tpm_key *key, struct wv_bytes modulus)
{
	BIGNUM *have = NULL, *want = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
	bool same = key->type == TPM_RSA && want &&
		    EVP_PKEY_get_bn_param(key->key, OSSL_PKEY_PARAM_RSA_N, &have) == 1 &&
		    !BN_cmp(have, want);

	BN_free(have);
	BN_free(want);
	return same;
}
