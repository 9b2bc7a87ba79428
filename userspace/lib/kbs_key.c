// SPDX-License-Identifier: MIT
/* The client's ephemeral key, and what is wrapped to it (libjose). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <jose/b64.h>
#include <jose/jwe.h>
#include <jose/jwk.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "kbs_private.h"

json_t *kbs_key_new(void)
{
	json_t *key = json_pack("{s:s, s:s}", "kty", "EC", "crv", "P-384");

	if (key && jose_jwk_gen(NULL, key))
		return key;
	json_decref(key);
	return NULL;
}

json_t *kbs_key_public(const json_t *key, uint8_t thumbprint[32])
{
	json_t *public = json_pack("{s:s, s:s, s:O, s:O}", "kty", "EC", "crv", "P-384", "x",
				   json_object_get(key, "x"), "y", json_object_get(key, "y"));

	if (public && jose_jwk_thp_buf(NULL, public, "S256", thumbprint, 32) == 32)
		return public;
	json_decref(public);
	return NULL;
}

/* Members in RFC 7638's order, so that the compact text is what is hashed. */
json_t *kbs_key_x25519(const uint8_t key[KBS_X25519_LEN], uint8_t thumbprint[32])
{
	json_t *public = json_pack("{s:s, s:s, s:o}", "crv", "X25519", "kty", "OKP", "x",
				   jose_b64_enc(key, KBS_X25519_LEN));
	char *text = public ? json_dumps(public, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	if (text && EVP_Digest(text, strlen(text), thumbprint, NULL, EVP_sha256(), NULL) == 1) {
		free(text);
		return public;
	}
	free(text);
	json_decref(public);
	return NULL;
}

json_t *kbs_key_trustee(enum ward_kbs_key kind)
{
	json_t *key;

	if (kind == WARD_KBS_RSA)
		return kbs_rsa_new();
	key = json_pack("{s:s, s:s}", "kty", "EC", "crv", kind == WARD_KBS_P521 ? "P-521" : "P-256");
	if (key && jose_jwk_gen(NULL, key))
		return key;
	json_decref(key);
	return NULL;
}

static int is_rsa(const json_t *key)
{
	const char *kty = json_string_value(json_object_get(key, "kty"));

	return kty && !strcmp(kty, "RSA");
}

static const char *wrap_of(const json_t *key)
{
	return is_rsa(key) ? "RSA-OAEP-256" : "ECDH-ES+A256KW";
}

json_t *kbs_key_trustee_public(const json_t *key)
{
	if (is_rsa(key))
		return json_pack("{s:s, s:s, s:O, s:O}", "kty", "RSA", "alg", wrap_of(key), "n",
				 json_object_get(key, "n"), "e", json_object_get(key, "e"));
	return json_pack("{s:s, s:s, s:O, s:O, s:O}", "kty", "EC", "alg", wrap_of(key), "crv",
			 json_object_get(key, "crv"), "x", json_object_get(key, "x"), "y",
			 json_object_get(key, "y"));
}

/* Nothing but the algorithms that the protocol's text names, and that fit the key. */
static int good_header(const json_t *key, const json_t *jwe)
{
	json_t *head = jose_b64_dec_load(json_object_get(jwe, "protected"));
	const char *alg = json_string_value(json_object_get(head, "alg"));
	const char *enc = json_string_value(json_object_get(head, "enc"));
	int good = alg && enc && !strcmp(alg, wrap_of(key)) && !strcmp(enc, "A256GCM");

	json_decref(head);
	return good;
}

static jose_io_t *decrypter(const json_t *key, const json_t *jwe, jose_io_t *sink)
{
	jose_io_t *io;
	json_t *cek;

	if (!is_rsa(key))
		return jose_jwe_dec_io(NULL, jwe, NULL, key, sink);
	cek = kbs_rsa_unwrap(key, jwe);
	io = cek ? jose_jwe_dec_cek_io(NULL, jwe, cek, sink) : NULL;
	json_decref(cek);
	return io;
}

static ssize_t unwrap(const json_t *key, const json_t *jwe, const uint8_t *text, size_t len,
		      void *out, size_t cap)
{
	size_t got = cap;
	jose_io_t *sink = jose_io_buffer(NULL, out, &got);
	jose_io_t *io = sink ? decrypter(key, jwe, sink) : NULL;
	int good = io && io->feed(io, text, len) && io->done(io);

	jose_io_decref(io);
	jose_io_decref(sink);
	return good ? (ssize_t)got : -EBADMSG;
}

ssize_t kbs_key_unwrap(const json_t *key, const json_t *jwe, void *out, size_t cap)
{
	const json_t *text = json_object_get(jwe, "ciphertext");
	size_t len = jose_b64_dec(text, NULL, 0);
	ssize_t n = -EBADMSG;
	uint8_t *raw;

	if (!good_header(key, jwe) || len == SIZE_MAX || len > cap)
		return -EBADMSG;
	raw = malloc(len ? len : 1);
	if (!raw)
		return -ENOMEM;
	if (jose_b64_dec(text, raw, len) == len)
		n = unwrap(key, jwe, raw, len, out, cap);
	free(raw);
	if (n < 0)
		OPENSSL_cleanse(out, cap);
	return n;
}
