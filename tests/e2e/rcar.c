// SPDX-License-Identifier: MIT
/* Key broker protocol 0.4.0 over libcurl. */
#include "rcar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>

#define COORDINATE	48	/* bytes of one on P-384 */
#define ANSWER_MAX	(1u << 20)

struct body {
	char *text;
	size_t len;
};

static size_t receive(char *bytes, size_t size, size_t count, void *arg)
{
	struct body *b = arg;
	size_t len = size * count;
	char *text;

	if (len > ANSWER_MAX - b->len)
		return 0;
	text = realloc(b->text, b->len + len + 1);
	if (!text)
		return 0;
	memcpy(text + b->len, bytes, len);
	b->text = text;
	b->len += len;
	text[b->len] = '\0';
	return len;
}

/* base64url without padding. */
static char *url64(const uint8_t *bytes, size_t len)
{
	char *out = malloc(4 * ((len + 2) / 3) + 1), *at;

	if (!out)
		return NULL;
	EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
	for (at = out; *at && *at != '='; at++)
		*at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
	*at = '\0';
	return out;
}

/* Either alphabet, with or without padding. Return: bytes, 0 = damaged. */
static size_t unbase64(const char *text, uint8_t *out, size_t room)
{
	size_t len = strcspn(text, "="), i;
	unsigned char padded[128], raw[96];

	if (len > 100 || len * 3 / 4 > room)
		return 0;
	memset(padded, '=', sizeof(padded));
	for (i = 0; i < len; i++)
		padded[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : (unsigned char)text[i];
	if (EVP_DecodeBlock(raw, padded, (int)((len + 3) / 4 * 4)) < 0)
		return 0;
	memcpy(out, raw, len * 3 / 4);
	return len * 3 / 4;
}

static char *coordinate(EVP_PKEY *key, const char *name)
{
	uint8_t bytes[COORDINATE];
	BIGNUM *n = NULL;
	char *out = NULL;

	if (EVP_PKEY_get_bn_param(key, name, &n) == 1 &&
	    BN_bn2binpad(n, bytes, COORDINATE) == COORDINATE)
		out = url64(bytes, COORDINATE);
	BN_free(n);
	return out;
}

static int make_key(struct rcar *r)
{
	char *x = NULL, *y = NULL;

	r->key = EVP_EC_gen("P-384");
	if (r->key) {
		x = coordinate(r->key, OSSL_PKEY_PARAM_EC_PUB_X);
		y = coordinate(r->key, OSSL_PKEY_PARAM_EC_PUB_Y);
	}
	if (x && y)
		r->jwk = json_pack("{s:s,s:s,s:s,s:s}", "crv", "P-384", "kty", "EC",
				   "x", x, "y", y);
	free(x);
	free(y);
	return r->jwk ? 0 : -1;
}

/* Return: 0 when an answer came. */
static int transfer(struct rcar *r, const char *path, char *request)
{
	struct curl_slist *type = curl_slist_append(NULL, "Content-Type: application/json");
	struct body body = { 0 };
	char url[512];
	CURLcode rc;

	snprintf(url, sizeof(url), "%s/kbs/v0/%s", r->url, path);
	curl_easy_setopt(r->curl, CURLOPT_URL, url);
	curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, type);
	curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, &body);
	if (request)
		curl_easy_setopt(r->curl, CURLOPT_POSTFIELDS, request);
	else
		curl_easy_setopt(r->curl, CURLOPT_HTTPGET, 1L);
	rc = curl_easy_perform(r->curl);
	if (rc != CURLE_OK)
		fprintf(stderr, "%s: %s\n", url, curl_easy_strerror(rc));
	r->status = 0;
	curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &r->status);
	json_decref(r->answer);
	r->answer = body.text ? json_loads(body.text, 0, NULL) : NULL;
	free(body.text);
	free(request);
	curl_slist_free_all(type);
	return rc == CURLE_OK ? 0 : -1;
}

int rcar_open(struct rcar *r, const char *url, const char *ca)
{
	json_t *request = json_pack("{s:s,s:s,s:s}", "version", "0.4.0", "tee", "ward",
				    "extra-params", "");
	const char *nonce;
	int rc;

	*r = (struct rcar){ .url = url, .curl = curl_easy_init() };
	if (!r->curl || make_key(r)) {
		json_decref(request);
		return -1;
	}
	curl_easy_setopt(r->curl, CURLOPT_CAINFO, ca);
	curl_easy_setopt(r->curl, CURLOPT_COOKIEFILE, "");
	curl_easy_setopt(r->curl, CURLOPT_TIMEOUT, 60L);
	curl_easy_setopt(r->curl, CURLOPT_NOSIGNAL, 1L);
	rc = transfer(r, "auth", json_dumps(request, JSON_COMPACT));
	json_decref(request);
	nonce = json_string_value(json_object_get(r->answer, "nonce"));
	if (rc || !nonce)
		return -1;
	r->nonce_text = strdup(nonce);
	r->nonce_len = unbase64(nonce, r->nonce, sizeof(r->nonce));
	return r->nonce_text && r->nonce_len ? 0 : -1;
}

int rcar_show(struct rcar *r, const uint8_t *key)
{
	char *x = url64(key, 32);

	json_decref(r->jwk);
	r->jwk = x ? json_pack("{s:s,s:s,s:s}", "crv", "X25519", "kty", "OKP", "x", x) : NULL;
	free(x);
	return r->jwk ? 0 : -1;
}

int rcar_thumbprint(const struct rcar *r, uint8_t *out)
{
	char *text = json_dumps(r->jwk, JSON_COMPACT | JSON_SORT_KEYS);
	int rc = -1;

	if (text && EVP_Digest(text, strlen(text), out, NULL, EVP_sha256(), NULL) == 1)
		rc = 0;
	free(text);
	return rc;
}

int rcar_attest(struct rcar *r, const char *nonce, json_t *jwk, const uint8_t *bundle,
		size_t len)
{
	char *text = url64(bundle, len);
	json_t *key = json_deep_copy(jwk), *request;
	int rc;

	json_object_set_new(key, "alg", json_string("ECDH-ES+A256KW"));
	request = json_pack("{s:{s:s,s:o},s:{s:{s:s},s:s}}", "runtime-data", "nonce", nonce,
			    "tee-pubkey", key, "tee-evidence", "primary_evidence", "bundle",
			    text, "additional_evidence", "{}");
	free(text);
	if (!request)
		return -1;
	rc = transfer(r, "attest", json_dumps(request, JSON_COMPACT));
	json_decref(request);
	return rc;
}

int rcar_resource(struct rcar *r, const char *path)
{
	char where[256];

	snprintf(where, sizeof(where), "resource/%s", path);
	return transfer(r, where, NULL);
}

void rcar_close(struct rcar *r)
{
	curl_easy_cleanup(r->curl);
	EVP_PKEY_free(r->key);
	json_decref(r->jwk);
	json_decref(r->answer);
	free(r->nonce_text);
	*r = (struct rcar){ 0 };
}
