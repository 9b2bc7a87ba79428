// SPDX-License-Identifier: MIT
/*
 * The whole protocol without its transport: simulated evidence in, a wrapped key
 * or a refusal out. Whatever is refused leaves no line in the release log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exchange.h"

#include <jose/jwe.h>
#include <jose/jwk.h>

static void test_release(void **state)
{
	struct rx *x = *state;
	char token[TOKEN_MAX];

	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	assert_int_equal(rx_log_lines(), 0);
	snprintf(token, sizeof(token), "%s", rx_member("token"));
	assert_int_equal(rx_get(x), 200);
	assert_int_equal(rx_log_lines(), 1);
	rx_check_release(x, 0);
	/* by token alone, from elsewhere */
	assert_int_equal(rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, token, NULL, x->now), 200);
	assert_int_equal(rx_log_lines(), 2);
	rx_check_release(x, 1);
}

static void test_release_to_other_key(void **state)
{
	struct rx *x = *state;
	size_t len;

	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	assert_int_equal(rx_get(x), 200);
	json_decref(x->key);
	x->key = json_pack("{s:s, s:s}", "kty", "EC", "crv", "P-384");
	assert_true(jose_jwk_gen(NULL, x->key));
	assert_null(jose_jwe_dec(NULL, rx_answer, NULL, x->key, &len));
}

static void test_no_session(void **state)
{
	(void)state;
	rx_call("POST", "/kbs/v0/attest", NULL, NULL, "{}", 0);
	rx_refused(401, "session-missing");
	rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, NULL, NULL, 0);
	rx_refused(401, "session-missing");
	rx_call("GET", "/kbs/v0/resource/" RX_PATH, "00", NULL, NULL, 0);
	rx_refused(401, "session-unknown");
	/* nor does a stranger learn which resources there are */
	rx_call("GET", "/kbs/v0/resource/no/such/thing", NULL, NULL, NULL, 0);
	rx_refused(401, "session-missing");
}

static void test_wrong_uid(void **state)
{
	struct rx *x = *state;

	x->guest.claims.caller.uid = htole32(1001);
	rx_expect(x, "wrong-uid");
}

static void test_wrong_purpose(void **state)
{
	struct rx *x = *state;

	x->guest.claims.purpose = htole32(WARD_PURPOSE_REPORT);
	rx_expect(x, "wrong-purpose");
	/* nor where the policy forgot to say for what */
	rx_set_policy("{\"ward-policy\":1,\"accept_unmeasured\":true,\"allow_tee\":[\"simulated-snp\"]}");
	rx_expect(x, "wrong-purpose");
}

static void test_debug_guest(void **state)
{
	struct rx *x = *state;

	x->guest.policy |= WV_SNP_POLICY_DEBUG;
	rx_expect(x, wv_reason_text(WV_DEBUG_ALLOWED));
}

static void test_simulated_not_named(void **state)
{
	rx_set_policy("{\"ward-policy\":1,\"accept_unmeasured\":true}");
	rx_expect(*state, wv_reason_text(WV_SIMULATED_REFUSED));
}

static void test_unmeasured(void **state)
{
	rx_set_policy("{\"ward-policy\":1,\"allow_tee\":[\"simulated-snp\"]}");
	rx_expect(*state, wv_reason_text(WV_GUEST_UNMEASURED));
}

static void test_other_measurement(void **state)
{
	rx_set_policy(RX_POLICY(",\"measurement\":[\"000000000000000000000000000000000000000000000000"
			       "000000000000000000000000000000000000000000000000\"]"));
	rx_expect(*state, wv_reason_text(WV_MEASUREMENT_MISMATCH));
}

/* A machine whose only evidence is a TPM's quote, by a policy that knows its key. */
static void of_a_tpm(struct rx *x, struct tpm_sim *t, EVP_PKEY *key)
{
	char ak[65], policy[512];

	tpm_sim_new(t, key);
	tpm_sim_ak(t, ak);
	snprintf(policy, sizeof(policy),
		 "{\"ward-policy\":1,\"purpose\":\"release\",\"allow_tee\":[\"tpm\"],\"tpm\":{\"ak\":[\"%s\"],"
		 "\"pcrs\":{\"sha256\":{\"4\":[\"14141414141414141414141414141414"
		 "14141414141414141414141414141414\"]}}}}", ak);
	rx_set_policy(policy);
	x->guest.claims.tee = htole32(WARD_TEE_TPM);
	x->guest.no_launch = true;
	x->guest.tpm = t;
	x->guest.tpm_count = 1;
}

static void test_tpm_alone(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct rx *x = *state;
	struct tpm_sim t;

	of_a_tpm(x, &t, key);
	memset(x->guest.measurement, 0, sizeof(x->guest.measurement));	/* there is none */
	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	assert_int_equal(rx_get(x), 200);
	rx_check_release(x, 0);
	EVP_PKEY_free(key);
}

static void test_tpm_of_other_boot(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct rx *x = *state;
	struct tpm_sim t;

	of_a_tpm(x, &t, key);
	t.pcr[4][31] ^= 1;
	rx_expect(x, wv_reason_text(WV_PCR_MISMATCH));
	EVP_PKEY_free(key);
}

static void test_unknown_root(void **state)
{
	wv_roots_free((struct wv_roots *)rx_rcar.roots);
	rx_rcar.roots = wv_roots_new();
	rx_expect(*state, wv_reason_text(WV_CHAIN_UNTRUSTED));
}

/* One byte of the claims changed after the TEE signed: uid 1000 for 1001. */
static void test_edited_claims(void **state)
{
	struct rx *x = *state;
	uint8_t *at = NULL, *bytes;

	x->guest.claims.caller.uid = htole32(1001);
	rx_auth(x);
	rx_evidence(x);
	bytes = (uint8_t *)x->bundle.data;
	for (size_t i = 0; !at && i + 80 < x->bundle.len; i++)
		if (!memcmp(bytes + i, &x->guest.claims.caller, sizeof(x->guest.claims.caller)))
			at = bytes + i + offsetof(struct ward_who, uid);
	assert_non_null(at);
	*at = 1000 & 0xff;
	rx_attest(x);
	rx_refused(401, wv_reason_text(WV_REPORT_DATA_MISMATCH));
	rx_get(x);
	rx_refused(401, "session-not-attested");
}

/* Evidence bound to the worker's key, the answer wanted for another. */
static void test_other_key(void **state)
{
	struct rx *x = *state;
	json_t *thief = json_pack("{s:s, s:s}", "kty", "EC", "crv", "P-384");

	assert_true(jose_jwk_gen(NULL, thief));
	x->shown = rx_public_half(thief);
	json_decref(thief);
	rx_expect(x, wv_reason_text(WV_BINDING_MISMATCH));
}

static void test_unfit_key(void **state)
{
	struct rx *x = *state;

	x->shown = json_pack("{s:s, s:s}", "kty", "RSA", "n", "AQAB");
	rx_expect(x, "key-unsupported");
}

/* The same message twice in one session. */
static void test_replay_in_session(void **state)
{
	struct rx *x = *state;

	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	rx_attest(x);
	rx_refused(401, "nonce-replayed");
}

/* A refused attempt uses the nonce up as well: no guessing at one challenge. */
static void test_replay_after_refusal(void **state)
{
	struct rx *x = *state;

	x->guest.claims.caller.uid = htole32(1001);
	rx_expect(x, "wrong-uid");
	x->guest.claims.caller.uid = htole32(1000);
	rx_evidence(x);
	rx_attest(x);
	rx_refused(401, "nonce-replayed");
}

/* Recorded evidence in a new session: with its own nonce, and with the new one. */
static void test_replay_across_sessions(void **state)
{
	struct rx *x = *state;
	char old[64];

	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	strcpy(old, x->nonce);
	rx_auth(x);
	x->runtime_nonce = strdup(old);
	rx_attest(x);
	rx_refused(401, "nonce-replayed");
	free(x->runtime_nonce);
	x->runtime_nonce = NULL;
	rx_attest(x);
	rx_refused(401, "nonce-replayed");
	rx_get(x);
	rx_refused(401, "session-not-attested");
}

static void test_foreign_nonce(void **state)
{
	struct rx *x = *state;

	rx_auth(x);
	rx_evidence(x);
	x->runtime_nonce = strdup("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	rx_attest(x);
	rx_refused(401, wv_reason_text(WV_NONCE_MISMATCH));
}

static void test_expired(void **state)
{
	struct rx *x = *state;

	rx_auth(x);
	rx_evidence(x);
	x->now += RX_TIMEOUT;
	rx_attest(x);
	rx_refused(401, "evidence-expired");
	rx_get(x);
	rx_refused(401, "evidence-expired");
}

static void test_expired_after_attestation(void **state)
{
	struct rx *x = *state;
	char token[TOKEN_MAX];

	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	snprintf(token, sizeof(token), "%s", rx_member("token"));
	x->now += RX_TIMEOUT;
	rx_get(x);
	rx_refused(401, "evidence-expired");
	rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, token, NULL, x->now);
	rx_refused(401, "token-expired");
}

static void test_bad_token(void **state)
{
	struct rx *x = *state;

	rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, "", NULL, x->now);
	rx_refused(401, "token-invalid");
	rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, "a.b.c", NULL, x->now);
	rx_refused(401, "token-invalid");
}

static void test_unknown_resource(void **state)
{
	struct rx *x = *state;

	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	rx_call("GET", "/kbs/v0/resource/hospital/dataset/two", x->cookie, NULL, NULL, x->now);
	rx_refused(404, "resource-unknown");
	rx_call("GET", "/kbs/v0/resource/", x->cookie, NULL, NULL, x->now);
	rx_refused(404, "resource-unknown");
}

/* Another broker of the same database: other half of each step. */
static void test_other_broker(void **state)
{
	struct token_key *mine = rx_rcar.token, *theirs = NULL;
	struct db_fault fault = { "" };
	struct rx *x = *state;
	char token[TOKEN_MAX];

	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	snprintf(token, sizeof(token), "%s", rx_member("token"));
	assert_int_equal(token_key_open(rx_rcar.db, &theirs, &fault), 0);
	rx_rcar.token = theirs;
	assert_int_equal(rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, token, NULL, x->now), 200);
	rx_rcar.token = token_key_new();
	rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, token, NULL, x->now);
	assert_string_equal(rx_member("reason"), "token-invalid");
	token_key_free(rx_rcar.token);
	token_key_free(theirs);
	rx_rcar.token = mine;
}

/* Its policy is another: what the evidence met elsewhere, or before, does not count here. */
static void test_other_policy(void **state)
{
	struct rx *x = *state;
	char token[TOKEN_MAX];

	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	snprintf(token, sizeof(token), "%s", rx_member("token"));
	rx_rcar.policy_sha256[0] ^= 1;
	rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, token, NULL, x->now);
	rx_refused(403, "policy-unmet");
	rx_get(x);
	rx_refused(403, "policy-unmet");
	rx_rcar.policy_sha256[0] ^= 1;
	/* nor does what led to a root that was taken away */
	rx_rcar.roots_sha256[0] ^= 1;
	rx_call("GET", "/kbs/v0/resource/" RX_PATH, NULL, token, NULL, x->now);
	rx_refused(403, "policy-unmet");
	rx_get(x);
	rx_refused(403, "policy-unmet");
	rx_rcar.roots_sha256[0] ^= 1;
	assert_int_equal(rx_get(x), 200);
	rx_check_release(x, 0);
}

static void test_misrouted(void **state)
{
	(void)state;
	rx_call("GET", "/", NULL, NULL, NULL, 0);
	rx_refused(404, "path-unknown");
	rx_call("POST", "/kbs/v0/", NULL, NULL, NULL, 0);
	rx_refused(404, "path-unknown");
	rx_call("POST", "/kbs/v0/authx", NULL, NULL, NULL, 0);
	rx_refused(404, "path-unknown");
	rx_call("GET", "/kbs/v0/auth", NULL, NULL, NULL, 0);
	rx_refused(405, "method-unsupported");
	rx_call("POST", "/kbs/v0/resource/" RX_PATH, NULL, NULL, NULL, 0);
	rx_refused(405, "method-unsupported");
}

static void test_bad_auth(void **state)
{
	static const char *const bad[] = {
		"", "{", "[]", "null", "{}", "{\"version\":\"0.4.0\"}",
		"{\"version\":4,\"tee\":\"ward\"}", "{\"version\":\"0.4.0\",\"tee\":\"ward\"}x",
		"{\"version\":\"0.4.0\",\"version\":\"0.4.0\",\"tee\":\"ward\"}",
	};
	char *big = malloc(RCAR_AUTH_MAX + 2);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rx_call("POST", "/kbs/v0/auth", NULL, NULL, bad[i], 0);
		rx_refused(400, "malformed-request");
	}
	rx_call("POST", "/kbs/v0/auth", NULL, NULL, "{\"version\":\"0.1.1\",\"tee\":\"ward\"}", 0);
	rx_refused(401, "version-unsupported");
	rx_call("POST", "/kbs/v0/auth", NULL, NULL, "{\"version\":\"0.4.0\",\"tee\":\"sample\"}", 0);
	rx_refused(401, "tee-unsupported");
	memset(big, ' ', RCAR_AUTH_MAX + 1);
	big[RCAR_AUTH_MAX + 1] = 0;
	rx_call("POST", "/kbs/v0/auth", NULL, NULL, big, 0);
	rx_refused(413, "request-too-long");
	free(big);
}

/* Malformed requests are refused before the nonce is used up. */
static void test_bad_attest(void **state)
{
	static const char *const bad[] = {
		"", "{}", "[1]", "{\"runtime-data\":{}}",
		"{\"runtime-data\":{\"nonce\":\"AA==\",\"tee-pubkey\":{}}}",
		"{\"runtime-data\":{\"nonce\":\"AA==\",\"tee-pubkey\":{}},"
		"\"tee-evidence\":{\"primary_evidence\":{\"bundle\":\"\"}}}",
		"{\"runtime-data\":{\"nonce\":\"AA==\",\"tee-pubkey\":{}},"
		"\"tee-evidence\":{\"primary_evidence\":{\"bundle\":\"a b\"}}}",
		"{\"runtime-data\":{\"nonce\":\"A\",\"tee-pubkey\":{}},"
		"\"tee-evidence\":{\"primary_evidence\":{\"bundle\":\"AAAA\"}}}",
	};
	struct rx *x = *state;

	rx_auth(x);
	rx_evidence(x);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rx_call("POST", "/kbs/v0/attest", x->cookie, NULL, bad[i], x->now);
		rx_refused(400, "malformed-request");
	}
	assert_int_equal(rx_attest(x), 200);
}

static void test_truncated_bundles(void **state)
{
	struct rx *x = *state;
	size_t whole;

	rx_auth(x);
	rx_evidence(x);
	whole = x->bundle.len;
	for (size_t len = 1; len < whole; len += 97) {
		rx_auth(x);
		rx_evidence(x);
		x->bundle.len = len;
		rx_attest(x);
		rx_refused(401, "bundle-damaged");
		x->now += RX_TIMEOUT;	/* keeps the table from filling */
	}
}

static void test_too_many_sessions(void **state)
{
	struct rx *x = *state;

	for (uint32_t i = 0; i < rx_config.session_max; i++)
		rx_auth(x);
	rx_call("POST", "/kbs/v0/auth", NULL, NULL, "{\"version\":\"0.4.0\",\"tee\":\"ward\"}", x->now);
	rx_refused(503, "sessions-exhausted");
	x->now += RX_TIMEOUT;
	rx_auth(x);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, rx_setup, rx_teardown)
	const struct CMUnitTest tests[] = {
		T(test_release), T(test_release_to_other_key), T(test_no_session),
		T(test_wrong_uid), T(test_wrong_purpose), T(test_debug_guest),
		T(test_simulated_not_named), T(test_unmeasured), T(test_other_measurement),
		T(test_tpm_alone), T(test_tpm_of_other_boot),
		T(test_unknown_root), T(test_edited_claims), T(test_other_key), T(test_unfit_key),
		T(test_replay_in_session), T(test_replay_after_refusal),
		T(test_replay_across_sessions), T(test_foreign_nonce), T(test_expired),
		T(test_expired_after_attestation), T(test_bad_token), T(test_unknown_resource),
		T(test_other_broker), T(test_other_policy),
		T(test_misrouted), T(test_bad_auth), T(test_bad_attest),
		T(test_truncated_bundles), T(test_too_many_sessions),
	};

	return rx_on_both(tests);
}
