// SPDX-License-Identifier: MIT
/*
 * Who signed a release: the certificates in the JWS's header (x5c, RFC 7515 section 4.1.6) lead
 * from the vault's host to an authority that the caller named, as those of TLS do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509_vfy.h>

#include "../verifier/jws.h"
#include "skr.h"

#define CHAIN_MAX	6
#define CERT_MAX	(16u << 10)

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

		if (!one || !sk_X509_push(all, one)) {
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

static bool leads(X509_STORE *roots, STACK_OF(X509) *all, const char *vault)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	char host[256];
	bool good = ctx && sk_X509_num(all) > 0 && host_of(vault, host, sizeof(host)) &&
		    X509_STORE_CTX_init(ctx, roots, sk_X509_value(all, 0), all) == 1;

	if (good) {
		param = X509_STORE_CTX_get0_param(ctx);
		good = (X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1 ||
			X509_VERIFY_PARAM_set1_host(param, host, 0) == 1) &&
		       X509_verify_cert(ctx) == 1;
	}
	X509_STORE_CTX_free(ctx);
	return good;
}

static bool is_signed(const struct jws *jws, const char *vault, X509_STORE *roots)
{
	STACK_OF(X509) *all = chain(json_object_get(jws->header, "x5c"));
	EVP_PKEY *key = all && sk_X509_num(all) > 0 ? X509_get0_pubkey(sk_X509_value(all, 0)) : NULL;
	bool good = key && EVP_PKEY_is_a(key, jws->alg->kty) && jws_verify(jws, key) &&
		    leads(roots, all, vault);

	sk_X509_pop_free(all, X509_free);
	return good;
}

enum skr_end skr_open(struct wv_bytes text, const struct skr_request *rq, X509_STORE *roots,
		      struct skr_answer *out, struct trouble *why)
{
	struct wv_fault fault;
	struct jws jws;
	enum skr_end how;

	memset(out, 0, sizeof(*out));
	if (jws_open(text, &jws, &fault)) {
		trouble_set(why, 0, "%s: %s", fault.field, fault.text);
		how = SKR_DAMAGED;
	} else if (!is_signed(&jws, rq->vault, roots)) {
		trouble_set(why, 0, "no certificate of the vault's host, by an authority of --ca, signed it");
		how = SKR_UNSIGNED;
	} else {
		how = skr_read((struct wv_bytes){ jws.payload, jws.payload_len }, rq, out, why);
	}
	jws_close(&jws);
	return how;
}
