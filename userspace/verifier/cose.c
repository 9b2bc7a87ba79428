// SPDX-License-Identifier: MIT
/*
 * COSE_Sign1: RFC 9052. What is signed is made anew from the protected header's own
 * bytes and the payload's; nothing in the unprotected header counts.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "cbor_map.h"
#include "cose.h"
#include "ecdsa.h"
#include "fault.h"

/* Nitro documents have up to 16 KiB; tokens far less. */
#define PAYLOAD_MAX	(32u << 10)
#define HEADERS_MAX	1024
#define SIGNATURE_MAX	(2 * 66)

static const struct alg {
	int64_t alg;
	const char *name;
	const char *group;
	const char *hash;
	size_t half;
} algs[] = {
	{ COSE_ES256, "ES256", "prime256v1", "SHA256", 32 },
	{ COSE_ES384, "ES384", "secp384r1", "SHA384", 48 },
	{ COSE_ES512, "ES512", "secp521r1", "SHA512", 66 },
};
#define ALGS (sizeof(algs) / sizeof(algs[0]))

static const struct alg *alg_of(int64_t alg)
{
	size_t i;

	for (i = 0; i < ALGS; i++)
		if (algs[i].alg == alg)
			return &algs[i];
	return NULL;
}

static const char *part(char out[FIELD_MAX], const char *what, const char *name)
{
	snprintf(out, FIELD_MAX, "%s.%s", what, name);
	return out;
}

/* RFC 9052 section 3.1: 1 alg, 2 crit. */
enum { ALG, CRIT, HEADERS };

static const struct map_member headers[HEADERS] = {
	[ALG] = { .name = "alg", .key = 1, .type = MAP_INT, .min = INT64_MIN, .max = INT64_MAX },
	[CRIT] = { .name = "crit", .key = 2, .type = MAP_ANY },
};
static const struct map_format headers_format = { .members = headers, .count = HEADERS };

static int read_protected(struct cose_sign1 *s, const char *what, struct wv_fault *fault)
{
	struct map_value v[HEADERS];
	char field[FIELD_MAX];
	int rc;

	part(field, what, "protected");
	rc = map_read_all(s->headers, field, &headers_format, v, fault);
	if (rc)
		return rc;
	if (v[CRIT].there)
		return fault_set(fault, WV_COSE_ALGORITHM, field, (int64_t)v[CRIT].at,
				 "it names headers that must be understood (crit), which are not");
	if (!v[ALG].there)
		return fault_set(fault, WV_COSE_ALGORITHM, field, -1, "it names no algorithm");
	if (!alg_of(v[ALG].number))
		return fault_set(fault, WV_COSE_ALGORITHM, field, (int64_t)v[ALG].at,
				 "algorithm %lld is none of ES256 (-7), ES384 (-35), ES512 (-36)",
				 (long long)v[ALG].number);
	s->alg = v[ALG].number;
	return WV_OK;
}

static int read_unprotected(struct item_in *in, const char *what)
{
	struct map_value v[HEADERS];
	char field[FIELD_MAX];
	int rc = map_read(in, part(field, what, "unprotected"), headers, HEADERS, v);

	if (!rc && (v[ALG].there || v[CRIT].there))
		rc = fault_set(in->fault, WV_COSE_ALGORITHM, field,
			       (int64_t)v[v[ALG].there ? ALG : CRIT].at,
			       "it has %s, which belongs where the signature covers it",
			       v[ALG].there ? "an algorithm" : "crit");
	return rc;
}

int cose_sign1_read(struct wv_bytes message, bool tagged, const char *what,
		    struct cose_sign1 *out, struct wv_fault *fault)
{
	struct item_in in = { .c = cursor_over(message.data, message.len),
			      .reason = WV_EVIDENCE_DAMAGED, .fault = fault };
	char field[FIELD_MAX];
	size_t four;
	int rc = tagged ? item_tag(&in, what, COSE_TAG_SIGN1) : WV_OK;

	memset(out, 0, sizeof(*out));
	rc = rc ?: item_array(&in, what, 4, 4, &four) ?:
	     item_bytes(&in, part(field, what, "protected"), 1, HEADERS_MAX, &out->headers) ?:
	     read_unprotected(&in, what) ?:
	     item_bytes(&in, part(field, what, "payload"), 1, PAYLOAD_MAX, &out->payload) ?:
	     item_bytes(&in, part(field, what, "signature"), 1, SIGNATURE_MAX, &out->signature) ?:
	     item_end(&in);
	return rc ?: read_protected(out, what, fault);
}

bool cose_curve_fits(const struct cose_sign1 *s, const EVP_PKEY *key)
{
	const struct alg *a = alg_of(s->alg);
	char group[32];

	return a && EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       !strcmp(group, a->group);
}

static bool below_order(const BIGNUM *n, const EVP_PKEY *key)
{
	BIGNUM *order = NULL;
	bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_ORDER, &order) == 1 &&
		  !BN_is_zero(n) && BN_cmp(n, order) < 0;

	BN_free(order);
	return ok;
}

/* r | s, each as long as the curve's order; OpenSSL wants them in DER. */
static int der_of(const struct cose_sign1 *s, const struct alg *a, const EVP_PKEY *key,
		  uint8_t **der, int *len, const char *field, struct wv_fault *fault)
{
	BIGNUM *r = BN_bin2bn(s->signature.data, (int)a->half, NULL);
	BIGNUM *t = BN_bin2bn(s->signature.data + a->half, (int)a->half, NULL);

	if (r && t && (!below_order(r, key) || !below_order(t, key))) {
		BN_free(r);
		BN_free(t);
		return fault_set(fault, WV_SIGNATURE_INVALID, field, -1,
				 "r or s is zero, or not below the order of the curve");
	}
	*len = ecdsa_der(r, t, der);
	return *len > 0 ? WV_OK : fault_set(fault, WV_NO_MEMORY, field, -1, "no memory");
}

static bool add_bytes(EVP_MD_CTX *ctx, struct wv_bytes b)
{
	uint8_t head[9];
	size_t n = 1;
	int shift;

	if (b.len < 24) {
		head[0] = (uint8_t)(0x40 | b.len);
	} else {
		unsigned int size = b.len < 0x100 ? 0 : b.len < 0x10000 ? 1 : 2;

		head[0] = (uint8_t)(0x58 + size);
		for (shift = (8 << size) - 8; shift >= 0; shift -= 8)
			head[n++] = (uint8_t)(b.len >> shift);
	}
	return EVP_DigestVerifyUpdate(ctx, head, n) == 1 &&
	       (!b.len || EVP_DigestVerifyUpdate(ctx, b.data, b.len) == 1);
}

/* RFC 9052 section 4.4: ["Signature1", protected, external_aad (empty), payload]. */
static bool add_sig_structure(EVP_MD_CTX *ctx, const struct cose_sign1 *s)
{
	static const uint8_t start[] = "\x84\x6aSignature1";

	return EVP_DigestVerifyUpdate(ctx, start, sizeof(start) - 1) == 1 &&
	       add_bytes(ctx, s->headers) && add_bytes(ctx, (struct wv_bytes){ NULL, 0 }) &&
	       add_bytes(ctx, s->payload);
}

static int check_der(const struct cose_sign1 *s, const struct alg *a, EVP_PKEY *key,
		     const uint8_t *der, int len, const char *field, struct wv_fault *fault)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ready, good = false;

	ready = ctx && EVP_DigestVerifyInit_ex(ctx, NULL, a->hash, NULL, NULL, key, NULL) == 1 &&
		add_sig_structure(ctx, s);
	if (ready)
		good = EVP_DigestVerifyFinal(ctx, der, (size_t)len) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ready)
		return fault_set(fault, WV_NO_MEMORY, field, -1, "%s cannot be computed", a->name);
	return good ? WV_OK : fault_set(fault, WV_SIGNATURE_INVALID, field, -1,
					"the signature (%s) does not hold", a->name);
}

static int check(const struct cose_sign1 *s, EVP_PKEY *key, const char *what,
		 struct wv_fault *fault)
{
	const struct alg *a = alg_of(s->alg);
	char field[FIELD_MAX], alg_field[FIELD_MAX];
	uint8_t *der = NULL;
	int rc, len = 0;

	part(field, what, "signature");
	if (!a || !cose_curve_fits(s, key))
		return fault_set(fault, WV_COSE_ALGORITHM, part(alg_field, what, "protected"), -1,
				 "it says %s, and the key is not on that curve",
				 a ? a->name : "no algorithm");
	if (s->signature.len != 2 * a->half)
		return fault_set(fault, WV_SIGNATURE_INVALID, field, -1,
				 "%zu bytes, %s has %zu", s->signature.len, a->name, 2 * a->half);
	rc = der_of(s, a, key, &der, &len, field, fault);
	rc = rc ?: check_der(s, a, key, der, len, field, fault);
	OPENSSL_free(der);
	return rc;
}

int cose_sign1_check(const struct cose_sign1 *s, EVP_PKEY *key, const char *what,
		     struct wv_fault *fault)
{
	int rc;

	ERR_set_mark();
	rc = check(s, key, what, fault);
	ERR_pop_to_mark();
	return rc;
}
