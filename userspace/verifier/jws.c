// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "b64.h"
#include "ecdsa.h"
#include "fault.h"
#include "json_read.h"
#include "jws.h"

/* No "none", and nothing symmetric: a public key must never serve as a secret. */
static const struct jws_alg algs[] = {
	{ "RS256", "RSA", NULL, "SHA256", false, 0 },
	{ "PS256", "RSA", NULL, "SHA256", true, 0 },
	{ "PS384", "RSA", NULL, "SHA384", true, 0 },
	{ "ES256", "EC", "P-256", "SHA256", false, 32 },
	{ "ES384", "EC", "P-384", "SHA384", false, 48 },
};

/* Before jansson, which follows 2048 levels: by brackets outside of texts. */
static bool too_deep(struct wv_bytes text)
{
	bool quoted = false;
	int depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']'))
			depth--;
		if (depth > JWS_DEPTH_MAX)
			return true;
	}
	return false;
}

int jws_json(struct wv_bytes text, int reason, const char *field, json_t **out,
	     struct wv_fault *fault)
{
	json_error_t err;

	*out = NULL;
	if (too_deep(text))
		return fault_set(fault, reason, field, -1, "more than %d levels", JWS_DEPTH_MAX);
	*out = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &err);
	if (json_is_object(*out))
		return WV_OK;
	if (!*out && json_lacked_memory(&err))
		return fault_set(fault, WV_NO_MEMORY, field, -1, "no memory");
	fault_set(fault, reason, field, *out ? -1 : err.position, "%s",
		  *out ? "it is not a JSON object" : err.text);
	json_decref(*out);
	*out = NULL;
	return reason;
}

/* A part up to the next dot, or up to the end for the last. */
static bool next_part(struct wv_bytes *rest, bool last, struct wv_bytes *out)
{
	const uint8_t *dot = rest->len ? memchr(rest->data, '.', rest->len) : NULL;

	if (!dot != last)
		return false;
	*out = (struct wv_bytes){ rest->data, last ? rest->len : (size_t)(dot - rest->data) };
	rest->data += out->len + !last;
	rest->len -= out->len + !last;
	return true;
}

static int decode(struct wv_bytes part, const char *field, uint8_t **out, size_t *len,
		  struct wv_fault *fault)
{
	*out = malloc(B64_DATA_LEN(part.len));
	if (!*out)
		return fault_set(fault, WV_NO_MEMORY, field, -1, "no memory");
	if (part.len && b64url_decode((const char *)part.data, part.len, *out, len))
		return WV_OK;
	free(*out);
	*out = NULL;
	return fault_set(fault, WV_JWT_DAMAGED, field, -1, "it is not base64url without padding");
}

static int read_alg(struct jws *jws, struct wv_fault *fault)
{
	const char *name = json_string_value(json_object_get(jws->header, "alg"));

	for (size_t i = 0; name && i < sizeof(algs) / sizeof(algs[0]); i++)
		if (!strcmp(algs[i].name, name))
			jws->alg = &algs[i];
	if (jws->alg)
		return WV_OK;
	return fault_set(fault, WV_JWT_ALGORITHM_REFUSED, "header.alg", -1,
			 "'%.20s' is none of RS256, PS256, PS384, ES256, ES384", name ? name : "");
}

static int read_header(struct jws *jws, struct wv_fault *fault)
{
	const json_t *typ = json_object_get(jws->header, "typ");
	const json_t *kid = json_object_get(jws->header, "kid");
	static const char changing[][5] = { "crit", "b64", "zip", "enc", "cty" };

	for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]); i++)
		if (json_object_get(jws->header, changing[i]))
			return fault_set(fault, WV_JWT_UNSUPPORTED, "header", -1,
					 "'%s' asks for what is not done here", changing[i]);
	if (typ && (!json_is_string(typ) || strcasecmp(json_string_value(typ), "JWT")))
		return fault_set(fault, WV_JWT_UNSUPPORTED, "header.typ", -1, "it is not JWT");
	if (kid && (!json_is_string(kid) || json_string_length(kid) >= 128))
		return fault_set(fault, WV_JWT_DAMAGED, "header.kid", -1,
				 "text of less than 128 bytes is expected");
	jws->kid = json_string_value(kid);
	return read_alg(jws, fault);
}

static int take_parts(struct jws *jws, const struct wv_bytes part[3], struct wv_fault *fault)
{
	uint8_t *head = NULL, *tag = NULL;
	size_t len = 0;
	int rc;

	rc = decode(part[0], "header", &head, &len, fault);
	if (!rc)
		rc = jws_json((struct wv_bytes){ head, len }, WV_JWT_DAMAGED, "header",
			      &jws->header, fault);
	if (!rc)
		rc = read_header(jws, fault) ?:
		     decode(part[1], "payload", &jws->payload, &jws->payload_len, fault) ?:
		     decode(part[2], "signature", &tag, &jws->tag_len, fault);
	if (!rc && jws->tag_len > sizeof(jws->tag))
		rc = fault_set(fault, WV_JWT_DAMAGED, "signature", -1, "%zu bytes", jws->tag_len);
	if (!rc)
		memcpy(jws->tag, tag, jws->tag_len);
	free(head);
	free(tag);
	return rc;
}

int jws_open(struct wv_bytes token, struct jws *out, struct wv_fault *fault)
{
	struct wv_bytes part[3], rest = token;

	memset(out, 0, sizeof(*out));
	if (!token.len || token.len > WV_TOKEN_MAX)
		return fault_set(fault, WV_JWT_DAMAGED, "token", -1,
				 "%zu bytes; 1 to %u are expected", token.len, WV_TOKEN_MAX);
	if (!next_part(&rest, false, &part[0]) || !next_part(&rest, false, &part[1]) ||
	    !next_part(&rest, true, &part[2]))
		return fault_set(fault, WV_JWT_DAMAGED, "token", -1,
				 "three parts with dots between are expected");
	out->input = (struct wv_bytes){ token.data, part[0].len + 1 + part[1].len };
	return take_parts(out, part, fault);
}

void jws_close(struct jws *jws)
{
	json_decref(jws->header);
	free(jws->payload);
	memset(jws, 0, sizeof(*jws));
}

/* r and s side by side, as long as the curve says, to what OpenSSL reads. */
static bool tag_der(const struct jws *jws, uint8_t **out, size_t *len)
{
	int half = (int)jws->alg->len;
	int n = ecdsa_der(BN_bin2bn(jws->tag, half, NULL), BN_bin2bn(jws->tag + half, half, NULL),
			  out);

	*len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static bool set_padding(EVP_PKEY_CTX *ctx, const struct jws_alg *alg)
{
	if (alg->crv)
		return true;
	if (!alg->pss)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

bool jws_verify(const struct jws *jws, EVP_PKEY *key)
{
	uint8_t *der = NULL;
	struct wv_bytes sig = { jws->tag, jws->tag_len };
	EVP_PKEY_CTX *pctx;
	EVP_MD_CTX *ctx;
	bool good;

	if (jws->alg->crv) {
		if (jws->tag_len != 2 * jws->alg->len || !tag_der(jws, &der, &sig.len))
			return false;
		sig.data = der;
	}
	ctx = EVP_MD_CTX_new();
	good = ctx && EVP_DigestVerifyInit_ex(ctx, &pctx, jws->alg->digest, NULL, NULL, key,
					      NULL) == 1 &&
	       set_padding(pctx, jws->alg) &&
	       EVP_DigestVerify(ctx, sig.data, sig.len, jws->input.data, jws->input.len) == 1;
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(der);
	return good;
}
