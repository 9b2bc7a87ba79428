// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jose/b64.h>
#include <jose/jwk.h>
#include <jose/jws.h>

#include "text.h"
#include "token.h"

#define EAR_PROFILE	"tag:github.com,2023:veraison/ear"
#define EAR_AFFIRMING	2
#define EAR_WARNING	32

struct token_key {
	json_t *private;
	json_t *public;
};

struct token_key *token_key_new(void)
{
	struct token_key *key = calloc(1, sizeof(*key));

	if (!key)
		return NULL;
	key->private = json_pack("{s:s}", "alg", "ES256");
	if (!key->private || !jose_jwk_gen(NULL, key->private))
		goto fail;
	key->public = json_deep_copy(key->private);
	if (!key->public || !jose_jwk_pub(NULL, key->public))
		goto fail;
	return key;
fail:
	token_key_free(key);
	return NULL;
}

void token_key_free(struct token_key *key)
{
	if (!key)
		return;
	json_decref(key->private);
	json_decref(key->public);
	free(key);
}

static json_t *hex(const uint8_t *data, size_t len)
{
	char text[2 * 48 + 1];

	text_hex(data, len, text);
	return json_string(text);
}

/* An appraisal of one submodule; affirming only where hardware stands behind it. */
static json_t *submodule(const struct attested *who)
{
	int status = who->simulated || !who->measured ? EAR_WARNING : EAR_AFFIRMING;

	return json_pack("{s:i, s:{s:i, s:i, s:i}, s:{s:{s:o}, s:o, s:o, s:I, s:o, s:o, s:b, s:b}}",
			 "ear.status", status, "ear.trustworthiness-vector", "instance-identity",
			 EAR_AFFIRMING, "executables", who->measured ? EAR_AFFIRMING : EAR_WARNING,
			 "hardware", who->simulated ? EAR_WARNING : EAR_AFFIRMING,
			 "ear.veraison.annotated-evidence", "runtime_data_claims", "tee-pubkey",
			 json_loads(who->tee_pubkey, 0, NULL), "session",
			 hex(who->session, sizeof(who->session)), "instance",
			 hex(who->instance, sizeof(who->instance)), "uid", (json_int_t)who->uid,
			 "measurement", hex(who->measurement, sizeof(who->measurement)),
			 "evidence_sha256", hex(who->evidence, sizeof(who->evidence)), "measured",
			 who->measured, "simulated", who->simulated);
}

static json_t *claims(const struct attested *who, int64_t now, uint32_t lifetime)
{
	return json_pack("{s:s, s:I, s:I, s:{s:s, s:s}, s:{s:o}}", "eat_profile", EAR_PROFILE,
			 "iat", (json_int_t)now, "exp", (json_int_t)(now + lifetime),
			 "ear.verifier-id", "developer", "ward", "build", "ward-broker", "submods",
			 "cpu0", submodule(who));
}

/* The three parts of a signed flattened JWS with dots between. */
static char *compact(const json_t *jws)
{
	const char *head = json_string_value(json_object_get(jws, "protected"));
	const char *body = json_string_value(json_object_get(jws, "payload"));
	const char *tag = json_string_value(json_object_get(jws, "signature"));
	char *out;

	if (!head || !body || !tag || asprintf(&out, "%s.%s.%s", head, body, tag) < 0)
		return NULL;
	return out;
}

char *token_issue(const struct token_key *key, const struct attested *who, int64_t now,
		  uint32_t lifetime)
{
	json_t *body = claims(who, now, lifetime);
	json_t *jws = body ? json_pack("{s:o}", "payload", jose_b64_enc_dump(body)) : NULL;
	json_t *sig = json_pack("{s:{s:s, s:s, s:O}}", "protected", "alg", "ES256", "typ", "JWT",
				"jwk", key->public);
	char *out = NULL;

	if (jws && sig && jose_jws_sig(NULL, jws, sig, key->private))
		out = compact(jws);
	json_decref(sig);
	json_decref(jws);
	json_decref(body);
	return out;
}

/* "a.b.c" as a flattened JWS; NULL unless there are three parts of base64url. */
static json_t *split(const char *token)
{
	const char *first = strchr(token, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;

	if (!second || strlen(token) > TOKEN_MAX ||
	    strspn(token, JOSE_B64_MAP ".") != strlen(token) || strchr(second + 1, '.'))
		return NULL;
	return json_pack("{s:s%, s:s%, s:s}", "protected", token, (size_t)(first - token),
			 "payload", first + 1, (size_t)(second - first - 1), "signature",
			 second + 1);
}

/* The header must name the algorithm that our key is for; jwk in it is not read. */
static int is_es256(const json_t *jws)
{
	json_t *head = jose_b64_dec_load(json_object_get(jws, "protected"));
	const char *alg = json_string_value(json_object_get(head, "alg"));
	int good = alg && !strcmp(alg, "ES256");

	json_decref(head);
	return good;
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
	json_t *jws = split(token), *body = NULL;
	enum token_result result = TOKEN_INVALID;
	int64_t expires;

	memset(who, 0, sizeof(*who));
	if (!jws || !is_es256(jws) || !jose_jws_ver(NULL, jws, NULL, key->public, true))
		goto out;
	body = jose_b64_dec_load(json_object_get(jws, "payload"));
	if (!body || unpack(body, &expires, who))
		goto out;
	result = now < expires ? TOKEN_OK : TOKEN_EXPIRED;
out:
	json_decref(body);
	json_decref(jws);
	return result;
}
