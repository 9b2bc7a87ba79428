// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jose/b64.h>
#include <jose/jwk.h>
#include <jose/openssl.h>

#include "attested_json.h"
#include "b64.h"
#include "es256.h"
#include "libward.h"
#include "shared.h"
#include "text.h"
#include "token.h"
#include "wardverify_ear.h"

#ifndef WARD_VERSION
#define WARD_VERSION "0.1.0"
#endif

/* A private claim: which named policies accept the evidence. */
#define POLICIES "ward-policies"

/**
 * struct token_key - @private: as the brokers of a database share it
 * @key: the same; @head: of every token that it signs, base64url
 */
struct token_key {
	json_t *private;
	EVP_PKEY *key;
	char *head;
};

/* {"alg":"ES256","typ":"JWT","jwk":its public half} */
static char *make_head(const json_t *private)
{
	json_t *public = json_deep_copy(private), *head = NULL, *text = NULL;
	char *out = NULL;

	if (public && jose_jwk_pub(NULL, public))
		head = json_pack("{s:s, s:s, s:O}", "alg", "ES256", "typ", "JWT", "jwk", public);
	if (head)
		text = jose_b64_enc_dump(head);
	if (text)
		out = strdup(json_string_value(text));
	json_decref(text);
	json_decref(head);
	json_decref(public);
	return out;
}

/* Takes the private key over, also when it fails. */
static struct token_key *with_private(json_t *private)
{
	struct token_key *key = calloc(1, sizeof(*key));

	if (!key) {
		json_decref(private);
		return NULL;
	}
	key->private = private;
	key->key = jose_openssl_jwk_to_EVP_PKEY(NULL, private);
	key->head = make_head(private);
	if (key->key && key->head)
		return key;
	token_key_free(key);
	return NULL;
}

struct token_key *token_key_new(void)
{
	json_t *private = json_pack("{s:s}", "alg", "ES256");

	if (private && jose_jwk_gen(NULL, private))
		return with_private(private);
	json_decref(private);
	return NULL;
}

int token_key_open(struct db *db, struct token_key **out, struct db_fault *fault)
{
	struct token_key *offer = token_key_new();
	char *text = offer ? json_dumps(offer->private, JSON_COMPACT) : NULL;
	uint8_t jwk[SHARED_MAX];
	json_t *private;
	int rc = -ENOMEM;

	*fault = (struct db_fault){ "token: no memory or no random numbers" };
	if (text)
		rc = shared_secret(db, SHARED_TOKEN_KEY, text, strlen(text), jwk, fault);
	ward_wiping_free(text);
	token_key_free(offer);
	if (rc < 0)
		return rc;
	private = json_loadb((char *)jwk, (size_t)rc, 0, NULL);
	explicit_bzero(jwk, sizeof(jwk));
	*out = private ? with_private(private) : NULL;
	return *out ? 0 : -EBADMSG;
}

void token_key_free(struct token_key *key)
{
	if (!key)
		return;
	json_decref(key->private);
	EVP_PKEY_free(key->key);
	free(key->head);
	free(key);
}

/* @object with one member more; both are JSON, as they are written here and by libwardverify. */
static char *with_member(const char *object, const char *name, const char *value)
{
	size_t len = strlen(object);
	char *out;

	if (len < 3 || object[len - 1] != '}' ||
	    asprintf(&out, "%.*s,\"%s\":%s}", (int)len - 1, object, name, value) < 0)
		return NULL;
	return out;
}

/* What the appraisal said, as libwardverify puts it, with the key that it is bound to. */
static char *claims(const struct token_facts *facts)
{
	struct wv_ear ear = {
		.verdict = facts->verdict,
		.policy = facts->policy,
		.issued_at = facts->now,
		.expires_at = facts->now + facts->lifetime,
		.developer = "ward",
		.build = "ward-broker " WARD_VERSION,
	};
	json_t *met = attested_policies_write(facts->who);
	char *list = met ? json_dumps(met, JSON_COMPACT) : NULL;
	char *runtime, *text = NULL, *out = NULL;

	if (list && asprintf(&runtime, "{\"tee-pubkey\":%s}", facts->who->tee_pubkey) >= 0) {
		ear.runtime_data = runtime;
		text = wv_ear_json(&ear);
		free(runtime);
	}
	if (text)
		out = with_member(text, POLICIES, list);
	free(text);
	free(list);
	json_decref(met);
	return out;
}

/* "HEAD.BODY" */
static char *unsigned_token(const struct token_key *key, const char *body)
{
	size_t head = strlen(key->head), len = strlen(body);
	char *out = malloc(head + 1 + B64_TEXT_LEN(len));

	if (!out)
		return NULL;
	memcpy(out, key->head, head);
	out[head] = '.';
	b64url_encode((const uint8_t *)body, len, out + head + 1);
	return out;
}

char *token_issue(const struct token_key *key, const struct token_facts *facts)
{
	char *text = claims(facts);
	char *token = text ? unsigned_token(key, text) : NULL, *out = NULL;
	char tag[B64_TEXT_LEN(ES256_LEN)];
	uint8_t signature[ES256_LEN];

	if (token && !es256_sign(key->key, token, strlen(token), signature)) {
		b64url_encode(signature, sizeof(signature), tag);
		if (asprintf(&out, "%s.%s", token, tag) < 0)
			out = NULL;
	}
	free(token);
	free(text);
	return out;
}

/** struct parts - of a token: where its three texts lie, and how long they are */
struct parts {
	const char *head, *body, *tag;
	size_t head_len, body_len, tag_len;
};

/* "a.b.c": three parts of base64url. */
static int split(const char *token, struct parts *p)
{
	const char *first = strchr(token, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;

	if (!second || strlen(token) > TOKEN_MAX || strchr(second + 1, '.'))
		return -1;
	*p = (struct parts){ token, first + 1, second + 1, (size_t)(first - token),
			     (size_t)(second - first - 1), strlen(second + 1) };
	return 0;
}

static json_t *decode(const char *text, size_t len)
{
	uint8_t raw[B64_DATA_LEN(TOKEN_MAX)];
	size_t n;

	return b64url_decode(text, len, raw, &n) ?
	       json_loadb((const char *)raw, n, JSON_REJECT_DUPLICATES, NULL) : NULL;
}

/* The header must name the algorithm that our key is for; jwk in it is not read. */
static int is_es256(const struct parts *p)
{
	json_t *head = decode(p->head, p->head_len);
	const char *alg = json_string_value(json_object_get(head, "alg"));
	int good = alg && !strcmp(alg, "ES256");

	json_decref(head);
	return good;
}

static int is_ours(const struct token_key *key, const struct parts *p)
{
	uint8_t signature[B64_DATA_LEN(B64_TEXT_LEN(ES256_LEN))];
	size_t n;

	return p->tag_len == B64_TEXT_LEN(ES256_LEN) - 1 &&
	       b64url_decode(p->tag, p->tag_len, signature, &n) && n == ES256_LEN &&
	       es256_verify(key->key, p->head, p->head_len + 1 + p->body_len, signature);
}

static int unpack(json_t *body, int64_t *expires, struct attested *who)
{
	const char *session, *instance, *measurement, *evidence;
	json_int_t exp, uid;
	json_t *jwk;
	char *text;

	if (json_unpack(body, "{s:I, s:{s:{s:{s:{s:o}, s:s, s:s, s:I, s:s, s:s, s:b, s:b}}}}",
			"exp", &exp, "submods", "cpu0", "ear.veraison.annotated-evidence",
			"runtime_data_claims", "tee-pubkey", &jwk, "session", &session, "instance",
			&instance, "uid", &uid, "measurement", &measurement, "evidence_sha256",
			&evidence, "measured", &who->measured, "simulated", &who->simulated))
		return -1;
	if (attested_policies_read(json_object_get(body, POLICIES), who))
		return -1;
	text = json_dumps(jwk, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text || strlen(text) >= sizeof(who->tee_pubkey)) {
		free(text);
		return -1;
	}
	strcpy(who->tee_pubkey, text);
	free(text);
	*expires = exp;
	who->uid = (uint32_t)uid;
	return text_unhex(session, who->session, sizeof(who->session)) |
	       text_unhex(instance, who->instance, sizeof(who->instance)) |
	       text_unhex(measurement, who->measurement, sizeof(who->measurement)) |
	       text_unhex(evidence, who->evidence, sizeof(who->evidence));
}

enum token_result token_check(const struct token_key *key, const char *token, int64_t now,
			      struct attested *who)
{
	enum token_result result = TOKEN_INVALID;
	struct parts parts;
	int64_t expires;
	json_t *body;

	memset(who, 0, sizeof(*who));
	if (split(token, &parts) || !is_es256(&parts) || !is_ours(key, &parts))
		return TOKEN_INVALID;
	body = decode(parts.body, parts.body_len);
	if (body && !unpack(body, &expires, who))
		result = now < expires ? TOKEN_OK : TOKEN_EXPIRED;
	json_decref(body);
	return result;
}
