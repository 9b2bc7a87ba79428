// SPDX-License-Identifier: MIT
/* What a service could sign and should not: claims and headers, each with one that is wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/token_make.h"
#include "roots.h"
#include "seeds_token.h"

/* In the place of a claim; NULL = it is left out. */
static const char *const wrong[] = { NULL, "true", "\"x\"", "[\"x\"]" };

/* Values that a claim can have, beside those of the sound tokens. */
static const struct {
	int text;
	const char *outer, *name, *value;	/* outer: the object that has it; NULL = the top */
} other[] = {
	{ TEXT_MAA_SNP, NULL, "x-ms-compliance-status", "\"azure-compliant-uvm\"" },
	{ TEXT_MAA_SNP, NULL, "x-ms-attestation-type", "\"azurevm\"" },
	{ TEXT_MAA_TDX, NULL, "tdx_td_attributes", "\"0100000000000000\"" },
	{ TEXT_MAA_TDX, NULL, "dbgstat", "\"Enabled\"" },
	{ TEXT_MAA, NULL, "x-ms-azurevm-bootdebug-enabled", "true" },
	{ TEXT_MAA, NULL, "x-ms-azurevm-hypervisordebug-enabled", "false" },
	{ TEXT_ITA, NULL, "attester_tcb_status", "\"OutOfDate\"" },
	{ TEXT_ITA, NULL, "attester_tcb_status", "\"Revoked\"" },
	{ TEXT_ITA, NULL, "attester_type", "\"tdx\"" },
	{ TEXT_ITA, NULL, "tdx", "{}" },
	{ TEXT_ITA_NESTED, NULL, "policy_ids_unmatched", "[{\"id\":\"x\"}]" },
	{ TEXT_ITA_NESTED, NULL, "attester_type", "\"SGX\"" },
	{ TEXT_ITA, NULL, "exp", "1" }, { TEXT_ITA, NULL, "exp", "0" },
	{ TEXT_ITA, NULL, "exp", "253402300800" }, { TEXT_ITA, NULL, "nbf", "253402300799" },
	{ TEXT_ITA, NULL, "iat", "253402300799" }, { TEXT_ITA, NULL, "aud", "\"ward\"" },
	{ TEXT_ITA, NULL, "aud", "[7,\"no\"]" }, { TEXT_MAA, "x-ms-runtime", "nonce", "\"0102030405060708\"" },
};

static void one(const json_t *key, const json_t *claims)
{
	static unsigned int n;
	char *text = json_dumps(claims, JSON_COMPACT), name[32];

	snprintf(name, sizeof(name), "json-claims-%04u", n++);
	token_seed(name, token_make(key, text));
	free(text);
}

/* Each member of @at, and of objects in it, in turn; @root is what is signed. */
static void each(const json_t *key, json_t *root, json_t *at)
{
	json_t *sound = json_deep_copy(at), *v;
	const char *name;
	size_t i;

	json_object_foreach(sound, name, v) {
		for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
			if (wrong[i])
				json_object_set_new(at, name, json_loads(wrong[i], JSON_DECODE_ANY, NULL));
			else
				json_object_del(at, name);
			one(key, root);
		}
		json_object_set_new(at, name, json_deep_copy(v));
		if (json_is_object(v))
			each(key, root, json_object_get(at, name));
	}
	json_decref(sound);
}

static json_t *claims_of(int which, long long now)
{
	char *text = token_text(which, now);
	json_t *claims = json_loads(text, 0, NULL);

	assert_non_null(claims);
	free(text);
	return claims;
}

void token_claims_seeds(const json_t *key, long long now)
{
	json_t *claims;
	size_t i;
	int which;

	for (which = 0; which < TEXTS; which++) {
		claims = claims_of(which, now);
		one(key, claims);
		each(key, claims, claims);
		json_decref(claims);
	}
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		claims = claims_of(other[i].text, now);
		json_object_set_new(other[i].outer ? json_object_get(claims, other[i].outer) : claims,
				    other[i].name, json_loads(other[i].value, JSON_DECODE_ANY, NULL));
		one(key, claims);
		json_decref(claims);
	}
}

static const char *const headers[] = {
	"{\"crit\":[\"exp\"]}", "{\"b64\":false}", "{\"zip\":\"DEF\"}", "{\"enc\":\"A128GCM\"}",
	"{\"cty\":\"JWT\"}", "{\"typ\":\"jwt\",\"kid\":\"ita\"}", "{\"typ\":\"at+jwt\"}", "{\"typ\":7}",
	"{\"kid\":7}", "{\"kid\":\"\\\"[[\"}", "{\"kid\":\"no such\"}", "{}", "{\"kid\":\"%s%s%s\"}",
};

/* Parts that no key makes. */
static const char *const shapes[] = {
	"", ".", "..", "...", "a.b.c", "e30.e30.AA", "e30.e30", "W10.e30.AA",
	"eyJhbGciOiJub25lIn0.e30.AA", "eyJhbGciOiJFUzI1NiJ9.e30.", "eyJhbGciOiJFUzI1NiJ9..AA",
	"eyJhbGciOiJFUzI1NiJ9.e30.AA", "eyJhbGciOiJFUzI1NiJ9.e30.A", "eyJhbGciOiJFUzI1NiJ9.e30.AB",
	"eyJhbGciOjd9.e30.AA", "eyJhbGciOiJFUzI1NiJ9.e30.AA==", "W1tbW1tbW1tbW1tbW1tbW1tb.e30.AA",
};

void token_header_seeds(const json_t *key, long long now)
{
	static const char a50[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static char tag[2000];
	char *text = token_text(TEXT_ITA, now), *header, name[32];
	size_t i;

	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (strchr(headers[i], '%'))
			assert_true(asprintf(&header, "{\"kid\":\"%s%s%s\"}", a50, a50, a50) > 0);
		else
			header = strdup(headers[i]);
		snprintf(name, sizeof(name), "json-header-%02zu", i);
		token_seed(name, token_make_by(key, json_loads(header, 0, NULL), text));
		free(header);
	}
	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		snprintf(name, sizeof(name), "json-shape-%02zu", i);
		seed_text("token", name, shapes[i]);
	}
	memset(tag, 'A', sizeof(tag) - 1);
	assert_true(asprintf(&header, "eyJhbGciOiJFUzI1NiJ9.e30.%s", tag) > 0);
	seed_text("token", "json-shape-long", header);
	free(header);
	root_take("token-no-kid.jwt", (struct wv_bytes){
		(uint8_t *)(header = token_make_by(key, json_object(), text)), strlen(header) });
	free(text);
}
