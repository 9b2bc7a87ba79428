// SPDX-License-Identifier: MIT
/*
 * Tokens of attestation services: every reason of a refusal, with keys made here.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <jose/b64.h>
#include <jose/jwk.h>
#include <jose/openssl.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "token_make.h"
#include "wardverify_token.h"

#define NOW 1800000000ll
#define ISSUER "https://sharedeus2.eus2.attest.azure.net"

#define DIGEST(d) d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d d
#define PIECE_OF(text) ((struct wv_bytes){ (const uint8_t *)(text), sizeof(text) - 1 })
#define ZERO32 "0000000000000000000000000000000000000000000000000000000000000000"

static const uint8_t launch[48] = {
	0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1,
	0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1,
	0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1,
	0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1,
};

static const char maa_text[] =
	"{\"exp\":1800000600,\"iat\":1799999990,\"nbf\":1799999990,\"iss\":\"" ISSUER "\","
	"\"x-ms-attestation-type\":\"azurevm\",\"secureboot\":true,"
	"\"x-ms-azurevm-kerneldebug-enabled\":false,\"x-ms-isolation-tee\":{"
	"\"x-ms-attestation-type\":\"sevsnpvm\",\"x-ms-compliance-status\":\"azure-compliant-cvm\","
	"\"x-ms-sevsnpvm-is-debuggable\":false,\"x-ms-sevsnpvm-hostdata\":\"" ZERO32 "\","
	"\"x-ms-sevsnpvm-launchmeasurement\":\"" DIGEST("a1") "\",\"x-ms-sevsnpvm-vmpl\":0},"
	"\"x-ms-runtime\":{\"client-payload\":{\"nonce\":\"AQIDBAUGBwg=\"}}}";

static const char ita_text[] =
	"{\"exp\":1800000300,\"iat\":1800000000,\"iss\":\"https://portal.trustauthority.intel.com\","
	"\"attester_type\":\"TDX\",\"attester_tcb_status\":\"UpToDate\",\"dbgstat\":\"disabled\","
	"\"tdx_td_attributes_debug\":false,\"tdx_is_debuggable\":false,\"tdx_mrtd\":\"" DIGEST("a1") "\","
	"\"tdx_rtmr0\":\"" DIGEST("b0") "\",\"tdx_rtmr1\":\"" DIGEST("b1") "\","
	"\"tdx_rtmr2\":\"" DIGEST("b2") "\",\"tdx_rtmr3\":\"" DIGEST("b3") "\","
	"\"policy_ids_unmatched\":[],\"verifier_nonce\":{\"val\":\"AQIDBAUGBwg=\"}}";

static json_t *keys[5], *others;
static char *jwks;
static const char *const algs[] = { "RS256", "PS256", "PS384", "ES256", "ES384" };

static int setup(void **state)
{
	json_t *list = json_array();

	(void)state;
	for (int i = 0; i < 5; i++) {
		keys[i] = token_key_make(algs[i], algs[i]);
		json_array_append_new(list, token_key_public(keys[i]));
	}
	others = token_key_make("RS256", "RS256");
	jwks = token_jwks(list);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		json_decref(keys[i]);
	json_decref(others);
	free(jwks);
	return 0;
}

static struct wv_token_appraisal usual(void)
{
	return (struct wv_token_appraisal){
		.jwks = { (const uint8_t *)jwks, strlen(jwks) },
		.measurement = { launch, sizeof(launch) },
		.now = NOW,
		.leeway = WV_TOKEN_LEEWAY,
	};
}

/* Takes over @token. */
static struct wv_token expect_by(int want, const char *field, char *token,
				 const struct wv_token_appraisal *a)
{
	struct wv_bytes bytes = { (const uint8_t *)token, strlen(token) };
	struct wv_token t;

	ut_reason(want, wv_verify_token(bytes, a, &t), &t.fault);
	assert_int_equal(t.fault.reason, want);
	if (field)
		assert_string_equal(t.fault.field, field);
	free(token);
	return t;
}

static struct wv_token expect(int want, const char *field, char *token)
{
	struct wv_token_appraisal a = usual();

	return expect_by(want, field, token, &a);
}

/* @text with the first @was replaced by @is; static. */
static const char *changed(const char *text, const char *was, const char *is)
{
	static char out[8192];
	const char *at = strstr(text, was);

	assert_non_null(at);
	snprintf(out, sizeof(out), "%.*s%s%s", (int)(at - text), text, is, at + strlen(was));
	return out;
}

static void test_each_algorithm(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		struct wv_token t = expect(WV_OK, NULL, token_make(keys[i], maa_text));

		assert_string_equal(t.algorithm, algs[i]);
		assert_string_equal(t.tee, "azure-snp");
		assert_string_equal(t.issuer, ISSUER);
		assert_int_equal(t.service, WV_TOKEN_MAA);
		assert_true(t.measured && t.authentic && !t.debug);
		assert_int_equal(t.unchecked, WV_TOKEN_NO_ISSUER | WV_TOKEN_NO_NONCE | WV_TOKEN_NO_GUEST);
	}
}

static void test_intel(void **state)
{
	char composite[4096];
	struct wv_token t = expect(WV_OK, NULL, token_make(keys[2], ita_text));

	(void)state;
	assert_int_equal(t.service, WV_TOKEN_ITA);
	assert_string_equal(t.tee, "tdx");
	assert_string_equal(t.status, "UpToDate");
	assert_true(t.has_rtmr && t.rtmr[3][47] == 0xb3);
	snprintf(composite, sizeof(composite), "{\"exp\":1800000300,\"tdx\":%s}", ita_text);
	t = expect(WV_OK, NULL, token_make(keys[2], composite));
	assert_string_equal(t.tee, "tdx");
	expect(WV_TCB_STATUS_REFUSED, "attester_tcb_status",
	       token_make(keys[2], changed(ita_text, "UpToDate", "OutOfDate")));
	expect(WV_JWT_CLAIM_MISSING, "attester_tcb_status",
	       token_make(keys[2], changed(ita_text, "\"attester_tcb_status\"", "\"x\"")));
	expect(WV_JWT_NOT_COMPLIANT, "policy_ids_unmatched",
	       token_make(keys[2], changed(ita_text, "[]", "[{\"id\":\"1\"}]")));
	expect(WV_DEBUG_ALLOWED, NULL, token_make(keys[2], changed(ita_text, "_debug\":false", "_debug\":true")));
	expect(WV_DEBUG_ALLOWED, NULL, token_make(keys[2], changed(ita_text, "disabled", "enabled")));
	expect(WV_JWT_CLAIM_MISSING, "tdx_td_attributes_debug",
	       token_make(keys[2], changed(ita_text, "tdx_td_attributes_debug", "x")));
	expect(WV_DEBUG_ALLOWED, NULL,
	       token_make(keys[2], changed(ita_text, "\"tdx_td_attributes_debug\":false",
					 "\"tdx_td_attributes\":\"0100000000000000\"")));
	expect(WV_JWT_UNSUPPORTED, "attester_type",
	       token_make(keys[2], changed(ita_text, "\"TDX\"", "\"SGX\"")));
}

/*
 * What the field's guide leaves out: the right TEE, a good signature, a compliant machine,
 * and another image than the one that was measured.
 */
static void test_measurement_is_compared(void **state)
{
	struct wv_token_appraisal a = usual();
	const char *other = changed(maa_text, "launchmeasurement\":\"a1", "launchmeasurement\":\"a2");
	struct wv_token t = expect(WV_MEASUREMENT_MISMATCH, "x-ms-sevsnpvm-launchmeasurement",
				   token_make(keys[0], other));

	(void)state;
	assert_true(t.authentic && !t.measured && t.has_measurement);
	expect(WV_MEASUREMENT_MISMATCH, "tdx_mrtd",
	       token_make(keys[0], changed(ita_text, "mrtd\":\"a1", "mrtd\":\"a2")));
	a.measurement.data = NULL;
	expect_by(WV_GUEST_UNMEASURED, "x-ms-sevsnpvm-launchmeasurement", token_make(keys[0], maa_text), &a);
	a.accept_unmeasured = 1;
	t = expect_by(WV_OK, NULL, token_make(keys[0], maa_text), &a);
	assert_true(!t.measured && t.unchecked & WV_TOKEN_NO_MEASUREMENT);
	expect(WV_JWT_CLAIM_MISSING, "x-ms-sevsnpvm-launchmeasurement",
	       token_make(keys[0], changed(maa_text, "launchmeasurement", "x")));
	expect(WV_JWT_DAMAGED, "x-ms-sevsnpvm-launchmeasurement",
	       token_make(keys[0], changed(maa_text, "launchmeasurement\":\"a1", "launchmeasurement\":\"")));
}

/* Takes over @token. */
static void by_policy(int want, const char *policy, char *token)
{
	struct wv_token_appraisal a = usual();
	struct wv_policy *p;
	struct wv_fault fault;

	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (const uint8_t *)policy, strlen(policy) }, &p,
					 &fault), &fault);
	a.policy = p;
	a.measurement.data = NULL;
	expect_by(want, NULL, token, &a);
	wv_policy_free(p);
}

#define AZURE "{\"ward-policy\":1,\"allow_tee\":[\"azure-snp\"]"
#define PINNED AZURE ",\"measurement\":[\"" DIGEST("a1") "\"]"

static void test_policy(void **state)
{
	(void)state;
	by_policy(WV_OK, PINNED "}", token_make(keys[0], maa_text));
	by_policy(WV_MEASUREMENT_MISMATCH, AZURE ",\"measurement\":[\"" DIGEST("a2") "\"]}",
		  token_make(keys[0], maa_text));
	by_policy(WV_GUEST_UNMEASURED, AZURE "}", token_make(keys[0], maa_text));
	by_policy(WV_OK, AZURE ",\"accept_unmeasured\":true}", token_make(keys[0], maa_text));
	by_policy(WV_TEE_REFUSED, "{\"ward-policy\":1,\"measurement\":[\"" DIGEST("a1") "\"]}",
		  token_make(keys[0], maa_text));
	by_policy(WV_TEE_REFUSED, PINNED "}", token_make(keys[0], ita_text));
	by_policy(WV_DEBUG_ALLOWED, PINNED "}",
		  token_make(keys[0], changed(maa_text, "debuggable\":false", "debuggable\":true")));
	by_policy(WV_OK, PINNED ",\"allow_debug\":true}",
		  token_make(keys[0], changed(maa_text, "debuggable\":false", "debuggable\":true")));
	by_policy(WV_VMPL_REFUSED, PINNED "}", token_make(keys[0], changed(maa_text, "vmpl\":0", "vmpl\":1")));
	by_policy(WV_OK, PINNED ",\"vmpl_max\":1}",
		  token_make(keys[0], changed(maa_text, "vmpl\":0", "vmpl\":1")));
	by_policy(WV_JWT_CLAIM_MISSING, PINNED "}", token_make(keys[0], changed(maa_text, "snpvm-vmpl", "x")));
	by_policy(WV_OK, PINNED ",\"host_data\":[\"" ZERO32 "\"]}", token_make(keys[0], maa_text));
	by_policy(WV_HOST_DATA_REFUSED, PINNED ",\"host_data\":[\"" ZERO32 "\"]}",
		  token_make(keys[0], changed(maa_text, "hostdata\":\"00", "hostdata\":\"01")));
	by_policy(WV_JWT_CLAIM_MISSING, PINNED ",\"host_data\":[\"" ZERO32 "\"]}",
		  token_make(keys[0], changed(maa_text, "snpvm-hostdata", "x")));
	/* what a token cannot answer refuses */
	by_policy(WV_PCR_MISSING, PINNED ",\"azure\":{\"pcrs\":{\"sha256\":{\"4\":[\"" ZERO32 "\"]}}}}",
		  token_make(keys[0], maa_text));
	by_policy(WV_VM_CONFIG_REFUSED, PINNED ",\"azure\":{\"secure_boot\":true}}",
		  token_make(keys[0], maa_text));
	by_policy(WV_JWT_CLAIM_MISSING, PINNED ",\"snp\":{\"chip_id\":[\"" ZERO32 ZERO32 "\"]}}",
		  token_make(keys[0], maa_text));
	by_policy(WV_TCB_BELOW_POLICY, PINNED ",\"min_tcb\":{\"milan\":{\"snp\":1}}}",
		  token_make(keys[0], maa_text));
}

#define TD "{\"ward-policy\":1,\"allow_tee\":[\"tdx\"],\"tdx\":{\"mrtd\":[\"" DIGEST("a1") "\"]," \
	"\"rtmr1\":[\"" DIGEST("b1") "\"],\"rtmr2\":[\"" DIGEST("b2") "\"]"

static void test_policy_of_td(void **state)
{
	const char *bits = "\"tdx_td_attributes\":\"0000001000000000\",\"tdx_xfam\":\"e702060000000000\","
			   "\"tdx_mrtd\"";
	char *whole = strdup(changed(ita_text, "\"tdx_mrtd\"", bits));

	(void)state;
	by_policy(WV_OK, TD "}}", token_make(keys[0], whole));
	by_policy(WV_MEASUREMENT_MISMATCH, TD "}}", token_make(keys[0], changed(whole, "\"b2b2", "\"c2b2")));
	by_policy(WV_JWT_CLAIM_MISSING, TD "}}", token_make(keys[0], changed(whole, "rtmr1", "x")));
	by_policy(WV_JWT_CLAIM_MISSING, TD ",\"mrconfigid\":[\"" DIGEST("00") "\"]}}",
		  token_make(keys[0], whole));
	by_policy(WV_TD_MODULE_REFUSED, TD ",\"mrseam\":[\"" DIGEST("00") "\"]}}",
		  token_make(keys[0], changed(whole, "{", "{\"tdx_mrseam\":\"" DIGEST("01") "\",")));
	by_policy(WV_JWT_CLAIM_MISSING, TD "}}", token_make(keys[0], ita_text));
	by_policy(WV_TCB_STATUS_REFUSED, TD "}}", token_make(keys[0], changed(whole, "UpToDate", "Revoked")));
	by_policy(WV_OK, TD "},\"collateral\":{\"tcb_status\":[\"SWHardeningNeeded\"]}}",
		  token_make(keys[0], changed(whole, "UpToDate", "SWHardeningNeeded")));
	by_policy(WV_TCB_STATUS_REFUSED, TD "},\"collateral\":{\"tcb_status\":[\"SWHardeningNeeded\"]}}",
		  token_make(keys[0], whole));
	by_policy(WV_JWT_CLAIM_MISSING, TD "},\"collateral\":{\"advisories_refused\":[\"INTEL-SA-00001\"]}}",
		  token_make(keys[0], whole));
	by_policy(WV_GUEST_UNMEASURED, "{\"ward-policy\":1,\"allow_tee\":[\"tdx\"]}", token_make(keys[0], whole));
	free(whole);
}

static void test_azure(void **state)
{
	(void)state;
	expect(WV_JWT_NOT_COMPLIANT, "x-ms-compliance-status",
	       token_make(keys[0], changed(maa_text, "azure-compliant-cvm", "azure-noncompliant-cvm")));
	expect(WV_JWT_NOT_COMPLIANT, "x-ms-compliance-status",
	       token_make(keys[0], changed(maa_text, "x-ms-compliance-status", "x")));
	expect(WV_JWT_UNSUPPORTED, "x-ms-attestation-type",
	       token_make(keys[0], changed(maa_text, "sevsnpvm\"", "sgx\"")));
	expect(WV_JWT_UNSUPPORTED, "x-ms-attestation-type",
	       token_make(keys[0], changed(maa_text, "x-ms-isolation-tee", "x")));
	expect(WV_DEBUG_ALLOWED, NULL,
	       token_make(keys[0], changed(maa_text, "kerneldebug-enabled\":false", "kerneldebug-enabled\":true")));
	expect(WV_JWT_DAMAGED, "x-ms-sevsnpvm-is-debuggable",
	       token_make(keys[0], changed(maa_text, "debuggable\":false", "debuggable\":\"false\"")));
	expect(WV_JWT_CLAIM_MISSING, "x-ms-sevsnpvm-is-debuggable",
	       token_make(keys[0], changed(maa_text, "is-debuggable", "x")));
	expect(WV_JWT_UNSUPPORTED, "payload", token_make(keys[0], "{\"exp\":1800000600}"));
}

static void test_times(void **state)
{
	struct wv_token_appraisal a = usual();

	(void)state;
	a.now = 1800000600 + WV_TOKEN_LEEWAY - 1;
	expect_by(WV_OK, NULL, token_make(keys[0], maa_text), &a);
	a.now++;
	expect_by(WV_JWT_EXPIRED, "exp", token_make(keys[0], maa_text), &a);
	/* the same token, and a clock that is behind: another reason, another mend */
	a.now = 1799999990 - WV_TOKEN_LEEWAY;
	expect_by(WV_OK, NULL, token_make(keys[0], maa_text), &a);
	a.now--;
	expect_by(WV_JWT_FROM_FUTURE, "iat", token_make(keys[0], maa_text), &a);
	expect_by(WV_JWT_NOT_YET_VALID, "nbf",
		  token_make(keys[0], changed(maa_text, "\"iat\":1799999990", "\"iat\":1")), &a);
	expect(WV_JWT_CLAIM_MISSING, "exp", token_make(keys[0], changed(maa_text, "\"exp\"", "\"x\"")));
	expect(WV_JWT_DAMAGED, "exp", token_make(keys[0], changed(maa_text, "1800000600", "\"1800000600\"")));
	expect(WV_JWT_DAMAGED, "exp", token_make(keys[0], changed(maa_text, "1800000600", "1e18")));
	expect(WV_JWT_DAMAGED, "exp",
	       token_make(keys[0], changed(maa_text, "1800000600", "9223372036854775807")));
	expect(WV_JWT_DAMAGED, "iat", token_make(keys[0], changed(maa_text, "\"iat\":1", "\"iat\":-1")));
}

static void test_expectations(void **state)
{
	static const uint8_t nonce[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const char *const spelled[] = { "0102030405060708", "AQIDBAUGBwg", "AQIDBAUGBwg=" };
	struct wv_token_appraisal a = usual();
	struct wv_token t;

	(void)state;
	a.issuer = ISSUER;
	t = expect_by(WV_OK, NULL, token_make(keys[0], maa_text), &a);
	assert_int_equal(t.unchecked, WV_TOKEN_NO_NONCE | WV_TOKEN_NO_GUEST);
	a.issuer = "https://sharedeus2.eus2.attest.azure.net.example.org";
	expect_by(WV_JWT_ISSUER_MISMATCH, "iss", token_make(keys[0], maa_text), &a);
	a.issuer = ISSUER;
	expect_by(WV_JWT_ISSUER_MISMATCH, "iss", token_make(keys[0], changed(maa_text, "\"iss\"", "\"x\"")), &a);
	a.issuer = NULL;
	a.nonce = (struct wv_bytes){ nonce, sizeof(nonce) };
	for (int i = 0; i < 3; i++)
		expect_by(WV_OK, NULL, token_make(keys[0], changed(maa_text, "AQIDBAUGBwg=", spelled[i])), &a);
	expect_by(WV_OK, NULL, token_make(keys[0], ita_text), &a);
	expect_by(WV_NONCE_MISMATCH, "x-ms-runtime",
		  token_make(keys[0], changed(maa_text, "AQIDBAUGBwg=", "AQIDBAUGBwk=")), &a);
	expect_by(WV_NONCE_MISMATCH, "x-ms-runtime",
		  token_make(keys[0], changed(maa_text, "AQIDBAUGBwg=", "AQIDBAUGBwgA")), &a);
	expect_by(WV_NONCE_MISMATCH, "verifier_nonce",
		  token_make(keys[0], changed(ita_text, "\"val\"", "\"iat\"")), &a);
	a.nonce.len = 7;
	expect_by(WV_USAGE, NULL, token_make(keys[0], maa_text), &a);
	a.nonce.data = NULL;
	a.audience = "me";
	expect_by(WV_JWT_AUDIENCE_MISMATCH, "aud", token_make(keys[0], maa_text), &a);
	expect_by(WV_JWT_AUDIENCE_MISMATCH, "aud",
		  token_make(keys[0], changed(maa_text, "{", "{\"aud\":[\"you\",1],")), &a);
	expect_by(WV_OK, NULL, token_make(keys[0], changed(maa_text, "{", "{\"aud\":[\"you\",\"me\"],")), &a);
	expect_by(WV_OK, NULL, token_make(keys[0], changed(maa_text, "{", "{\"aud\":\"me\",")), &a);
	a.audience = NULL;
	t = expect_by(WV_OK, NULL, token_make(keys[0], changed(maa_text, "{", "{\"aud\":\"me\",")), &a);
	assert_true(t.unchecked & WV_TOKEN_NO_AUDIENCE);
}

static char *b64(const char *text)
{
	json_t *v = jose_b64_enc(text, strlen(text));
	char *out = strdup(json_string_value(v));

	json_decref(v);
	return out;
}

/* The header as it stands, and another's signature behind it. */
static char *with_header(const char *header)
{
	char *good = token_make(keys[0], maa_text), *head = b64(header), *out;

	assert_true(asprintf(&out, "%s%s", head, strchr(good, '.')) > 0);
	free(good);
	free(head);
	return out;
}

/* The public key as the secret of a symmetric signature: the classic confusion. */
static char *confused(void)
{
	json_t *secret = json_pack("{s:s, s:s, s:s}", "kty", "oct", "alg", "HS256", "kid", "RS256");
	const json_t *n = json_object_get(keys[0], "n");
	char *out;

	json_object_set(secret, "k", (json_t *)n);
	out = token_make(secret, maa_text);
	json_decref(secret);
	return out;
}

static void test_headers(void **state)
{
	static const char *const refused[] = {
		"{\"alg\":\"none\",\"kid\":\"RS256\"}", "{\"alg\":\"None\",\"kid\":\"RS256\"}",
		"{\"alg\":\"HS256\",\"kid\":\"RS256\"}", "{\"alg\":\"RS512\",\"kid\":\"RS256\"}",
		"{\"alg\":5}", "{}",
	};
	struct wv_token_appraisal a = usual();

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		expect(WV_JWT_ALGORITHM_REFUSED, "header.alg", with_header(refused[i]));
	expect(WV_JWT_ALGORITHM_REFUSED, "header.alg", confused());
	/* ... also where somebody put it among the keys */
	a.jwks = PIECE_OF("{\"keys\":[{\"kty\":\"oct\",\"kid\":\"RS256\",\"k\":\"AAAA\"}]}");
	expect_by(WV_JWT_ALGORITHM_REFUSED, "header.alg", confused(), &a);
	expect_by(WV_JWT_KEY_UNFIT, "jwk", token_make(keys[0], maa_text), &a);
	expect(WV_JWT_KEY_UNFIT, "jwk", with_header("{\"alg\":\"PS256\",\"kid\":\"RS256\"}"));
	expect(WV_JWT_KEY_UNFIT, "jwk", with_header("{\"alg\":\"ES256\",\"kid\":\"RS256\"}"));
	expect(WV_JWT_KEY_UNFIT, "jwk", with_header("{\"alg\":\"ES256\",\"kid\":\"ES384\"}"));
	expect(WV_JWT_KEY_UNKNOWN, "header.kid", with_header("{\"alg\":\"RS256\",\"kid\":\"x\"}"));
	expect(WV_JWT_KEY_UNKNOWN, "header.kid", with_header("{\"alg\":\"RS256\"}"));
	expect(WV_JWT_UNSUPPORTED, "header",
	       with_header("{\"alg\":\"RS256\",\"kid\":\"RS256\",\"crit\":[\"exp\"]}"));
	expect(WV_JWT_UNSUPPORTED, "header", with_header("{\"alg\":\"RS256\",\"b64\":false}"));
	expect(WV_JWT_UNSUPPORTED, "header.typ", with_header("{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}"));
	expect(WV_JWT_DAMAGED, "header.kid", with_header("{\"alg\":\"RS256\",\"kid\":5}"));
	expect(WV_JWT_DAMAGED, "header", with_header("{\"alg\":\"RS256\",\"alg\":\"none\"}"));
	expect(WV_JWT_DAMAGED, "header", with_header("[]"));
	expect(WV_JWT_SIGNATURE_INVALID, "signature", with_header("{\"alg\":\"RS256\",\"kid\":\"RS256\"}"));
	/* a key in the header is nobody's word */
	expect(WV_JWT_SIGNATURE_INVALID, "signature", token_make(others, maa_text));
	expect(WV_JWT_SIGNATURE_INVALID, "signature",
	       token_make_by(others, json_pack("{s:s, s:o}", "kid", "RS256", "jwk", token_key_public(others)),
			maa_text));
}

static void test_signature(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		char *token = token_make(keys[i], maa_text), *tag = strrchr(token, '.') + 1;
		struct wv_token_appraisal a = usual();

		tag[7] = tag[7] == 'A' ? 'B' : 'A';
		expect(WV_JWT_SIGNATURE_INVALID, NULL, strdup(token));
		strcpy(tag, i < 3 ? "AAAA" : "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
		expect(WV_JWT_SIGNATURE_INVALID, NULL, strdup(token));
		a.now = 1;	/* nothing of a forged token is looked at, not even its times */
		expect_by(WV_JWT_SIGNATURE_INVALID, NULL, token, &a);
	}
}

static void test_structure(void **state)
{
	char *token = token_make(keys[0], maa_text), *huge;
	size_t len = strlen(token);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		struct wv_token_appraisal a = usual();
		struct wv_token t;

		assert_int_not_equal(wv_verify_token((struct wv_bytes){ (uint8_t *)token, n }, &a, &t),
				     WV_OK);
		assert_false(t.authentic);
	}
	expect(WV_JWT_DAMAGED, "token", strdup(""));
	expect(WV_JWT_DAMAGED, "token", strdup("a.b"));
	expect(WV_JWT_DAMAGED, "token", strdup("a.b.c.d"));
	expect(WV_JWT_DAMAGED, "header", strdup(".."));
	expect(WV_JWT_DAMAGED, "header", strdup("e30=.e30.AA"));
	expect(WV_JWT_DAMAGED, "header", strdup("e3+0.e30.AA"));
	huge = malloc(WV_TOKEN_MAX + 2);
	memset(huge, 'A', WV_TOKEN_MAX + 1);
	huge[WV_TOKEN_MAX + 1] = 0;
	expect(WV_JWT_DAMAGED, "token", huge);
	token[len - 1] = '\n';
	expect(WV_JWT_DAMAGED, "signature", token);
	expect(WV_JWT_DAMAGED, "payload", token_make(keys[0], changed(maa_text, "{", "{\"a\":[[[[[[[[[[[[[[[["
							   "[]]]]]]]]]]]]]]]]],")));
	expect(WV_JWT_DAMAGED, "payload", token_make(keys[0], changed(maa_text, "{", "{\"exp\":1,")));
	expect(WV_JWT_DAMAGED, "payload", token_make(keys[0], "[1]"));
	expect(WV_JWT_DAMAGED, "payload", token_make(keys[0], "x"));
}

/* Takes over @jwk: verify a good token of keys[0] by it alone. */
static void by_jwk(int want, const char *field, json_t *jwk)
{
	struct wv_token_appraisal a = usual();
	char *set = token_jwks(json_pack("[o]", jwk));

	a.jwks = (struct wv_bytes){ (uint8_t *)set, strlen(set) };
	expect_by(want, field, token_make(keys[0], maa_text), &a);
	free(set);
}

static json_t *with_cert(json_t *cert, bool numbers)
{
	json_t *jwk = token_key_public(keys[0]);

	json_object_set_new(jwk, "x5c", json_pack("[o]", cert));
	if (!numbers) {
		json_object_del(jwk, "n");
		json_object_del(jwk, "e");
	}
	return jwk;
}

static json_t *jwk_with(const char *name, json_t *value)
{
	json_t *jwk = token_key_public(keys[0]);

	json_object_set_new(jwk, name, value);
	return jwk;
}

static void test_keys(void **state)
{
	EVP_PKEY *small = EVP_RSA_gen(1024);
	json_t *weak = jose_openssl_jwk_from_EVP_PKEY(NULL, small);

	(void)state;
	by_jwk(WV_OK, NULL, token_key_public(keys[0]));
	by_jwk(WV_OK, NULL, with_cert(token_cert(keys[0], NOW - 10, NOW + 10), true));
	/* as Azure publishes them: a certificate, and no numbers */
	by_jwk(WV_OK, NULL, with_cert(token_cert(keys[0], NOW - 10, NOW + 10), false));
	by_jwk(WV_JWKS_DAMAGED, "x5c", with_cert(token_cert(others, NOW - 10, NOW + 10), true));
	by_jwk(WV_JWT_SIGNATURE_INVALID, NULL, with_cert(token_cert(others, NOW - 10, NOW + 10), false));
	by_jwk(WV_JWT_KEY_UNFIT, "jwk", with_cert(token_cert(keys[3], NOW - 10, NOW + 10), false));
	by_jwk(WV_CERTIFICATE_EXPIRED, "x5c", with_cert(token_cert(keys[0], NOW - 1000, NOW - 61), false));
	by_jwk(WV_CERTIFICATE_NOT_YET, "x5c", with_cert(token_cert(keys[0], NOW + 61, NOW + 1000), false));
	by_jwk(WV_JWKS_DAMAGED, "x5c", with_cert(json_string("AAAA"), true));
	by_jwk(WV_JWKS_DAMAGED, "x5c", with_cert(json_string("?"), false));
	by_jwk(WV_JWT_KEY_UNFIT, "jwk", jwk_with("use", json_string("enc")));
	by_jwk(WV_JWT_KEY_UNFIT, "jwk", jwk_with("alg", json_string("PS256")));
	by_jwk(WV_JWT_KEY_UNFIT, "jwk", jwk_with("kty", json_string("EC")));
	by_jwk(WV_JWT_KEY_UNFIT, "jwk", jwk_with("n", json_string("!")));
	by_jwk(WV_JWT_KEY_UNFIT, "jwk", jwk_with("e", json_string("")));
	by_jwk(WV_JWKS_DAMAGED, "jwk", json_pack("{s:s, s:s}", "kty", "RSA", "kid", "RS256"));
	assert_non_null(weak);
	json_object_set_new(weak, "kid", json_string("RS256"));
	by_jwk(WV_JWT_KEY_UNFIT, "jwk", token_key_public(weak));
	json_decref(weak);
	EVP_PKEY_free(small);
}

static void test_key_sets(void **state)
{
	static const char *const damaged[] = {
		"", "{", "[]", "{}", "{\"keys\":[]}", "{\"keys\":{}}", "{\"keys\":[],\"keys\":[]}",
	};
	struct wv_token_appraisal a = usual();
	json_t *nameless = token_key_public(keys[0]);
	char *set;

	(void)state;
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		a.jwks = (struct wv_bytes){ (const uint8_t *)damaged[i], strlen(damaged[i]) };
		expect_by(WV_JWKS_DAMAGED, NULL, token_make(keys[0], maa_text), &a);
	}
	/* a token without kid, and one key */
	json_object_del(nameless, "kid");
	set = token_jwks(json_pack("[o]", nameless));
	a.jwks = (struct wv_bytes){ (uint8_t *)set, strlen(set) };
	expect_by(WV_OK, NULL, token_make_by(keys[0], json_object(), maa_text), &a);
	expect_by(WV_JWT_KEY_UNKNOWN, NULL, token_make(keys[0], maa_text), &a);
	free(set);
	/* two keys of one name: the one that fits counts, wherever it stands */
	set = token_jwks(json_pack("[o,o]", token_key_public(others), token_key_public(keys[0])));
	a.jwks = (struct wv_bytes){ (uint8_t *)set, strlen(set) };
	expect_by(WV_OK, NULL, token_make(keys[0], maa_text), &a);
	free(set);
	/* but not any number of them */
	set = token_jwks(json_pack("[o,o,o,o,o]", token_key_public(others), token_key_public(others),
				   token_key_public(others), token_key_public(others),
				   token_key_public(keys[0])));
	a.jwks = (struct wv_bytes){ (uint8_t *)set, strlen(set) };
	expect_by(WV_JWKS_DAMAGED, NULL, token_make(keys[0], maa_text), &a);
	free(set);
}

static void test_json(void **state)
{
	struct wv_token t = expect(WV_OK, NULL, token_make(keys[0], maa_text));
	char *text = wv_token_json(&t);

	(void)state;
	assert_non_null(strstr(text, "\"service\": \"azure-attestation\""));
	assert_non_null(strstr(text, "\"expires_at\": \"2027-01-15T08:10:00Z\""));
	free(text);
	/* a forgery's claims are not repeated */
	t = expect(WV_JWT_SIGNATURE_INVALID, NULL, token_make(others, maa_text));
	text = wv_token_json(&t);
	assert_non_null(strstr(text, "\"claims\": null"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_algorithm), cmocka_unit_test(test_intel),
		cmocka_unit_test(test_measurement_is_compared), cmocka_unit_test(test_policy),
		cmocka_unit_test(test_policy_of_td), cmocka_unit_test(test_azure), cmocka_unit_test(test_times),
		cmocka_unit_test(test_expectations), cmocka_unit_test(test_headers),
		cmocka_unit_test(test_signature), cmocka_unit_test(test_structure),
		cmocka_unit_test(test_keys), cmocka_unit_test(test_key_sets), cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
