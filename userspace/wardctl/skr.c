// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "../verifier/jws.h"
#include "skr.h"

#define KEK_LEN		32
#define KEY_HSM_MAX	(32u << 10)

static enum skr_end end(struct trouble *why, enum skr_end how, const char *what)
{
	trouble_set(why, 0, "%s", what);
	return how;
}

bool skr_scheme(const char *enc, enum maa_scheme *out)
{
	static const struct { const char *name; enum maa_scheme scheme; } all[] = {
		{ "CKM_RSA_AES_KEY_WRAP", MAA_OAEP_SHA1 },
		{ "RSA_AES_KEY_WRAP_256", MAA_OAEP_SHA256 },
		{ "RSA_AES_KEY_WRAP_384", MAA_OAEP_SHA384 },
	};

	for (size_t i = 0; enc && i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(enc, all[i].name)) {
			*out = all[i].scheme;
			return true;
		}
	return false;
}

/* ---- the text --------------------------------------------------------------------------- */

static const char *text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static bool same(const char *have, const char *want)
{
	return have && want && !strcmp(have, want);
}

/* VAULT/keys/NAME/VERSION; host names may differ in nothing either. */
static bool is_key(const char *kid, const struct skr_request *rq)
{
	char want[sizeof(((struct skr_answer *)0)->kid)];
	int n = snprintf(want, sizeof(want), "%s/keys/%s/%s", rq->vault, rq->name,
			 rq->version ? rq->version : "");

	if (!kid || n < 0 || (size_t)n >= sizeof(want) || strlen(kid) >= sizeof(want))
		return false;
	return rq->version ? !strcmp(kid, want) :
	       !strncmp(kid, want, (size_t)n) && kid[n] && !strchr(kid + n, '/');
}

static enum skr_end read_request(const json_t *request, const struct skr_request *rq,
				 struct trouble *why)
{
	const json_t *nonce = json_object_get(request, "nonce");

	if (!same(text_of(request, "enc"), rq->enc))
		return end(why, SKR_MISMATCH, "it answers a request for another algorithm");
	if (nonce && !same(json_string_value(nonce), rq->nonce))
		return end(why, SKR_MISMATCH, "it answers a request with another nonce");
	return SKR_OK;
}

static enum skr_end read_wrapped(const char *text, struct skr_answer *out, struct trouble *why)
{
	size_t n = text ? strlen(text) : 0;

	if (n > B64_TEXT_LEN(SKR_WRAPPED_MAX))
		return end(why, SKR_DAMAGED, "a wrapped key of more than 8192 bytes");
	out->wrapped = malloc(B64_DATA_LEN(n));
	if (!n || !out->wrapped || !b64url_decode(text, n, out->wrapped, &out->wrapped_len) ||
	    out->wrapped_len < MAA_KEY_LEN + 16 || out->wrapped_len % 8)
		return end(why, SKR_DAMAGED, "its ciphertext is no key wrapped by RSA and AES");
	return SKR_OK;
}

/* A JSON text in base64url: which algorithm, and the wrapped key. */
static enum skr_end read_hsm(const char *text, const struct skr_request *rq,
			     struct skr_answer *out, struct trouble *why)
{
	size_t n = text ? strlen(text) : 0, len;
	uint8_t *raw = n && n <= KEY_HSM_MAX ? malloc(B64_DATA_LEN(n)) : NULL;
	struct wv_fault fault;
	json_t *o = NULL;
	enum skr_end how;

	if (!raw || !b64url_decode(text, n, raw, &len) ||
	    jws_json((struct wv_bytes){ raw, len }, WV_JWT_DAMAGED, "key_hsm", &o, &fault))
		how = end(why, SKR_DAMAGED, "its key_hsm is not what the protocol has");
	else if (!same(text_of(o, "schema_version"), "1.0") ||
		 !same(text_of(json_object_get(o, "header"), "alg"), "dir"))
		how = end(why, SKR_DAMAGED, "its key_hsm is of a form that is not known");
	else if (!same(text_of(json_object_get(o, "header"), "enc"), rq->enc))
		how = end(why, SKR_MISMATCH, "the key is wrapped by another algorithm");
	else
		how = read_wrapped(text_of(o, "ciphertext"), out, why);
	json_decref(o);
	free(raw);
	return how;
}

static enum skr_end read_key(const json_t *root, const struct skr_request *rq,
			     struct skr_answer *out, struct trouble *why)
{
	const json_t *response = json_object_get(root, "response");
	const json_t *key = json_object_get(json_object_get(response, "key"), "key");
	const char *kid = text_of(key, "kid"), *kty = text_of(key, "kty");

	if (!kid || !kty || !*kty || strlen(kty) >= sizeof(out->kty))
		return end(why, SKR_DAMAGED, "it has no key");
	if (!is_key(kid, rq))
		return end(why, SKR_MISMATCH, "it is of another key");
	strcpy(out->kid, kid);
	strcpy(out->kty, kty);
	return read_hsm(text_of(key, "key_hsm"), rq, out, why);
}

enum skr_end skr_read(struct wv_bytes payload, const struct skr_request *rq,
		      struct skr_answer *out, struct trouble *why)
{
	struct wv_fault fault;
	enum skr_end how;
	json_t *root;

	memset(out, 0, sizeof(*out));
	if (!skr_scheme(rq->enc, &out->scheme) ||
	    jws_json(payload, WV_JWT_DAMAGED, "payload", &root, &fault))
		return end(why, SKR_DAMAGED, "its payload is not what the protocol has");
	how = read_request(json_object_get(root, "request"), rq, why);
	if (how == SKR_OK)
		how = read_key(root, rq, out, why);
	json_decref(root);
	if (how != SKR_OK)
		skr_answer_free(out);
	return how;
}

void skr_answer_free(struct skr_answer *answer)
{
	free(answer->wrapped);
	memset(answer, 0, sizeof(*answer));
}

/* ---- the key ------------------------------------------------------------------------------ */

/* RFC 5649. */
static bool unwrap(const uint8_t *kek, const uint8_t *in, size_t in_len, uint8_t *out, size_t *len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	bool good;

	if (ctx)
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	good = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_wrap_pad(), NULL, kek, NULL) == 1 &&
	       EVP_DecryptUpdate(ctx, out, &n, in, (int)in_len) == 1 && n > 0;
	*len = good ? (size_t)n : 0;
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

enum skr_end skr_unwrap(const struct skr_answer *answer, const struct maa_key *key, uint8_t *out,
			size_t *len, struct trouble *why)
{
	uint8_t kek[64];
	size_t kek_len;
	enum skr_end how = SKR_OK;

	*len = 0;
	if (maa_key_open(key, answer->scheme, answer->wrapped, kek, &kek_len, why))
		how = SKR_NOT_OURS;
	else if (kek_len != KEK_LEN)
		how = end(why, SKR_NOT_OURS, "what wraps the key is no AES-256");
	else if (!unwrap(kek, answer->wrapped + MAA_KEY_LEN, answer->wrapped_len - MAA_KEY_LEN, out,
			 len))
		how = end(why, SKR_NOT_OURS, "the wrapped key was changed, or is damaged");
	OPENSSL_cleanse(kek, sizeof(kek));
	if (how != SKR_OK)
		OPENSSL_cleanse(out, answer->wrapped_len);
	return how;
}
