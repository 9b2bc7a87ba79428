// SPDX-License-Identifier: MIT
/*
 * Public keys out of a JWKS: RFC 7517; their members RFC 7518 section 6.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "b64.h"
#include "cert.h"
#include "fault.h"
#include "jws.h"

#define KEYS_MAX 64
#define NAMESAKES_MAX 4	/* with one kid; RFC 7517 4.5 wants them distinct */
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192
#define NUMBER_MAX (RSA_BITS_MAX / 8)
#define CERT_TEXT_MAX (32u << 10)

static const char *text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static bool is(const json_t *o, const char *name, const char *want)
{
	const char *have = text_of(o, name);

	return have && !strcmp(have, want);
}

/* A member in base64url of at most NUMBER_MAX bytes; 0 = it is none. */
static size_t number(const json_t *jwk, const char *name, uint8_t out[NUMBER_MAX + 3])
{
	const char *text = text_of(jwk, name);
	size_t n = text ? strlen(text) : 0, len;

	if (!n || n > B64_TEXT_LEN(NUMBER_MAX) - 1 || !b64url_decode(text, n, out, &len))
		return 0;
	return len;
}

/* Takes over @build. */
static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = build ? OSSL_PARAM_BLD_to_param(build) : NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static EVP_PKEY *rsa_key(const json_t *jwk)
{
	uint8_t raw_n[NUMBER_MAX + 3], raw_e[NUMBER_MAX + 3];
	size_t n_len = number(jwk, "n", raw_n), e_len = number(jwk, "e", raw_e);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(raw_n, (int)n_len, NULL), *e = BN_bin2bn(raw_e, (int)e_len, NULL);
	EVP_PKEY *key = NULL;

	if (n_len && e_len && e_len <= 8 && build && n && e &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
		key = key_from("RSA", build);
	else
		OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
	return key;
}

static EVP_PKEY *ec_key(const json_t *jwk, const struct jws_alg *alg)
{
	uint8_t point[1 + 2 * 48], raw[NUMBER_MAX + 3];
	const char *group = alg->len == 32 ? "prime256v1" : "secp384r1";
	OSSL_PARAM_BLD *build;

	if (!is(jwk, "crv", alg->crv))
		return NULL;
	point[0] = POINT_CONVERSION_UNCOMPRESSED;
	if (number(jwk, "x", raw) != alg->len)
		return NULL;
	memcpy(point + 1, raw, alg->len);
	if (number(jwk, "y", raw) != alg->len)
		return NULL;
	memcpy(point + 1 + alg->len, raw, alg->len);
	build = OSSL_PARAM_BLD_new();
	if (build &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
					     1 + 2 * alg->len))
		return key_from("EC", build);
	OSSL_PARAM_BLD_free(build);
	return NULL;
}

/* RFC 7517 section 4.7: base64 with padding, the key's own certificate first. */
static X509 *first_cert(const json_t *x5c)
{
	const json_t *text = json_array_get(x5c, 0);
	size_t n = json_string_length(text), len;
	const uint8_t *at;
	uint8_t *der;
	X509 *cert = NULL;

	if (!n || n > CERT_TEXT_MAX)
		return NULL;
	der = malloc(B64_DATA_LEN(n));
	at = der;
	if (der && b64_decode(json_string_value(text), n, der, &len))
		cert = d2i_X509(NULL, &at, (long)len);
	if (cert && at != der + len) {
		X509_free(cert);
		cert = NULL;
	}
	free(der);
	return cert;
}

static int check_window(const X509 *cert, int64_t now, uint32_t leeway, struct wv_fault *fault)
{
	int64_t from, to;

	if (!cert_times(cert, &from, &to))
		return fault_set(fault, WV_JWKS_DAMAGED, "x5c", -1, "the certificate has no times");
	if (now + leeway < from)
		return fault_set(fault, WV_CERTIFICATE_NOT_YET, "x5c", -1,
				 "the certificate begins %lld s later", (long long)(from - now));
	if (now - leeway > to)
		return fault_set(fault, WV_CERTIFICATE_EXPIRED, "x5c", -1,
				 "the certificate ended %lld s before", (long long)(now - to));
	return WV_OK;
}

static int cert_key(const json_t *x5c, int64_t now, uint32_t leeway, EVP_PKEY **out,
		    struct wv_fault *fault)
{
	X509 *cert = first_cert(x5c);
	int rc;

	if (!cert)
		return fault_set(fault, WV_JWKS_DAMAGED, "x5c", -1,
				 "the first element is no certificate");
	rc = check_window(cert, now, leeway, fault);
	if (!rc) {
		*out = X509_get_pubkey(cert);
		if (!*out)
			rc = fault_set(fault, WV_JWKS_DAMAGED, "x5c", -1, "it has no key");
	}
	X509_free(cert);
	return rc;
}

/* Whatever it came from: is it a key that this algorithm is for, and strong enough? */
static int check_fit(EVP_PKEY *key, const struct jws_alg *alg, struct wv_fault *fault)
{
	int bits = EVP_PKEY_get_bits(key);
	char group[32];

	if (!EVP_PKEY_is_a(key, alg->kty))
		return fault_set(fault, WV_JWT_KEY_UNFIT, "jwk", -1, "%s is not for such a key",
				 alg->name);
	if (!alg->crv && (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX))
		return fault_set(fault, WV_JWT_KEY_UNFIT, "jwk", -1, "RSA of %d bits", bits);
	if (alg->crv && (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1 ||
			 strcmp(group, alg->len == 32 ? "prime256v1" : "secp384r1")))
		return fault_set(fault, WV_JWT_KEY_UNFIT, "jwk", -1, "the curve is not %s",
				 alg->crv);
	return WV_OK;
}

static int both_keys(const json_t *jwk, const struct jws_alg *alg, int64_t now, uint32_t leeway,
		     EVP_PKEY **own, EVP_PKEY **certified, struct wv_fault *fault)
{
	const json_t *x5c = json_object_get(jwk, "x5c");
	bool has_own = json_object_get(jwk, alg->crv ? "x" : "n") != NULL;

	if (!x5c && !has_own)
		return fault_set(fault, WV_JWKS_DAMAGED, "jwk", -1, "there is no key in it");
	if (has_own) {
		*own = alg->crv ? ec_key(jwk, alg) : rsa_key(jwk);
		if (!*own)
			return fault_set(fault, WV_JWT_KEY_UNFIT, "jwk", -1,
					 "its numbers are no %s key for %s", alg->kty, alg->name);
	}
	return x5c ? cert_key(x5c, now, leeway, certified, fault) : WV_OK;
}

int jwk_key(const json_t *jwk, const struct jws_alg *alg, int64_t now, uint32_t leeway,
	    EVP_PKEY **out, struct wv_fault *fault)
{
	EVP_PKEY *own = NULL, *certified = NULL;
	int rc;

	*out = NULL;
	if (!is(jwk, "kty", alg->kty) || (json_object_get(jwk, "alg") && !is(jwk, "alg", alg->name)) ||
	    (json_object_get(jwk, "use") && !is(jwk, "use", "sig")))
		return fault_set(fault, WV_JWT_KEY_UNFIT, "jwk", -1,
				 "by kty, alg or use it is not for %s", alg->name);
	rc = both_keys(jwk, alg, now, leeway, &own, &certified, fault);
	if (!rc && own && certified && EVP_PKEY_eq(own, certified) != 1)
		rc = fault_set(fault, WV_JWKS_DAMAGED, "x5c", -1,
			       "the certificate is of another key than the members");
	if (!rc)
		rc = check_fit(own ? own : certified, alg, fault);
	if (!rc) {
		*out = own ? own : certified;
		EVP_PKEY_up_ref(*out);
	}
	EVP_PKEY_free(own);
	EVP_PKEY_free(certified);
	return rc;
}

/* Without a kid a set of one key is unambiguous, a set of several is not. */
static bool is_meant(const json_t *keys, const json_t *jwk, const struct jws *jws)
{
	if (!jws->kid)
		return json_array_size(keys) == 1;
	return is(jwk, "kid", jws->kid);
}

/* The first reason stays, unless a key verifies. */
static int try_keys(const json_t *keys, const struct jws *jws, int64_t now, uint32_t leeway,
		    struct wv_fault *fault)
{
	int rc = fault_set(fault, WV_JWT_KEY_UNKNOWN, "header.kid", -1,
			   "the set has no key '%.60s'", jws->kid ? jws->kid : "");
	struct wv_fault other;
	EVP_PKEY *key;
	json_t *jwk;
	size_t i, tried = 0;

	json_array_foreach(keys, i, jwk) {
		if (!is_meant(keys, jwk, jws))
			continue;
		if (tried++ == NAMESAKES_MAX)
			return fault_set(fault, WV_JWKS_DAMAGED, "jwks.keys", -1,
					 "more than %d keys are named '%.60s'", NAMESAKES_MAX,
					 jws->kid ? jws->kid : "");
		if (!jwk_key(jwk, jws->alg, now, leeway, &key, &other)) {
			if (jws_verify(jws, key)) {
				EVP_PKEY_free(key);
				return fault_clear(fault);
			}
			EVP_PKEY_free(key);
			fault_set(&other, WV_JWT_SIGNATURE_INVALID, "signature", -1,
				  "it is not of the key '%.60s'", jws->kid ? jws->kid : "");
		}
		if (rc == WV_JWT_KEY_UNKNOWN) {
			*fault = other;
			rc = other.reason;
		}
	}
	return rc;
}

int jwks_verify(struct wv_bytes jwks, const struct jws *jws, int64_t now, uint32_t leeway,
		struct wv_fault *fault)
{
	json_t *set, *keys;
	int rc;

	if (!jwks.len || jwks.len > WV_JWKS_MAX)
		return fault_set(fault, WV_JWKS_DAMAGED, "jwks", -1,
				 "%zu bytes; 1 to %u are expected", jwks.len, WV_JWKS_MAX);
	rc = jws_json(jwks, WV_JWKS_DAMAGED, "jwks", &set, fault);
	if (rc)
		return rc;
	keys = json_object_get(set, "keys");
	if (!json_is_array(keys) || !json_array_size(keys) || json_array_size(keys) > KEYS_MAX)
		rc = fault_set(fault, WV_JWKS_DAMAGED, "jwks.keys", -1,
			       "a list of 1 to %d keys is expected", KEYS_MAX);
	else
		rc = try_keys(keys, jws, now, leeway, fault);
	json_decref(set);
	return rc;
}
