// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include <jose/b64.h>
#include <jose/jwk.h>
#include <jose/jws.h>
#include <jose/openssl.h>
#include <openssl/x509.h>

#include "token_make.h"

json_t *token_key_make(const char *alg, const char *kid)
{
	json_t *key = json_pack("{s:s, s:s}", "alg", alg, "kid", kid);

	assert_true(jose_jwk_gen(NULL, key));
	return key;
}

json_t *token_key_public(const json_t *key)
{
	json_t *pub = json_deep_copy(key);

	assert_true(jose_jwk_pub(NULL, pub));
	json_object_del(pub, "key_ops");
	return pub;
}

char *token_jwks(json_t *list)
{
	json_t *set = json_pack("{s:o}", "keys", list);
	char *text = json_dumps(set, JSON_COMPACT);

	json_decref(set);
	return text;
}

char *token_make_by(const json_t *key, json_t *header, const char *payload)
{
	json_t *body = jose_b64_enc(payload, strlen(payload));
	json_t *jws = json_pack("{s:o}", "payload", body);
	json_t *sig = json_pack("{s:o}", "protected", header);
	char *out;

	if (!json_object_get(header, "alg"))
		json_object_set(header, "alg", json_object_get(key, "alg"));
	assert_true(jose_jws_sig(NULL, jws, sig, key));
	assert_true(asprintf(&out, "%s.%s.%s", json_string_value(json_object_get(jws, "protected")),
			     json_string_value(json_object_get(jws, "payload")),
			     json_string_value(json_object_get(jws, "signature"))) > 0);
	json_decref(jws);
	json_decref(sig);
	return out;
}

char *token_make(const json_t *key, const char *payload)
{
	return token_make_by(key, json_pack("{s:O, s:s}", "kid", json_object_get(key, "kid"), "typ", "JWT"),
			payload);
}

json_t *token_cert(const json_t *key, int64_t from, int64_t to)
{
	EVP_PKEY *pkey = jose_openssl_jwk_to_EVP_PKEY(NULL, key);
	X509 *cert = X509_new();
	unsigned char *der = NULL, text[4096];
	int len;

	ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)from);
	ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)to);
	X509_set_pubkey(cert, pkey);
	assert_true(X509_sign(cert, pkey, EVP_sha256()) > 0);
	len = i2d_X509(cert, &der);
	EVP_EncodeBlock(text, der, len);
	OPENSSL_free(der);
	X509_free(cert);
	EVP_PKEY_free(pkey);
	return json_string((char *)text);
}
