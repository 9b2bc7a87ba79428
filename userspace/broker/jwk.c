// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jose/b64.h>
#include <jose/jwe.h>
#include <jose/jwk.h>
#include <jose/openssl.h>
#include <openssl/evp.h>

#include "jwk.h"
#include "wardverify.h"

#define COORDINATE_LEN		48	/* bytes of a coordinate on P-384 */
#define COORDINATE_TEXT_LEN	64	/* the same, base64url */
#define X25519_TEXT_LEN		43
#define X25519_HEAD		"{\"crv\":\"X25519\",\"kty\":\"OKP\",\"x\":\""

/* A coordinate of exactly the length that RFC 7518 section 6.2.1.2 asks for. */
static const char *coordinate(const json_t *jwk, const char *name)
{
	const json_t *value = json_object_get(jwk, name);
	uint8_t raw[COORDINATE_LEN];

	if (!json_is_string(value) || json_string_length(value) != COORDINATE_TEXT_LEN ||
	    jose_b64_dec(value, raw, sizeof(raw)) != sizeof(raw))
		return NULL;
	return json_string_value(value);
}

static int is(const json_t *jwk, const char *name, const char *want)
{
	const char *have = json_string_value(json_object_get(jwk, name));

	return have && !strcmp(have, want);
}

/* On the curve, as OpenSSL sees it. */
static int good_point(const json_t *jwk)
{
	EVP_PKEY *key = jose_openssl_jwk_to_EVP_PKEY(NULL, jwk);
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	int good = ctx && EVP_PKEY_public_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good;
}

/* X of exactly 32 bytes, in one spelling (RFC 8037 section 2). */
static int take_x25519(const json_t *jwk, char out[ATTESTED_JWK_MAX],
		       uint8_t thumbprint[JWK_THUMBPRINT_LEN])
{
	const json_t *x = json_object_get(jwk, "x");
	uint8_t key[JWK_X25519_LEN];
	char text[X25519_TEXT_LEN + 1];

	if (!json_is_string(x) || json_string_length(x) != X25519_TEXT_LEN ||
	    jose_b64_dec(x, key, sizeof(key)) != sizeof(key))
		return -1;
	text[jose_b64_enc_buf(key, sizeof(key), text, X25519_TEXT_LEN)] = 0;
	if (strcmp(text, json_string_value(x)))
		return -1;
	snprintf(out, ATTESTED_JWK_MAX, X25519_HEAD "%s\"}", text);
	return wv_thumbprint_x25519(key, thumbprint) ? -1 : 0;
}

int jwk_x25519(const char *jwk, uint8_t key[JWK_X25519_LEN])
{
	size_t head = strlen(X25519_HEAD);

	if (strncmp(jwk, X25519_HEAD, head) || strlen(jwk) != head + X25519_TEXT_LEN + 2)
		return -1;
	return jose_b64_dec_buf(jwk + head, X25519_TEXT_LEN, key, JWK_X25519_LEN) ==
	       JWK_X25519_LEN ? 0 : -1;
}

/* A key on P-384. */
static int take_p384(const json_t *jwk, char out[ATTESTED_JWK_MAX],
		     uint8_t thumbprint[JWK_THUMBPRINT_LEN])
{
	const char *x = coordinate(jwk, "x"), *y = coordinate(jwk, "y");
	json_t *clean;
	int n, good;

	if (!is(jwk, "crv", "P-384") || !x || !y)
		return -1;
	n = snprintf(out, ATTESTED_JWK_MAX,
		     "{\"crv\":\"P-384\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
	if (n < 0 || n >= ATTESTED_JWK_MAX)
		return -1;
	clean = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
	good = clean && good_point(clean) &&
	       jose_jwk_thp_buf(NULL, clean, "S256", thumbprint, JWK_THUMBPRINT_LEN) ==
	       JWK_THUMBPRINT_LEN;
	json_decref(clean);
	return good ? 0 : -1;
}

int jwk_take(const json_t *jwk, char out[ATTESTED_JWK_MAX], uint8_t thumbprint[JWK_THUMBPRINT_LEN])
{
	if (json_object_get(jwk, "d"))
		return -1;
	if (is(jwk, "kty", "OKP") && is(jwk, "crv", "X25519"))
		return take_x25519(jwk, out, thumbprint);
	return is(jwk, "kty", "EC") ? take_p384(jwk, out, thumbprint) : -1;
}

char *jwk_wrap(const char *jwk, const void *plain, size_t len)
{
	json_t *key = json_loads(jwk, 0, NULL);
	json_t *jwe = json_pack("{s:{s:s, s:s}}", "protected", "alg", "ECDH-ES+A256KW", "enc",
				"A256GCM");
	char *out = NULL;

	if (key && jwe && jose_jwe_enc(NULL, jwe, NULL, key, plain, len))
		out = json_dumps(jwe, JSON_COMPACT);
	json_decref(jwe);
	json_decref(key);
	return out;
}
