// SPDX-License-Identifier: MIT
/* Keys of services: in each form, with each member wrong, certified and wrongly certified. */
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/token_make.h"
#include "roots.h"
#include "seeds_token.h"

#define B43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B86 B43 B43
#define B1400 B86 B86 B86 B86 B86 B86 B86 B86 B86 B86 B86 B86 B86 B86 B86 B86 B86

/* One member of a key; NULL = left out. */
static const struct {
	bool ec;
	const char *name, *value;
} members[] = {
	{ false, "use", "\"sig\"" }, { false, "use", "\"enc\"" }, { false, "use", "7" },
	{ false, "alg", NULL }, { false, "alg", "\"RS512\"" }, { false, "alg", "7" },
	{ false, "kty", NULL }, { false, "kty", "\"EC\"" }, { false, "kid", NULL },
	{ false, "n", NULL }, { false, "n", "7" }, { false, "n", "\"\"" }, { false, "n", "\"!\"" },
	{ false, "n", "\"" B86 "AQAB\"" }, { false, "n", "\"" B1400 "\"" }, { false, "n", "\"AAAA\"" },
	{ false, "e", NULL }, { false, "e", "\"AQABAQABAQAB\"" }, { false, "e", "\"AA\"" },
	{ true, "crv", NULL }, { true, "crv", "\"P-384\"" }, { true, "crv", "7" },
	{ true, "x", NULL }, { true, "x", "\"AAAA\"" }, { true, "x", "\"" B43 "\"" },
	{ true, "y", NULL }, { true, "y", "\"AAAA\"" }, { true, "y", "\"" B43 "\"" },
	{ true, "kty", "\"RSA\"" }, { true, "alg", "\"ES384\"" },
};

static unsigned int count;

/* A set that has @key, which is taken over, and @more of it. */
static void set_of(json_t *key, size_t more)
{
	json_t *list = json_pack("[o]", key);
	char name[32], *text;

	while (more--)
		json_array_append(list, key);
	text = token_jwks(list);
	snprintf(name, sizeof(name), "json-keys-%03u", count++);
	seed_text("token", name, text);
	free(text);
}

static void each_member(const json_t *rsa, const json_t *ec)
{
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *key = token_key_public(members[i].ec ? ec : rsa);

		if (members[i].value)
			json_object_set_new(key, members[i].name,
					    json_loads(members[i].value, JSON_DECODE_ANY, NULL));
		else
			json_object_del(key, members[i].name);
		set_of(key, 0);
	}
}

/* As OpenSSL makes it of numbers, however large. */
static EVP_PKEY *huge(void)
{
	static uint8_t n[1200] = { 0x80, [1199] = 1 };
	BIGNUM *modulus = BN_bin2bn(n, sizeof(n), NULL), *e = BN_bin2bn((uint8_t[]){ 1, 0, 1 }, 3, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e);
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(modulus);
	BN_free(e);
	return key;
}

/* A certificate whose key is @key, by one that is made for it. @spoil: its times are none. */
static json_t *certificate(EVP_PKEY *key, long long now, bool spoil)
{
	EVP_PKEY *signer = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	unsigned char *der = NULL, text[8192];
	int len;

	ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)now - 9);
	ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)now + SEED_YEAR);
	if (spoil)
		ASN1_STRING_set(X509_getm_notBefore(cert), "never", 5);
	X509_set_pubkey(cert, key);
	assert_true(X509_sign(cert, signer, EVP_sha256()) > 0);
	len = i2d_X509(cert, &der);
	assert_true(len > 0);
	EVP_EncodeBlock(text, der, len);
	OPENSSL_free(der);
	X509_free(cert);
	EVP_PKEY_free(signer);
	EVP_PKEY_free(key);
	return json_string((char *)text);
}

/* The same bytes, with a byte of them changed, or another behind them. */
static json_t *changed(json_t *text, const char *bytes, size_t len, bool longer)
{
	unsigned char der[8192], again[8192];
	size_t n = json_string_length(text);
	int got = EVP_DecodeBlock(der, (const unsigned char *)json_string_value(text), (int)n);
	unsigned char *at = bytes ? memmem(der, (size_t)got, bytes, len) : NULL;

	if (at)
		at[len - 1] ^= 0x40;
	if (longer)
		der[got++] = 0x30;
	EVP_EncodeBlock(again, der, got);
	json_decref(text);
	return json_string((char *)again);
}

/* @certs in place of the key's members, and beside them. Takes over @certs */
static void certified(const json_t *key, json_t *certs)
{
	static const char *const own[] = { "n", "e", "x", "y" };
	json_t *both = token_key_public(key), *alone = token_key_public(key);
	size_t i;

	json_object_set(both, "x5c", certs);
	json_object_set_new(alone, "x5c", certs);
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		json_object_del(alone, own[i]);
	set_of(both, 0);
	set_of(alone, 0);
}

static void each_certificate(const json_t *key, const json_t *another, long long now)
{
	static const char oid[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
	static const char ec_oid[] = "\x2a\x86\x48\xce\x3d\x02\x01";
	json_t *sound = token_cert(key, now - 9, now + SEED_YEAR);
	char *long_text = memset(calloc(1, 40000), 'A', 39999);

	certified(key, json_pack("[O]", sound));
	certified(key, json_pack("[o]", token_cert(another, now - 9, now + SEED_YEAR)));
	certified(key, json_pack("[o]", token_cert(key, now + 900, now + SEED_YEAR)));
	certified(key, json_pack("[o]", token_cert(key, now - 900, now - 300)));
	certified(key, json_pack("[o]", changed(json_copy(sound), NULL, 0, true)));
	certified(key, json_pack("[o]", changed(json_copy(sound), oid, sizeof(oid) - 1, false)));
	certified(key, json_pack("[o]", changed(json_copy(sound), ec_oid, sizeof(ec_oid) - 1, false)));
	certified(key, json_pack("[o]", certificate(EVP_EC_gen("P-521"), now, false)));
	certified(key, json_pack("[o]", certificate(EVP_EC_gen("P-256"), now, true)));
	certified(key, json_pack("[o]", certificate(EVP_RSA_gen(1024), now, false)));
	certified(key, json_pack("[o]", certificate(huge(), now, false)));
	certified(key, json_pack("[s]", "MA=="));
	certified(key, json_pack("[s]", "MAA"));
	certified(key, json_pack("[s]", "!!!!"));
	certified(key, json_pack("[s]", ""));
	certified(key, json_pack("[s]", long_text));
	certified(key, json_pack("[i]", 7));
	certified(key, json_array());
	certified(key, json_null());
	free(long_text);
	json_decref(sound);
}

void token_keys_seeds(const json_t *rsa, const json_t *ec, long long now)
{
	json_t *unnamed = token_key_public(ec), *another = token_key_make("ES256", "ita");

	each_member(rsa, ec);
	each_certificate(rsa, ec, now);
	each_certificate(ec, rsa, now);
	set_of(token_key_public(ec), 0);
	set_of(token_key_public(another), 0);
	set_of(token_key_public(ec), 1);
	set_of(token_key_public(rsa), 5);
	json_object_set_new(unnamed, "x", json_string(B43));
	set_of(unnamed, 5);
	set_of(json_integer(7), 0);
	json_decref(another);
	seed_text("token", "json-keys-none", "{\"keys\":[]}");
	seed_text("token", "json-keys-absent", "{}");
	seed_text("token", "json-keys-deep", "{\"keys\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}");
}
