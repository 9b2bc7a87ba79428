// SPDX-License-Identifier: MIT
/* Refusals, the worker's key, tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <jose/b64.h>
#include <jose/jwe.h>
#include <jose/jwk.h>

#include "../../userspace/broker/jwk.h"
#include "../../userspace/broker/problem.h"
#include "../../userspace/broker/token.h"
#include "wardverify.h"

static const char *text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static void test_problem(void **state)
{
	char *text = problem_json("nonce-replayed", NULL);
	json_t *body = json_loads(text, 0, NULL);
	const char *type = text_of(body, "type");

	(void)state;
	assert_string_equal(strrchr(type, '/'), "/nonce-replayed");
	assert_int_equal(json_integer_value(json_object_get(body, "status")), 401);
	assert_int_equal(strncmp(text_of(body, "detail"), "nonce-replayed: ", 16), 0);
	json_decref(body);
	free(text);
	text = problem_json("wrong-uid", "claims.uid: \"7\" is not \\ one");
	body = json_loads(text, 0, NULL);
	assert_string_equal(text_of(body, "detail"), "wrong-uid: claims.uid: \"7\" is not \\ one");
	json_decref(body);
	free(text);
}

/* Each word of the verifier has a body that parses and a status of refusal. */
static void test_problem_of_every_reason(void **state)
{
	(void)state;
	for (int r = wv_reason_next(0); r >= 0; r = wv_reason_next(r)) {
		char *text = problem_json(wv_reason_text(r), NULL);
		json_t *body = json_loads(text, 0, NULL);

		assert_non_null(body);
		assert_string_equal(text_of(body, "title"), wv_reason_explain(r));
		assert_int_equal(problem_status(wv_reason_text(r)), 401);
		json_decref(body);
		free(text);
	}
	assert_int_equal(problem_status("malformed-request"), 400);
	assert_int_equal(problem_status("resource-unknown"), 404);
	assert_int_equal(problem_status("sessions-exhausted"), 503);
}

static json_t *key_pair(const char *curve)
{
	json_t *key = json_pack("{s:s, s:s}", "kty", "EC", "crv", curve);

	assert_true(jose_jwk_gen(NULL, key));
	return key;
}

static json_t *public_of(const json_t *key)
{
	return json_pack("{s:s, s:s, s:O, s:O}", "kty", "EC", "crv", "P-384", "x",
			 json_object_get(key, "x"), "y", json_object_get(key, "y"));
}

static void test_key_and_wrap(void **state)
{
	json_t *key = key_pair("P-384"), *pub = public_of(key), *jwe;
	uint8_t thumb[32], want[32];
	char clean[ATTESTED_JWK_MAX], *text, *plain;
	size_t len = 0;

	(void)state;
	assert_int_equal(jwk_take(pub, clean, thumb), 0);
	assert_int_equal(jose_jwk_thp_buf(NULL, key, "S256", want, 32), 32);
	assert_memory_equal(thumb, want, 32);
	text = jwk_wrap(clean, "secret", 6);
	assert_non_null(text);
	assert_null(strstr(text, "secret"));
	jwe = json_loads(text, 0, NULL);
	plain = jose_jwe_dec(NULL, jwe, NULL, key, &len);
	assert_int_equal(len, 6);
	assert_memory_equal(plain, "secret", 6);
	free(plain);
	free(text);
	json_decref(jwe);
	json_decref(pub);
	json_decref(key);
}

static void refused(json_t *jwk)
{
	char clean[ATTESTED_JWK_MAX];
	uint8_t thumb[32];

	assert_int_equal(jwk_take(jwk, clean, thumb), -1);
	json_decref(jwk);
}

static json_t *changed(const json_t *key, const char *name, json_t *value)
{
	json_t *pub = public_of(key);

	if (value)
		json_object_set_new(pub, name, value);
	else
		json_object_del(pub, name);
	return pub;
}

static void test_bad_keys(void **state)
{
	json_t *key = key_pair("P-384");
	char x[65];

	(void)state;
	refused(json_object());
	refused(json_array());
	refused(key_pair("P-256"));
	refused(json_incref(key));	/* a private key has no business here */
	refused(changed(key, "x", NULL));
	refused(changed(key, "x", json_integer(1)));
	refused(changed(key, "x", json_string("")));
	refused(changed(key, "crv", json_string("P-521")));
	refused(changed(key, "kty", json_string("RSA")));
	/* another x: not on the curve */
	strcpy(x, text_of(key, "x"));
	x[5] = x[5] == 'A' ? 'B' : 'A';
	refused(changed(key, "x", json_string(x)));
	x[63] = '!';
	refused(changed(key, "x", json_string(x)));
	json_decref(key);
}

static const char a_key[] = "{\"crv\":\"P-384\",\"kty\":\"EC\",\"x\":\"a\",\"y\":\"b\"}";

/* What a token says that was made of verdict(). */
static void fill(struct attested *who)
{
	memset(who, 0, sizeof(*who));
	memset(who->session, 1, sizeof(who->session));
	memset(who->instance, 2, sizeof(who->instance));
	memset(who->measurement, 3, sizeof(who->measurement));
	memset(who->evidence, 4, sizeof(who->evidence));
	who->uid = 4294967295u;
	who->measured = 1;
	strcpy(who->tee_pubkey, a_key);
	who->policy_count = 3;
	memset(who->policies, 5, 3 * sizeof(who->policies[0]));
}

static const struct wv_verdict *verdict(void)
{
	static struct wv_verdict v = { .have = WV_HAVE_CLAIMS | WV_HAVE_REPORT, .measured = 1 };

	memset(v.claims.session, 1, sizeof(v.claims.session));
	memset(v.claims.instance, 2, sizeof(v.claims.instance));
	memset(v.report.measurement, 3, sizeof(v.report.measurement));
	memset(v.evidence_digest, 4, sizeof(v.evidence_digest));
	v.claims.caller.uid = 4294967295u;
	return &v;
}

static char *issue(const struct token_key *key)
{
	struct attested who;
	struct token_facts facts = {
		.verdict = verdict(), .who = &who, .now = 1000, .lifetime = 60,
	};
	char *token;

	fill(&who);
	token = token_issue(key, &facts);

	assert_non_null(token);
	return token;
}

static void test_token(void **state)
{
	struct token_key *key = token_key_new(), *other = token_key_new();
	struct attested who, back;
	char *token;

	(void)state;
	fill(&who);
	token = issue(key);
	assert_int_equal(token_check(key, token, 1000, &back), TOKEN_OK);
	assert_memory_equal(&back, &who, sizeof(who));
	assert_int_equal(token_check(key, token, 1059, &back), TOKEN_OK);
	assert_int_equal(token_check(key, token, 1060, &back), TOKEN_EXPIRED);
	assert_int_equal(token_check(other, token, 1000, &back), TOKEN_INVALID);
	free(token);
	token_key_free(key);
	token_key_free(other);
}

static void test_token_changed(void **state)
{
	struct token_key *key = token_key_new();
	struct attested back;
	char *token;
	size_t len;

	(void)state;
	token = issue(key);
	len = strlen(token);
	/* not the last character: its low bits are no part of the signature */
	for (size_t i = 0; i + 1 < len; i++) {
		char was = token[i];

		token[i] = was == 'A' ? 'B' : 'A';
		if (token_check(key, token, 1000, &back) != TOKEN_INVALID)
			fail_msg("character %zu changed: accepted", i);
		token[i] = was;
	}
	while (len--) {
		token[len] = 0;
		assert_int_equal(token_check(key, token, 1000, &back), TOKEN_INVALID);
	}
	free(token);
	token_key_free(key);
}

/* The classic: a header that asks for no signature, or for another kind of one. */
static void test_token_other_algorithm(void **state)
{
	static const char *const heads[] = { "{\"alg\":\"none\"}", "{\"alg\":\"HS256\"}", "{}" };
	struct token_key *key = token_key_new();
	struct attested back;
	char *token, forged[TOKEN_MAX];

	(void)state;
	token = issue(key);
	for (size_t i = 0; i < 3; i++) {
		json_t *head = jose_b64_enc(heads[i], strlen(heads[i]));

		snprintf(forged, sizeof(forged), "%s%s", json_string_value(head),
			 strchr(token, '.'));
		assert_int_equal(token_check(key, forged, 1000, &back), TOKEN_INVALID);
		*strrchr(forged, '.') = 0;
		strcat(forged, ".");
		assert_int_equal(token_check(key, forged, 1000, &back), TOKEN_INVALID);
		json_decref(head);
	}
	free(token);
	token_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_problem),
		cmocka_unit_test(test_problem_of_every_reason),
		cmocka_unit_test(test_key_and_wrap),
		cmocka_unit_test(test_bad_keys),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_token_changed),
		cmocka_unit_test(test_token_other_algorithm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
