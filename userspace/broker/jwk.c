// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "b64.h"
#include "jwe.h"
#include "jwk.h"
#include "wardverify.h"

#define COORDINATE_LEN		48	/* bytes of a coordinate on P-384 */
#define COORDINATE_TEXT_LEN	64	/* the same, base64url */
#define POINT_LEN		(1 + 2 * COORDINATE_LEN)
#define P384_HEAD		"{\"crv\":\"P-384\",\"kty\":\"EC\",\"x\":\""
#define P384_MIDDLE		"\",\"y\":\""
#define X25519_TEXT_LEN		43
#define X25519_HEAD		"{\"crv\":\"X25519\",\"kty\":\"OKP\",\"x\":\""

static int is(const json_t *jwk, const char *name, const char *want)
{
	const char *have = json_string_value(json_object_get(jwk, name));

	return have && !strcmp(have, want);
}

/* X of exactly 32 bytes, in one spelling (RFC 8037 section 2). */
static int take_x25519(const json_t *jwk, char out[ATTESTED_JWK_MAX],
		       uint8_t thumbprint[JWK_THUMBPRINT_LEN])
{
	const json_t *x = json_object_get(jwk, "x");
	uint8_t key[B64_DATA_LEN(X25519_TEXT_LEN)];
	size_t len;

	if (json_string_length(x) != X25519_TEXT_LEN ||
	    !b64url_decode(json_string_value(x), X25519_TEXT_LEN, key, &len))
		return -1;
	snprintf(out, ATTESTED_JWK_MAX, X25519_HEAD "%s\"}", json_string_value(x));
	return wv_thumbprint_x25519(key, thumbprint) ? -1 : 0;
}

int jwk_x25519(const char *jwk, uint8_t key[JWK_X25519_LEN])
{
	uint8_t raw[B64_DATA_LEN(X25519_TEXT_LEN)];
	size_t head = strlen(X25519_HEAD), len;

	if (strncmp(jwk, X25519_HEAD, head) || strlen(jwk) != head + X25519_TEXT_LEN + 2 ||
	    !b64url_decode(jwk + head, X25519_TEXT_LEN, raw, &len))
		return -1;
	memcpy(key, raw, JWK_X25519_LEN);
	return 0;
}

/* A coordinate of exactly the length that RFC 7518 section 6.2.1.2 asks for. */
static const char *coordinate(const json_t *jwk, const char *name)
{
	const json_t *value = json_object_get(jwk, name);

	return json_string_length(value) == COORDINATE_TEXT_LEN ? json_string_value(value) : NULL;
}

/* The curve, made once: a copy of it costs a third of what making it costs. Nobody frees it. */
static const EVP_PKEY *p384(void)
{
	static EVP_PKEY *curve;
	EVP_PKEY_CTX *ctx = curve ? NULL : EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

	if (ctx && EVP_PKEY_paramgen_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_group_name(ctx, "P-384") == 1)
		EVP_PKEY_paramgen(ctx, &curve);
	EVP_PKEY_CTX_free(ctx);
	return curve;
}

/*
 * A point on the curve: it is of its order then, which is prime, and all points but
 * infinity are. What multiplies by the order to see that would tell nothing more.
 */
static int check_point(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	int ok = ctx && EVP_PKEY_public_check_quick(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static EVP_PKEY *make_key(const uint8_t point[POINT_LEN])
{
	const EVP_PKEY *curve = p384();
	EVP_PKEY *key = curve ? EVP_PKEY_new() : NULL;

	if (key && EVP_PKEY_copy_parameters(key, curve) == 1 &&
	    EVP_PKEY_set1_encoded_public_key(key, point, POINT_LEN) == 1 && check_point(key))
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static EVP_PKEY *point_key(const char *x, const char *y)
{
	uint8_t point[POINT_LEN] = { POINT_CONVERSION_UNCOMPRESSED };
	size_t n;

	if (!b64url_decode(x, COORDINATE_TEXT_LEN, point + 1, &n) ||
	    !b64url_decode(y, COORDINATE_TEXT_LEN, point + 1 + COORDINATE_LEN, &n))
		return NULL;
	return make_key(point);
}

/* A key on P-384. */
static int take_p384(const json_t *jwk, char out[ATTESTED_JWK_MAX],
		     uint8_t thumbprint[JWK_THUMBPRINT_LEN])
{
	const char *x = coordinate(jwk, "x"), *y = coordinate(jwk, "y");
	EVP_PKEY *key = is(jwk, "crv", "P-384") && x && y ? point_key(x, y) : NULL;
	int n;

	if (!key)
		return -1;
	EVP_PKEY_free(key);
	n = snprintf(out, ATTESTED_JWK_MAX, P384_HEAD "%s" P384_MIDDLE "%s\"}", x, y);
	return n < ATTESTED_JWK_MAX &&
	       EVP_Digest(out, (size_t)n, thumbprint, NULL, EVP_sha256(), NULL) == 1 ? 0 : -1;
}

int jwk_take(const json_t *jwk, char out[ATTESTED_JWK_MAX], uint8_t thumbprint[JWK_THUMBPRINT_LEN])
{
	if (json_object_get(jwk, "d"))
		return -1;
	if (is(jwk, "kty", "OKP") && is(jwk, "crv", "X25519"))
		return take_x25519(jwk, out, thumbprint);
	return is(jwk, "kty", "EC") ? take_p384(jwk, out, thumbprint) : -1;
}

/* The key of a canonical form on P-384. */
static EVP_PKEY *p384_key(const char *jwk)
{
	const size_t x = strlen(P384_HEAD), y = x + COORDINATE_TEXT_LEN + strlen(P384_MIDDLE);

	if (strlen(jwk) != y + COORDINATE_TEXT_LEN + 2 || strncmp(jwk, P384_HEAD, x))
		return NULL;
	return point_key(jwk + x, jwk + y);
}

char *jwk_wrap(const char *jwk, const void *plain, size_t len)
{
	EVP_PKEY *key = p384_key(jwk);
	char *out = key ? jwe_seal(key, plain, len) : NULL;

	EVP_PKEY_free(key);
	return out;
}
