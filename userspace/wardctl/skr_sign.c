// SPDX-License-Identifier: MIT
/*
 * Who signed a release: the certificates in the JWS's header (x5c, RFC 7515 section 4.1.6) lead
 * from the vault's host to an authority that the caller named, as those of TLS do: what says what
 * it is for is for servers and for signing, and no key or digest is weaker than 112 bits, which
 * RSA has from 2048 on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "../verifier/jws.h"
#include "skr.h"

#define CHAIN_MAX	6
#define CERT_MAX	(16u << 10)
#define LEVEL_112	2	/* OpenSSL's security level */

static X509 *certificate(const json_t *text)
{
	size_t n = json_string_length(text), len;
	uint8_t *raw = n && n <= CERT_MAX ? malloc(B64_DATA_LEN(n)) : NULL;
	const unsigned char *p = raw;
	X509 *out = NULL;

	if (raw && b64_decode(json_string_value(text), n, raw, &len)) {
		out = d2i_X509(NULL, &p, (long)len);
		if (out && p != raw + len) {
			X509_free(out);
			out = NULL;
		}
	}
	free(raw);
	return out;
}

static STACK_OF(X509) *chain(const json_t *x5c)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	const json_t *text;
	size_t i;

	if (json_array_size(x5c) > CHAIN_MAX)
		x5c = NULL;
	json_array_foreach(x5c, i, text) {
		X509 *one = certificate(text);

		if (!one || sk_X509_push(all, one) <= 0) {
			X509_free(one);
			sk_X509_pop_free(all, X509_free);
			return NULL;
		}
	}
	return all;
}

static bool host_of(const char *url, char *out, size_t size)
{
	const char *host = url + strlen("https://");
	size_t n = strcspn(host, ":/");

	if (strncmp(url, "https://", 8) || !n || n >= size)
		return false;
	memcpy(out, host, n);
	out[n] = 0;
	return true;
}

static bool ask_for(X509_VERIFY_PARAM *param, const char *host)
{
	X509_VERIFY_PARAM_set_auth_level(param, LEVEL_112);
	return X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER) == 1 &&
	       (X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1 ||
		X509_VERIFY_PARAM_set1_host(param, host, 0) == 1);
}

/* NULL = it does; else why it does not. */
static const char *leads(X509_STORE *roots, STACK_OF(X509) *all, const char *vault)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	const char *why = "the cryptographic library failed";
	char host[256];

	if (!host_of(vault, host, sizeof(host)))
		why = "the vault has no host";
	else if (ctx && X509_STORE_CTX_init(ctx, roots, sk_X509_value(all, 0), all) == 1 &&
		 ask_for(X509_STORE_CTX_get0_param(ctx), host))
		why = X509_verify_cert(ctx) == 1 ? NULL :
		      X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
	X509_STORE_CTX_free(ctx);
	return why;
}

/* RFC 7518 section 3.4: a curve for each algorithm. */
static bool is_key_for(EVP_PKEY *key, const struct jws_alg *alg)
{
	return key && EVP_PKEY_is_a(key, alg->kty) &&
	       (!alg->crv || EVP_PKEY_get_bits(key) == (int)(8 * alg->len));
}

/* NULL = by one who may; else why not. */
static const char *is_signed(const struct jws *jws, const char *vault, X509_STORE *roots)
{
	STACK_OF(X509) *all = chain(json_object_get(jws->header, "x5c"));
	X509 *leaf = all && sk_X509_num(all) > 0 ? sk_X509_value(all, 0) : NULL;
	EVP_PKEY *key = leaf ? X509_get0_pubkey(leaf) : NULL;
	const char *why;

	if (!leaf)
		why = "it has no certificates (x5c), or they can't be read";
	else if (!is_key_for(key, jws->alg) || !jws_verify(jws, key))
		why = "another key signed it";
	else if (!(X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE))
		why = "its certificate's key is not for signing";
	else
		why = leads(roots, all, vault);
	sk_X509_pop_free(all, X509_free);
	return why;
}

enum skr_end skr_open(struct wv_bytes text, const struct skr_request *rq, X509_STORE *roots,
		      struct skr_answer *out, struct trouble *why)
{
	const char *unsigned_for;
	struct wv_fault fault;
	struct jws jws;
	enum skr_end how;

	memset(out, 0, sizeof(*out));
	if (jws_open(text, &jws, &fault)) {
		trouble_set(why, 0, "%s: %s", fault.field, fault.text);
		how = SKR_DAMAGED;
	} else if ((unsigned_for = is_signed(&jws, rq->vault, roots))) {
		trouble_set(why, 0, "no certificate of the vault's host, by an authority of --ca, signed it: %s",
			    unsigned_for);
		how = SKR_UNSIGNED;
	} else {
		how = skr_read((struct wv_bytes){ jws.payload, jws.payload_len }, rq, out, why);
	}
	jws_close(&jws);
	return how;
}
