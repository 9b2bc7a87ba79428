// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
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

#define PAYLOAD_MAX	1024

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

void kbs_forget(struct ward_kbs *kbs)
{
	kbs_http_forget(kbs->http);
	json_decref(kbs->key);
	kbs->key = NULL;
	if (kbs->token)
		OPENSSL_cleanse(kbs->token, strlen(kbs->token));
	free(kbs->token);
	kbs->token = NULL;
	kbs->expires = 0;
}

void ward_kbs_free(struct ward_kbs *kbs)
{
	if (!kbs)
		return;
	kbs_forget(kbs);
	kbs_http_free(kbs->http);
	OPENSSL_cleanse(kbs, sizeof(*kbs));
	free(kbs);
}

void ward_kbs_session_key(struct ward_kbs *kbs, const uint8_t *public_key)
{
	kbs_forget(kbs);
	kbs->to_session = !!public_key;
	if (public_key)
		memcpy(kbs->session_key, public_key, sizeof(kbs->session_key));
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
static int take_nonce(const char *text, struct kbs_challenge *c)
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

/* Which digest the broker wants, where its parameters say so. */
static int take_hash(const json_t *body, struct kbs_challenge *c)
{
	const json_t *params = json_object_get(body, "extra-params");
	const json_t *hash = json_object_get(params, "selected-hash-algorithm");
	const char *word = json_string_value(hash);
	size_t i;

	memset(c->hash, 0, sizeof(c->hash));
	if (!hash)
		return 0;
	if (!word || strlen(word) >= sizeof(c->hash))
		return -1;
	for (i = 0; word[i]; i++)
		c->hash[i] = word[i] >= 'A' && word[i] <= 'Z' ? word[i] | 0x20 : word[i];
	return 0;
}

static int take_challenge(const json_t *body, struct kbs_challenge *c, struct ward_kbs_error *err)
{
	const char *nonce;
	json_error_t je;

	if (json_unpack_ex((json_t *)body, &je, 0, "{s:s}", "nonce", &nonce))
		return kbs_fail(err, -EBADMSG, 200, "", "the broker's challenge: %s", je.text);
	if (take_nonce(nonce, c))
		return kbs_fail(err, -EBADMSG, 200, "",
				"the broker's challenge: nonce is not base64 of 8 to %d bytes",
				WARD_KBS_NONCE_MAX);
	if (take_hash(body, c))
		return kbs_fail(err, -EBADMSG, 200, "",
				"the broker's challenge: its hash algorithm is no word");
	return 0;
}

int kbs_ask(struct ward_kbs *kbs, const char *request, struct kbs_challenge *c,
	    struct ward_kbs_error *err)
{
	json_t *body;
	int rc;

	rc = kbs_http_call(kbs->http, "auth", request, &kbs->reply, err);
	if (rc)
		return rc;
	body = reply_json(kbs, err);
	if (!body)
		return -EBADMSG;
	rc = take_challenge(body, c, err);
	json_decref(body);
	return rc;
}

/* The body of /attest, to be freed; takes over @public. */
static char *compose(const struct kbs_challenge *c, json_t *public, const uint8_t *bundle, size_t len)
{
	json_t *body = json_pack("{s:{s:s, s:o}, s:{s:{s:o}, s:s}}", "runtime-data", "nonce",
				 c->text, "tee-pubkey", public, "tee-evidence",
				 "primary_evidence", "bundle", jose_b64_enc(bundle, len),
				 "additional_evidence", "{}");
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

	json_decref(body);
	return text;
}

/* What the evidence is bound to, and keys are released to. */
static json_t *show_key(struct ward_kbs *kbs, uint8_t thumbprint[32])
{
	if (kbs->to_session)
		return kbs_key_x25519(kbs->session_key, thumbprint);
	kbs->key = kbs_key_new();
	return kbs->key ? kbs_key_public(kbs->key, thumbprint) : NULL;
}

static int collect(struct ward_kbs *kbs, const struct kbs_challenge *c, ward_kbs_evidence_fn evidence,
		   void *arg, char **body, struct ward_kbs_error *err)
{
	uint8_t thumbprint[32], binding[WARD_KBS_BINDING_LEN], *bundle = NULL;
	json_t *public;
	size_t len = 0;
	int rc;

	public = show_key(kbs, thumbprint);
	if (!public || ward_binding_release(c->nonce, c->len, thumbprint, binding)) {
		json_decref(public);
		return kbs_fail(err, -EIO, 0, "", "can't make an ephemeral key");
	}
	rc = evidence(c->nonce, c->len, binding, &bundle, &len, arg);
	if (!rc && (!len || len > KBS_EVIDENCE_MAX))
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

int kbs_answer(struct ward_kbs *kbs, const char *body, struct ward_kbs_error *err)
{
	const char *token;
	json_error_t je;
	json_t *reply;
	int rc;

	rc = kbs_http_call(kbs->http, "attest", body, &kbs->reply, err);
	if (rc)
		return rc;
	reply = reply_json(kbs, err);
	if (!reply)
		return -EBADMSG;
	if (json_unpack_ex(reply, &je, 0, "{s:s}", "token", &token)) {
		rc = kbs_fail(err, -EBADMSG, 200, "", "the broker's answer: %s", je.text);
	} else {
		kbs->token = strdup(token);
		kbs->expires = kbs_token_expires(token);
		rc = kbs->token ? 0 : no_memory(err);
	}
	json_decref(reply);
	OPENSSL_cleanse(&kbs->reply, sizeof(kbs->reply));
	return rc;
}

int ward_kbs_attest(struct ward_kbs *kbs, ward_kbs_evidence_fn evidence, void *arg,
		    struct ward_kbs_error *err)
{
	struct kbs_challenge c;
	char *body = NULL;
	int rc;

	kbs_forget(kbs);
	rc = kbs_ask(kbs, "{\"version\":\"0.4.0\",\"tee\":\"ward\",\"extra-params\":{}}",
		     &c, err);
	if (!rc)
		rc = collect(kbs, &c, evidence, arg, &body, err);
	if (!rc)
		rc = kbs_answer(kbs, body, err);
	free(body);
	if (rc)
		kbs_forget(kbs);
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

/* Returns the plaintext's length, or -errno, told. */
static ssize_t open_jwe(struct ward_kbs *kbs, void *out, size_t cap, struct ward_kbs_error *err)
{
	json_t *jwe = reply_json(kbs, err);
	ssize_t n;

	if (!jwe)
		return -EBADMSG;
	/* of some brokers; for libjose it is no text */
	if (json_is_null(json_object_get(jwe, "aad")))
		json_object_del(jwe, "aad");
	n = kbs_key_unwrap(kbs->key, jwe, out, cap);
	json_decref(jwe);
	if (n < 0)
		return kbs_fail(err, (int)n, 200, "",
				"the released resource can't be unwrapped: not for us, changed, "
				"of another algorithm, or longer than %zu bytes", cap);
	return n;
}

/* Of a resource's path below @path; the reply is the client's. */
static int ask_for(struct ward_kbs *kbs, char path[256], const char *resource, const char *body,
		   struct ward_kbs_error *err)
{
	if (!kbs->token)
		return kbs_fail(err, -EINVAL, 0, "", "attest first");
	if (!good_resource(resource))
		return kbs_fail(err, -EINVAL, 0, "", "'%.64s' is not repository/type/tag",
				resource);
	strcat(path, resource);
	return kbs_http_call(kbs->http, path, body, &kbs->reply, err);
}

static int fetch(struct ward_kbs *kbs, const char *resource, struct ward_kbs_error *err)
{
	char path[256] = "resource/";

	return ask_for(kbs, path, resource, NULL, err);
}

int ward_kbs_counter(struct ward_kbs *kbs, const char *resource, uint64_t at, uint64_t *value,
		     struct ward_kbs_error *err)
{
	char path[256] = "counter/", body[64];
	json_int_t n = -1;
	json_t *reply;
	int rc;

	snprintf(body, sizeof(body), "{\"at\":%" PRIu64 "}", at);
	rc = ask_for(kbs, path, resource, at ? body : NULL, err);
	if (rc)
		return rc;
	reply = reply_json(kbs, err);
	if (!reply)
		return -EBADMSG;
	if (json_unpack(reply, "{s:I !}", "counter", &n) || n < 0)
		rc = kbs_fail(err, -EBADMSG, 200, "", "the broker's answer has no count of versions");
	else
		*value = (uint64_t)n;
	json_decref(reply);
	return rc;
}

static ssize_t fetch_own(struct ward_kbs *kbs, const char *resource, void *out, size_t cap,
			 struct ward_kbs_error *err)
{
	int rc;

	if (kbs->to_session)
		return kbs_fail(err, -EINVAL, 0, "", "keys are released to the session's own key");
	rc = fetch(kbs, resource, err);
	return rc ? rc : open_jwe(kbs, out, cap, err);
}

ssize_t ward_kbs_get_bytes(struct ward_kbs *kbs, const char *resource, void *out, size_t cap,
			   struct ward_kbs_error *err)
{
	ssize_t n = fetch_own(kbs, resource, out, cap, err);

	if (n < 0)
		OPENSSL_cleanse(out, cap);
	return n;
}

int ward_kbs_get(struct ward_kbs *kbs, const char *resource, struct ward_kbs_release *out,
		 struct ward_kbs_error *err)
{
	char payload[PAYLOAD_MAX];
	ssize_t n = fetch_own(kbs, resource, payload, sizeof(payload), err);
	json_t *body;
	int rc;

	if (n < 0) {
		OPENSSL_cleanse(out, sizeof(*out));
		return (int)n;
	}
	body = json_loadb(payload, (size_t)n, JSON_REJECT_DUPLICATES, NULL);
	OPENSSL_cleanse(payload, sizeof(payload));
	rc = body ? take_release(body, out, err) :
	     kbs_fail(err, -EBADMSG, 200, "", "the released resource is not JSON");
	json_decref(body);
	if (rc)
		OPENSSL_cleanse(out, sizeof(*out));
	return rc;
}

static int b64_exactly(const char *text, uint8_t *out, size_t len)
{
	return jose_b64_dec_buf(text, strlen(text), NULL, 0) == len &&
	       jose_b64_dec_buf(text, strlen(text), out, len) == len;
}

static int take_grant(json_t *body, struct ward_kbs_grant *out, struct ward_kbs_error *err)
{
	const char *enc, *sealed, *dataset, *release, *nonce;
	json_int_t version;

	if (json_unpack(body, "{s:I, s:s, s:s, s:s, s:s, s:s !}", "version", &version, "enc", &enc,
			"sealed", &sealed, "dataset", &dataset, "release", &release,
			"receipt_nonce", &nonce) || version != 1 ||
	    !b64_exactly(enc, out->enc, sizeof(out->enc)) ||
	    !b64_exactly(sealed, out->sealed, sizeof(out->sealed)) ||
	    !hex_decode_lower(dataset, out->dataset, sizeof(out->dataset)) ||
	    !hex_decode_lower(release, out->release, sizeof(out->release)) ||
	    !hex_decode_lower(nonce, out->receipt_nonce, sizeof(out->receipt_nonce)))
		return kbs_fail(err, -EBADMSG, 200, "",
				"the released grant is not what doc/formats.md describes");
	return 0;
}

int ward_kbs_get_grant(struct ward_kbs *kbs, const char *resource, struct ward_kbs_grant *out,
		       struct ward_kbs_error *err)
{
	struct ward_kbs_grant got;
	json_t *body;
	int rc;

	if (!kbs->to_session)
		return kbs_fail(err, -EINVAL, 0, "", "keys are released to this client");
	rc = fetch(kbs, resource, err);
	if (rc)
		return rc;
	body = reply_json(kbs, err);
	if (!body)
		return -EBADMSG;
	rc = take_grant(body, &got, err);
	json_decref(body);
	if (!rc)
		*out = got;
	return rc;
}
