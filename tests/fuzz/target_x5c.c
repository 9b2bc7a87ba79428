// SPDX-License-Identifier: MIT
/*
 * The certificates in an answer of Azure Key Vault: the first byte names the algorithm, then
 * each has two bytes of length before it. The answer's own signature always holds here: what
 * has to refuse is what the chain says of who made it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "../../userspace/verifier/jws.h"
#include "fuzz.h"
#include "vault_world.h"

#define CERTS	8

bool __wrap_jws_verify(const struct jws *jws, EVP_PKEY *key);
bool __wrap_jws_verify(const struct jws *jws, EVP_PKEY *key)
{
	return jws && key;
}

static X509_STORE *roots(void)
{
	static X509_STORE *store;
	struct wv_bytes pem;
	X509 *cert;
	BIO *bio;

	if (store)
		return store;
	pem = fuzz_file(getenv("FUZZ_ROOTS") ?: ".", "x5c-root");
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	store = X509_STORE_new();
	if (!cert || !store || X509_STORE_add_cert(store, cert) != 1)
		fuzz_die("the seeds left no root");
	X509_free(cert);
	BIO_free(bio);
	free((void *)pem.data);
	return store;
}

/* ---- the answer around them; the target's own allocations do not fail ------------------- */

static json_t *text_b64url(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);
	json_t *out = text ? maa_b64url(text, strlen(text)) : NULL;

	json_decref(object);
	free(text);
	return out;
}

static json_t *certificates(struct wv_bytes in, struct wv_bytes *first)
{
	const uint8_t *p = in.data, *end = in.data + in.len;
	json_t *x5c = json_array();

	for (size_t n = 0; n < CERTS && end - p >= 2; n++) {
		size_t len = (size_t)p[0] << 8 | p[1];

		p += 2;
		len = len < (size_t)(end - p) ? len : (size_t)(end - p);
		if (!n)
			*first = (struct wv_bytes){ p, len };
		json_array_append_new(x5c, maa_b64(p, len));
		p += len;
	}
	return x5c;
}

static json_t *payload(void)
{
	static const uint8_t wrapped[MAA_KEY_LEN + 40];
	json_t *hsm = json_pack("{s:s, s:{s:s, s:s}, s:o}", "schema_version", "1.0", "header", "alg",
				"dir", "enc", vault_request.enc, "ciphertext",
				maa_b64url(wrapped, sizeof(wrapped)));

	return json_pack("{s:{s:s, s:s}, s:{s:{s:{s:s, s:s, s:o}}}}", "request", "enc",
			 vault_request.enc,
			 "nonce", vault_request.nonce, "response", "key", "key", "kid",
			 "https://v.example/keys/k/1", "kty", "oct-HSM", "key_hsm", text_b64url(hsm));
}

static char *token(struct wv_bytes in, struct wv_bytes *first)
{
	static const struct { const char *name; size_t len; } algs[] = {
		{ "RS256", 256 }, { "ES256", 64 }, { "PS256", 256 }, { "ES384", 96 },
	};
	static const uint8_t zeroes[256];
	size_t alg = in.data[0] % 4;
	struct wv_bytes rest = { in.data + 1, in.len - 1 };
	json_t *parts[] = {
		text_b64url(json_pack("{s:s, s:o}", "alg", algs[alg].name, "x5c", certificates(rest, first))),
		text_b64url(payload()), maa_b64url(zeroes, algs[alg].len),
	};
	char *out = NULL;

	if (!parts[0] || !parts[1] || !parts[2] ||
	    asprintf(&out, "%s.%s.%s", json_string_value(parts[0]), json_string_value(parts[1]),
		     json_string_value(parts[2])) < 0)
		fuzz_die("no memory");
	for (size_t i = 0; i < 3; i++)
		json_decref(parts[i]);
	return out;
}

/* Who is believed has a key that the authority lets sign for the vault: x5c-fit, SHA-256 of each. */
static void must_be_fit(struct wv_bytes der)
{
	struct wv_bytes fit = fuzz_file(getenv("FUZZ_ROOTS") ?: ".", "x5c-fit");
	const unsigned char *p = der.data;
	X509 *leaf = d2i_X509(NULL, &p, (long)der.len);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (!leaf || X509_pubkey_digest(leaf, EVP_sha256(), digest, &len) != 1 || len != 32)
		fuzz_die("believed, and there is no key");
	if (!memmem(fit.data, fit.len, digest, len))
		fuzz_die("believed, and no certificate lets it");
	X509_free(leaf);
	free((void *)fit.data);
}

int fuzz_one(struct wv_bytes in)
{
	struct wv_bytes first = { NULL, 0 };
	struct skr_answer answer;
	struct trouble why = { "" };
	enum skr_end how;
	char *text;

	if (!in.len)
		return WV_USAGE;
	alloc_hold(true);
	roots();
	text = token(in, &first);
	alloc_hold(false);
	how = skr_open((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &vault_request, roots(), &answer, &why);
	skr_answer_free(&answer);
	free(text);
	if (how != SKR_OK && !*why.text)
		fuzz_die("refused, and nobody says why");
	if (fuzz_tell && how != SKR_OK)
		printf("  %s\n", why.text);
	if (how != SKR_OK)
		return WV_JWT_DAMAGED;
	alloc_hold(true);
	must_be_fit(first);
	alloc_hold(false);
	return WV_OK;
}
