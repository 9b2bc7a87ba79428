// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jose/b64.h>
#include <jose/jwk.h>
#include <jose/jws.h>

#include "attested_json.h"
#include "shared.h"
#include "text.h"
#include "token.h"
#include "wardverify_ear.h"

#ifndef WARD_VERSION
#define WARD_VERSION "0.1.0"
#endif

/* A private claim: which named policies accept the evidence. */
#define POLICIES "ward-policies"

struct token_key {
	json_t *private;
	json_t *public;
};

/* Takes the private key over, also when it fails. */
static struct token_key *with_private(json_t *private)
{
	struct token_key *key = calloc(1, sizeof(*key));

	if (!key) {
		json_decref(private);
		return NULL;
	}
	key->private = private;
	key->public = json_deep_copy(private);
	if (key->public && jose_jwk_pub(NULL, key->public))
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
		rc = shared_secret(db, "token-key", text, strlen(text), jwk, fault);
	free(text);
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
	json_decref(key->public);
	free(key);
}

/* What the appraisal said, as libwardverify puts it, with the key that it is bound to. */
static json_t *claims(const struct token_facts *facts)
{
	struct wv_ear ear = {
		.verdict = facts->verdict,
		.policy = facts->policy,
		.issued_at = facts->now,
		.expires_at = facts->now + facts->lifetime,
		.developer = "ward",
		.build = "ward-broker " WARD_VERSION,
	};
	char *runtime, *text = NULL;
	json_t *body;

	if (asprintf(&runtime, "{\"tee-pubkey\":%s}", facts->who->tee_pubkey) >= 0) {
		ear.runtime_data = runtime;
		text = wv_ear_json(&ear);
		free(runtime);
	}
	body = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	free(text);
	if (body)
		json_object_set_new(body, POLICIES, attested_policies_write(facts->who));
	return body;
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

char *token_issue(const struct token_key *key, const struct token_facts *facts)
{
	json_t *body = claims(facts);
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
