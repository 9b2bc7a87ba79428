// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <jose/b64.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "hex.h"
#include "kbs_private.h"
#include "libward.h"

#define BUNDLE_MAX	(1u << 20)
#define PAYLOAD_MAX	1024

struct ward_kbs {
	struct kbs_http *http;
	json_t *key;		/* ephemeral, private half and all */
	char *token;
	struct kbs_reply reply;
};

/**
 * struct challenge - what /auth answered
 * @text: the nonce as it came, to be repeated
 */
struct challenge {
	char text[4 * ((WARD_KBS_NONCE_MAX + 2) / 3) + 1];
	uint8_t nonce[WARD_KBS_NONCE_MAX];
	size_t len;
};

int ward_kbs_new(const char *url, const char *cafile, struct ward_kbs **out)
{
	struct ward_kbs *kbs;
	int rc;

	if (access(cafile, R_OK))
		return -errno;
	kbs = calloc(1, sizeof(*kbs));
	if (!kbs)
		return -ENOMEM;
	rc = kbs_http_new(url, cafile, &kbs->http);
	if (rc)
		free(kbs);
	else
		*out = kbs;
	return rc;
}

static void forget(struct ward_kbs *kbs)
{
	kbs_http_forget(kbs->http);
	json_decref(kbs->key);
	kbs->key = NULL;
	if (kbs->token)
		OPENSSL_cleanse(kbs->token, strlen(kbs->token));
	free(kbs->token);
	kbs->token = NULL;
}

void ward_kbs_free(struct ward_kbs *kbs)
{
	if (!kbs)
		return;
	forget(kbs);
	kbs_http_free(kbs->http);
	OPENSSL_cleanse(kbs, sizeof(*kbs));
	free(kbs);
}

const char *ward_kbs_token(const struct ward_kbs *kbs)
{
	return kbs->token;
}

static int no_memory(struct ward_kbs_error *err)
{
	return kbs_fail(err, -ENOMEM, 0, "", "no memory");
}

/* The answer as JSON; NULL = it is none, *err says so. */
static json_t *reply_json(struct ward_kbs *kbs, struct ward_kbs_error *err)
{
	json_error_t je;
	json_t *body = json_loadb(kbs->reply.data, kbs->reply.len, JSON_REJECT_DUPLICATES, &je);

	if (!body)
		kbs_fail(err, -EBADMSG, kbs->reply.status, "",
			 "the broker's answer: line %d, column %d: %s", je.line, je.column,
			 je.text);
	return body;
}

/* Base64 with padding, 8 to WARD_KBS_NONCE_MAX bytes. */
static int take_nonce(const char *text, struct challenge *c)
{
	unsigned char raw[WARD_KBS_NONCE_MAX + 3];
	size_t len = strlen(text), pad = 0;
	int n;

	if (!len || len % 4 || len >= sizeof(c->text))
		return -1;
	while (pad < 2 && text[len - 1 - pad] == '=')
		pad++;
	n = EVP_DecodeBlock(raw, (const unsigned char *)text, (int)len);
	if (n < 0 || (size_t)n - pad < 8 || (size_t)n - pad > WARD_KBS_NONCE_MAX)
		return -1;
	c->len = (size_t)n - pad;
	memcpy(c->nonce, raw, c->len);
	memcpy(c->text, text, len + 1);
	return 0;
}

static int ask(struct ward_kbs *kbs, struct challenge *c, struct ward_kbs_error *err)
{
	const char *nonce;
	json_error_t je;
	json_t *body;
	int rc;

	rc = kbs_http_call(kbs->http, "auth",
			   "{\"version\":\"0.4.0\",\"tee\":\"ward\",\"extra-params\":{}}",
			   &kbs->reply, err);
	if (rc)
		return rc;
	body = reply_json(kbs, err);
	if (!body)
		return -EBADMSG;
	if (json_unpack_ex(body, &je, 0, "{s:s}", "nonce", &nonce))
		rc = kbs_fail(err, -EBADMSG, 200, "", "the broker's challenge: %s", je.text);
	else if (take_nonce(nonce, c))
		rc = kbs_fail(err, -EBADMSG, 200, "",
			      "the broker's challenge: nonce is not base64 of 8 to %d bytes",
			      WARD_KBS_NONCE_MAX);
	json_decref(body);
	return rc;
}

/* The body of /attest, to be freed; takes over @public. */
static char *compose(const struct challenge *c, json_t *public, const uint8_t *bundle, size_t len)
{
	json_t *body = json_pack("{s:{s:s, s:o}, s:{s:{s:o}, s:s}}", "runtime-data", "nonce",
				 c->text, "tee-pubkey", public, "tee-evidence",
				 "primary_evidence", "bundle", jose_b64_enc(bundle, len),
				 "additional_evidence", "{}");
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

	json_decref(body);
	return text;
}

static int collect(struct ward_kbs *kbs, const struct challenge *c, ward_kbs_evidence_fn evidence,
		   void *arg, char **body, struct ward_kbs_error *err)
{
	uint8_t thumbprint[32], binding[WARD_KBS_BINDING_LEN], *bundle = NULL;
	json_t *public;
	size_t len = 0;
	int rc;

	kbs->key = kbs_key_new();
	public = kbs->key ? kbs_key_public(kbs->key, thumbprint) : NULL;
	if (!public || ward_binding_release(c->nonce, c->len, thumbprint, binding)) {
		json_decref(public);
		return kbs_fail(err, -EIO, 0, "", "can't make an ephemeral key");
	}
	rc = evidence(c->nonce, c->len, binding, &bundle, &len, arg);
	if (!rc && (!len || len > BUNDLE_MAX))
		rc = -EMSGSIZE;
	if (rc) {
		json_decref(public);
		free(bundle);
		return kbs_fail(err, rc, 0, "", "no evidence: %s", ward_strerror(rc));
	}
	*body = compose(c, public, bundle, len);
	free(bundle);
	return *body ? 0 : no_memory(err);
}

static int answer(struct ward_kbs *kbs, const char *body, struct ward_kbs_error *err)
{
	const char *token;
	json_error_t je;
	json_t *reply;
	int rc = kbs_http_call(kbs->http, "attest", body, &kbs->reply, err);

	if (rc)
		return rc;
	reply = reply_json(kbs, err);
	if (!reply)
		return -EBADMSG;
	if (json_unpack_ex(reply, &je, 0, "{s:s}", "token", &token)) {
		rc = kbs_fail(err, -EBADMSG, 200, "", "the broker's answer: %s", je.text);
	} else {
		kbs->token = strdup(token);
		rc = kbs->token ? 0 : no_memory(err);
	}
	json_decref(reply);
	OPENSSL_cleanse(&kbs->reply, sizeof(kbs->reply));
	return rc;
}

int ward_kbs_attest(struct ward_kbs *kbs, ward_kbs_evidence_fn evidence, void *arg,
		    struct ward_kbs_error *err)
{
	struct challenge c;
	char *body = NULL;
	int rc;

	forget(kbs);
	rc = ask(kbs, &c, err);
	if (!rc)
		rc = collect(kbs, &c, evidence, arg, &body, err);
	if (!rc)
		rc = answer(kbs, body, err);
	free(body);
	if (rc)
		forget(kbs);
	return rc;
}

static int good_resource(const char *path)
{
	int slashes = 0;

	for (const char *p = path; *p; p++) {
		if (*p == '/' && (p == path || p[1] == '/' || !p[1]))
			return 0;
		slashes += *p == '/';
		if (*p != '/' && !strchr(JOSE_B64_MAP ".", *p))
			return 0;
	}
	return slashes == 2 && strlen(path) < 200 && !strstr(path, "..");
}

/* The key is decoded into *out and its text wiped where it lies. */
static int take_release(json_t *body, struct ward_kbs_release *out, struct ward_kbs_error *err)
{
	const char *key = NULL, *dataset, *release, *nonce;
	json_int_t version;
	json_error_t je;
	int bad;

	if (json_unpack_ex(body, &je, 0, "{s:I, s:s, s:s, s:s, s:s !}", "version", &version, "key",
			   &key, "dataset", &dataset, "release", &release, "receipt_nonce",
			   &nonce) || version != 1)
		bad = 1;
	else
		bad = jose_b64_dec_buf(key, strlen(key), out->key, sizeof(out->key)) !=
		      sizeof(out->key) || !hex_decode_lower(dataset, out->dataset, sizeof(out->dataset)) ||
		      !hex_decode_lower(release, out->release, sizeof(out->release)) ||
		      !hex_decode_lower(nonce, out->receipt_nonce, sizeof(out->receipt_nonce));
	if (key)
		OPENSSL_cleanse((char *)key, strlen(key));
	if (bad)
		return kbs_fail(err, -EBADMSG, 200, "",
				"the released resource is not what doc/formats.md describes");
	return 0;
}

static int open_release(struct ward_kbs *kbs, struct ward_kbs_release *out,
			struct ward_kbs_error *err)
{
	char payload[PAYLOAD_MAX];
	json_t *jwe = reply_json(kbs, err), *body;
	ssize_t n;
	int rc;

	if (!jwe)
		return -EBADMSG;
	n = kbs_key_unwrap(kbs->key, jwe, payload, sizeof(payload));
	json_decref(jwe);
	if (n < 0)
		return kbs_fail(err, (int)n, 200, "",
				"the released key can't be unwrapped: not for us, or changed");
	body = json_loadb(payload, (size_t)n, JSON_REJECT_DUPLICATES, NULL);
	OPENSSL_cleanse(payload, sizeof(payload));
	rc = body ? take_release(body, out, err) :
	     kbs_fail(err, -EBADMSG, 200, "", "the released resource is not JSON");
	json_decref(body);
	return rc;
}

int ward_kbs_get(struct ward_kbs *kbs, const char *resource, struct ward_kbs_release *out,
		 struct ward_kbs_error *err)
{
	char path[256] = "resource/";
	int rc;

	if (!kbs->key)
		return kbs_fail(err, -EINVAL, 0, "", "attest first");
	if (!good_resource(resource))
		return kbs_fail(err, -EINVAL, 0, "", "'%.64s' is not repository/type/tag",
				resource);
	strcat(path, resource);
	rc = kbs_http_call(kbs->http, path, NULL, &kbs->reply, err);
	if (!rc)
		rc = open_release(kbs, out, err);
	if (rc)
		OPENSSL_cleanse(out, sizeof(*out));
	return rc;
}
