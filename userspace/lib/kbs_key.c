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

/* Nothing but the one pair of algorithms that the protocol's text names here. */
static int good_header(const json_t *jwe)
{
	json_t *head = jose_b64_dec_load(json_object_get(jwe, "protected"));
	const char *alg = json_string_value(json_object_get(head, "alg"));
	const char *enc = json_string_value(json_object_get(head, "enc"));
	int good = alg && enc && !strcmp(alg, "ECDH-ES+A256KW") && !strcmp(enc, "A256GCM");

	json_decref(head);
	return good;
}

static ssize_t unwrap(const json_t *key, const json_t *jwe, const uint8_t *text, size_t len,
		      void *out, size_t cap)
{
	size_t got = cap;
	jose_io_t *sink = jose_io_buffer(NULL, out, &got);
	jose_io_t *io = sink ? jose_jwe_dec_io(NULL, jwe, NULL, key, sink) : NULL;
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

	if (!good_header(jwe) || len == SIZE_MAX || len > cap)
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
