// SPDX-License-Identifier: MIT
/*
 * Attestation results: each value that a trustworthiness vector can have, and what a
 * result never affirms.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "support.h"
#include "wardverify_ear.h"

#define KNOWN_BOOT "{\"ward-policy\":1,\"tpm\":{\"pcrs\":{\"sha256\":{\"4\":[\"" \
	"1414141414141414141414141414141414141414141414141414141414141414\"]}}}}"
#define POLICY_SHA256 "cf380ab2c48d06851bb2fc8f4797fc467f79f84d59f3492fd0d598e6de359e17"
#define ENCLAVE "{\"ward-policy\":1,\"sgx\":{\"mrenclave\":[\"" \
	"1414141414141414141414141414141414141414141414141414141414141414\"]}}"
#define POSTURE "{\"ward-policy\":1,\"posture\":[\"module-sig\"]}"

/* instance, configuration, executables, files, hardware, memory, storage, sources */
struct expected {
	const char *name;
	struct wv_verdict v;
	const char *policy;
	const char *submod;
	const char *status;
	int vector[8];
};

#define LAUNCH	(WV_HAVE_CLAIMS | WV_HAVE_REPORT | WV_HAVE_VEK)
#define REFUSED(r) .v = { .fault = { .reason = (r), .field = "x" }, .have = LAUNCH | WV_HAVE_TPM }

static const struct expected table[] = {
	{ "a measured guest, lists looked at", { .have = LAUNCH, .measured = 1 }, NULL, "cpu0",
	  "affirming", { 2, 0, 3, 0, 2, 2, 0, 0 } },
	{ "without a list nobody knows whether the chip is compromised",
	  { .have = LAUNCH, .measured = 1, .warnings = WV_WARN_CRL_UNCHECKED }, NULL, "cpu0",
	  "affirming", { 0, 0, 3, 0, 2, 2, 0, 0 } },
	{ "an operator's key names no chip",
	  { .have = LAUNCH, .measured = 1, .warnings = WV_WARN_VLEK }, NULL, "cpu0", "affirming",
	  { 0, 0, 3, 0, 2, 2, 0, 0 } },
	{ "a masked chip", { .have = LAUNCH, .measured = 1, .warnings = WV_WARN_CHIP_MASKED }, NULL,
	  "cpu0", "affirming", { 0, 0, 3, 0, 2, 2, 0, 0 } },
	{ "the policy's posture held", { .have = LAUNCH, .measured = 1 }, POSTURE, "cpu0",
	  "affirming", { 2, 2, 3, 0, 2, 2, 0, 0 } },
	{ "a bare report has no posture",
	  { .have = WV_HAVE_REPORT | WV_HAVE_VEK, .measured = 1 }, POSTURE, "cpu0", "affirming",
	  { 2, 0, 3, 0, 2, 2, 0, 0 } },
	{ "unmeasured, as the policy allows", { .have = LAUNCH }, NULL, "cpu0", "warning",
	  { 2, 0, 33, 0, 2, 2, 0, 0 } },
	{ "a debug guest, as the policy allows",
	  { .have = LAUNCH, .measured = 1, .warnings = WV_WARN_DEBUG }, POSTURE, "cpu0", "warning",
	  { 2, 32, 3, 0, 2, 32, 0, 0 } },
	{ "a simulated TEE affirms nothing", { .have = LAUNCH, .measured = 1, .simulated = 1 },
	  NULL, "cpu0", "warning", { 0, 0, 33, 0, 0, 0, 0, 0 } },
	{ "a TPM alone is no TEE",
	  { .have = WV_HAVE_CLAIMS | WV_HAVE_TPM, .measured = 1, .tpm.ak_trust = WV_AK_PINNED },
	  KNOWN_BOOT, "cpu0", "warning", { 0, 0, 3, 0, 0, 0, 0, 0 } },
	{ "... whose registers tell the boot",
	  { .have = WV_HAVE_CLAIMS | WV_HAVE_TPM, .measured = 1, .tpm.ak_trust = WV_AK_PINNED },
	  KNOWN_BOOT, "tpm0", "affirming", { 2, 0, 3, 0, 0, 0, 0, 0 } },
	{ "a certified key", { .have = LAUNCH | WV_HAVE_TPM, .tpm.ak_trust = WV_AK_CERTIFIED },
	  KNOWN_BOOT, "tpm0", "affirming", { 0, 0, 3, 0, 0, 0, 0, 0 } },
	{ "a shared key",
	  { .have = LAUNCH | WV_HAVE_TPM, .tpm = { .ak_trust = WV_AK_PINNED, .ak_shared = 1 } },
	  KNOWN_BOOT, "tpm0", "warning", { 2, 32, 3, 0, 0, 0, 0, 0 } },
	{ "a key that nobody knows", { .have = LAUNCH | WV_HAVE_TPM }, KNOWN_BOOT, "tpm0",
	  "warning", { 0, 0, 0, 0, 0, 0, 0, 0 } },
	{ "a quote of which the policy says nothing",
	  { .have = LAUNCH | WV_HAVE_TPM, .tpm.ak_trust = WV_AK_CERTIFIED }, POSTURE, "tpm0", "none",
	  { 0, 0, 0, 0, 0, 0, 0, 0 } },

	{ "a TD that is up to date",
	  { .have = WV_HAVE_CLAIMS | WV_HAVE_TDX, .measured = 1, .tdx.tcb.level = WV_TCB_UP_TO_DATE },
	  NULL, "cpu0", "affirming", { 2, 0, 3, 0, 2, 2, 0, 0 } },
	{ "a TD of whose patches nobody was asked", { .have = WV_HAVE_CLAIMS | WV_HAVE_TDX, .measured = 1 },
	  NULL, "cpu0", "warning", { 2, 0, 3, 0, 0, 2, 0, 0 } },
	{ "a TD that was quoted by an enclave which nobody compared",
	  { .have = WV_HAVE_CLAIMS | WV_HAVE_TDX, .measured = 1,
	    .tdx.tcb = { .level = WV_TCB_UP_TO_DATE, .unchecked = WV_UNCHECKED_QE } },
	  NULL, "cpu0", "warning", { 2, 0, 3, 0, 0, 2, 0, 0 } },
	{ "a TD out of date, as the policy allows",
	  { .have = WV_HAVE_CLAIMS | WV_HAVE_TDX, .measured = 1, .tdx.tcb.level = WV_TCB_OUT_OF_DATE },
	  NULL, "cpu0", "warning", { 2, 0, 3, 0, 32, 2, 0, 0 } },
	{ "a vTPM that signs for everybody",
	  { .have = LAUNCH | WV_HAVE_AZURE, .measured = 1, .warnings = WV_WARN_AK_SHARED }, NULL, "cpu0",
	  "warning", { 2, 32, 3, 0, 2, 2, 0, 0 } },
	{ "a Nitro enclave is isolated, not encrypted", { .have = WV_HAVE_NITRO, .measured = 1 }, NULL,
	  "cpu0", "warning", { 2, 0, 3, 0, 2, 32, 0, 0 } },
	{ "a realm", { .have = WV_HAVE_CCA, .measured = 1 }, NULL, "cpu0", "affirming",
	  { 2, 0, 3, 0, 2, 2, 0, 0 } },
	{ "an enclave that is pinned", { .have = WV_HAVE_SGX, .measured = 1,
					 .sgx.tcb.level = WV_TCB_UP_TO_DATE }, ENCLAVE, "sgx0",
	  "affirming", { 2, 0, 3, 0, 2, 2, 0, 0 } },
	{ "... under a simulator's root", { .have = WV_HAVE_SGX, .measured = 1, .simulated = 1,
					    .sgx.tcb.level = WV_TCB_UP_TO_DATE }, ENCLAVE, "sgx0",
	  "warning", { 0, 0, 33, 0, 0, 0, 0, 0 } },
	{ "an enclave that nobody knows", { .have = WV_HAVE_SGX, .sgx.tcb.level = WV_TCB_UP_TO_DATE },
	  NULL, "sgx0", "warning", { 2, 0, 33, 0, 2, 2, 0, 0 } },
	{ "an enclave affirms no guest", { .have = WV_HAVE_CLAIMS | WV_HAVE_TPM | WV_HAVE_SGX,
					   .sgx.tcb.level = WV_TCB_UP_TO_DATE }, ENCLAVE, "cpu0",
	  "warning", { 0, 0, 33, 0, 0, 0, 0, 0 } },
	{ "a root of trust whose key the policy names", { .have = WV_HAVE_PSA }, NULL, "psa0",
	  "affirming", { 2, 0, 0, 0, 0, 0, 0, 0 } },

	{ "a GPU of which the policy says nothing", { .have = WV_HAVE_GPU }, NULL, "gpu0", "warning",
	  { 0, 0, 33, 0, 2, 0, 0, 0 } },
	{ "a GPU whose certificates were looked up",
	  { .have = WV_HAVE_GPU, .gpu.crl_checked = 1 }, NULL, "gpu0", "warning",
	  { 2, 0, 33, 0, 2, 0, 0, 0 } },
	{ "a GPU of a simulator's", { .have = WV_HAVE_GPU, .gpu = { .simulated = 1, .crl_checked = 1 } },
	  NULL, "gpu0", "warning", { 0, 0, 33, 0, 0, 0, 0, 0 } },
	{ "another GPU", { .fault = { .reason = WV_GPU_REFUSED }, .have = WV_HAVE_GPU | LAUNCH }, NULL,
	  "gpu0", "contraindicated", { 97, 0, 0, 0, 0, 0, 0, 0 } },
	{ "... says nothing of the guest",
	  { .fault = { .reason = WV_GPU_REFUSED }, .have = WV_HAVE_GPU | LAUNCH }, NULL, "cpu0",
	  "contraindicated", { 0 } },

	{ "a forged signature", REFUSED(WV_SIGNATURE_INVALID), NULL, "cpu0", "contraindicated",
	  { 99, 99, 99, 99, 99, 99, 99, 99 } },
	{ "a forged chain", REFUSED(WV_CHAIN_UNTRUSTED), NULL, "cpu0", "contraindicated",
	  { 99, 99, 99, 99, 99, 99, 99, 99 } },
	{ "a certificate that ended is no forgery", REFUSED(WV_CERTIFICATE_EXPIRED), NULL, "cpu0",
	  "contraindicated", { 0 } },
	{ "a clock that is wrong is none either", REFUSED(WV_CERTIFICATE_NOT_YET), NULL, "cpu0",
	  "contraindicated", { 0 } },
	{ "collateral that is missing", REFUSED(WV_COLLATERAL_MISSING), NULL, "cpu0", "none", { 0 } },
	{ "a certificate that was revoked", REFUSED(WV_CERTIFICATE_REVOKED), NULL, "cpu0",
	  "contraindicated", { 96, 0, 0, 0, 96, 0, 0, 0 } },
	{ "another image", REFUSED(WV_MEASUREMENT_MISMATCH), NULL, "cpu0", "contraindicated",
	  { 0, 0, 33, 0, 0, 0, 0, 0 } },
	{ "no measurement", REFUSED(WV_GUEST_UNMEASURED), NULL, "cpu0", "contraindicated",
	  { 0, 0, 33, 0, 0, 0, 0, 0 } },
	{ "old firmware", REFUSED(WV_TCB_BELOW_POLICY), NULL, "cpu0", "contraindicated",
	  { 0, 0, 0, 0, 32, 0, 0, 0 } },
	{ "debug", REFUSED(WV_DEBUG_ALLOWED), NULL, "cpu0", "contraindicated",
	  { 0, 96, 0, 0, 0, 96, 0, 0 } },
	{ "posture", REFUSED(WV_POSTURE_REFUSED), NULL, "cpu0", "contraindicated",
	  { 0, 96, 0, 0, 0, 0, 0, 0 } },
	{ "another TEE", REFUSED(WV_TEE_REFUSED), NULL, "cpu0", "contraindicated",
	  { 0, 0, 0, 0, 97, 0, 0, 0 } },
	{ "another worker says nothing of the machine", REFUSED(WV_WRONG_UID), NULL, "cpu0",
	  "contraindicated", { 0 } },
	{ "another register", REFUSED(WV_PCR_MISMATCH), NULL, "tpm0", "contraindicated",
	  { 0, 0, 33, 0, 0, 0, 0, 0 } },
	{ "a key of another machine's", REFUSED(WV_AK_UNTRUSTED), NULL, "tpm0", "contraindicated",
	  { 97, 0, 0, 0, 0, 0, 0, 0 } },
	{ "a key that signs anything", REFUSED(WV_AK_UNFIT), NULL, "tpm0", "contraindicated",
	  { 96, 0, 0, 0, 0, 0, 0, 0 } },
	{ "a TCB that was revoked", REFUSED(WV_TCB_LEVEL_REVOKED), NULL, "cpu0", "contraindicated",
	  { 0, 0, 0, 0, 96, 0, 0, 0 } },
	{ "another TDX module", REFUSED(WV_TDX_MODULE_MISMATCH), NULL, "cpu0", "contraindicated",
	  { 0, 0, 0, 0, 97, 0, 0, 0 } },
	{ "another chip", REFUSED(WV_CHIP_REFUSED), NULL, "cpu0", "contraindicated",
	  { 97, 0, 0, 0, 0, 0, 0, 0 } },
	{ "another enclave, alone", { .fault = { .reason = WV_ENCLAVE_REFUSED }, .have = WV_HAVE_SGX },
	  NULL, "sgx0", "contraindicated", { 0, 0, 33, 0, 0, 0, 0, 0 } },
	{ "old patches of an enclave's platform",
	  { .fault = { .reason = WV_TCB_STATUS_REFUSED }, .have = WV_HAVE_SGX }, NULL, "sgx0",
	  "contraindicated", { 0, 0, 0, 0, 32, 0, 0, 0 } },
	{ "bytes that nobody can read", REFUSED(WV_BUNDLE_DAMAGED), NULL, "cpu0", "none",
	  { 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ "no memory", REFUSED(WV_NO_MEMORY), NULL, "cpu0", "none",
	  { -1, -1, -1, -1, -1, -1, -1, -1 } },
};

static const char *const claims[] = {
	"instance-identity", "configuration", "executables", "file-system", "hardware",
	"runtime-opaque", "storage-opaque", "sourced-data",
};

static struct wv_policy *policy_of(const char *text)
{
	struct wv_policy *p;
	struct wv_fault fault;

	ut_reason(WV_OK,
		  wv_policy_parse((struct wv_bytes){ (const uint8_t *)text, strlen(text) }, &p, &fault),
		  &fault);
	return p;
}

static json_t *result(const struct wv_ear *ear)
{
	char *text = wv_ear_json(ear);
	json_t *object;

	assert_non_null(text);
	object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	free(text);
	return object;
}

static const char *text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static void check_row(const struct expected *row)
{
	struct wv_policy *p = row->policy ? policy_of(row->policy) : NULL;
	struct wv_ear ear = {
		.verdict = &row->v, .policy = p, .issued_at = 1000, .developer = "d", .build = "b",
	};
	json_t *all = result(&ear), *one, *vector;

	one = json_object_get(json_object_get(all, "submods"), row->submod);
	if (!one || strcmp(text_of(one, "ear.status"), row->status))
		fail_msg("%s: %s, not %s", row->name, one ? text_of(one, "ear.status") : "absent",
			 row->status);
	vector = json_object_get(one, "ear.trustworthiness-vector");
	assert_int_equal(json_object_size(vector), 8);
	for (int i = 0; i < 8; i++) {
		json_int_t have = json_integer_value(json_object_get(vector, claims[i]));

		if (have != row->vector[i])
			fail_msg("%s: %s is %lld, not %d", row->name, claims[i], (long long)have,
				 row->vector[i]);
	}
	assert_int_equal(!json_object_get(one, "ear.veraison.annotated-evidence"),
			 !!row->v.fault.reason);
	json_decref(all);
	wv_policy_free(p);
}

static void test_vector(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		check_row(&table[i]);
}

/* What stands beside a guest is no guest. */
static void test_submodules(void **state)
{
	struct wv_verdict v = { .have = WV_HAVE_SGX };
	struct wv_ear ear = { .verdict = &v, .issued_at = 1, .developer = "d", .build = "b" };
	json_t *all = result(&ear);

	(void)state;
	assert_null(json_object_get(json_object_get(all, "submods"), "cpu0"));
	json_decref(all);
	v.have |= WV_HAVE_TDX | WV_HAVE_TPM | WV_HAVE_PSA | WV_HAVE_GPU;
	ear.whole = 1;
	all = result(&ear);
	assert_int_equal(json_object_size(json_object_get(all, "submods")), 5);
	json_decref(all);
	v.have = 0;
	all = result(&ear);
	assert_int_equal(json_object_size(json_object_get(all, "submods")), 1);
	assert_non_null(json_object_get(json_object_get(all, "submods"), "cpu0"));
	json_decref(all);
}

/* Whatever the reason of a refusal, no result of it affirms a thing. */
static void test_no_refusal_affirms(void **state)
{
	(void)state;
	for (int r = wv_reason_next(0); r >= 0; r = wv_reason_next(r)) {
		struct wv_verdict v = { .fault.reason = r, .measured = 1,
					.have = LAUNCH | WV_HAVE_TPM, .tpm.ak_trust = WV_AK_PINNED };
		struct wv_ear ear = { .verdict = &v, .issued_at = 1, .developer = "d", .build = "b" };
		json_t *all = result(&ear), *one, *value;
		const char *name, *claim;

		json_object_foreach(json_object_get(all, "submods"), name, one) {
			assert_string_not_equal(text_of(one, "ear.status"), "affirming");
			assert_string_not_equal(text_of(one, "ear.status"), "warning");
			json_object_foreach(json_object_get(one, "ear.trustworthiness-vector"), claim,
					    value) {
				json_int_t n = json_integer_value(value);

				if (n > 1 && n < 32)
					fail_msg("%s: %s %s is %lld", wv_reason_text(r), name, claim,
						 (long long)n);
			}
		}
		assert_string_equal(text_of(json_object_get(all, "ward"), "verdict"),
				    wv_reason_text(r));
		assert_int_equal(json_integer_value(json_object_get(json_object_get(all, "ward"),
								    "exit_code")), wv_reason_exit(r));
		json_decref(all);
	}
}

static void test_members(void **state)
{
	static const char policy[] = "{\"ward-policy\":1}";
	static const uint8_t nonce[9] = { 0xff, 0xef, 1, 2, 3, 4, 5, 6, 7 };
	struct wv_verdict v = { .have = LAUNCH, .warnings = WV_WARN_SMT };
	struct wv_policy *p = policy_of(policy);
	struct wv_ear ear = {
		.verdict = &v, .policy = p, .issued_at = 1000, .expires_at = 1060, .verified_at = 7,
		.developer = "somebody", .build = "something", .nonce = { nonce, sizeof(nonce) },
		.runtime_data = "{\"k\":[1]}",
	};
	json_t *all = result(&ear), *cpu, *evidence;

	(void)state;
	assert_string_equal(text_of(all, "eat_profile"), "tag:github.com,2023:veraison/ear");
	assert_int_equal(json_integer_value(json_object_get(all, "iat")), 1000);
	assert_int_equal(json_integer_value(json_object_get(all, "exp")), 1060);
	assert_string_equal(text_of(all, "eat_nonce"), "_-8BAgMEBQYH");
	assert_string_equal(text_of(json_object_get(all, "ear.verifier-id"), "developer"), "somebody");
	assert_string_equal(text_of(json_object_get(all, "ear.verifier-id"), "build"), "something");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(all, "ward"),
							    "verified_at")), 7);
	cpu = json_object_get(json_object_get(all, "submods"), "cpu0");
	/* printf '{"ward-policy":1}' | sha256sum */
	assert_string_equal(text_of(cpu, "ear.appraisal-policy-id"),
			    "nih:sha-256;" POLICY_SHA256);
	evidence = json_object_get(cpu, "ear.veraison.annotated-evidence");
	assert_non_null(json_object_get(json_object_get(evidence, "runtime_data_claims"), "k"));
	assert_null(json_object_get(evidence, "report"));
	json_decref(all);
	ear.whole = 1;
	ear.nonce.data = NULL;
	all = result(&ear);
	assert_null(json_object_get(all, "eat_nonce"));
	cpu = json_object_get(json_object_get(all, "submods"), "cpu0");
	evidence = json_object_get(cpu, "ear.veraison.annotated-evidence");
	assert_true(json_is_object(json_object_get(evidence, "report")));
	assert_true(json_is_object(json_object_get(evidence, "claims")));
	assert_null(json_object_get(evidence, "verdict"));
	json_decref(all);
	wv_policy_free(p);
}

static void test_refused_arguments(void **state)
{
	struct wv_verdict v = { .have = LAUNCH };
	struct wv_ear ear = { .verdict = &v, .issued_at = 1, .developer = "d", .build = "b" };
	uint8_t nonce[65] = { 0 };

	(void)state;
	ear.runtime_data = "[1]";
	assert_null(wv_ear_json(&ear));
	ear.runtime_data = "{";
	assert_null(wv_ear_json(&ear));
	ear.runtime_data = "{\"a\":1,\"a\":2}";
	assert_null(wv_ear_json(&ear));
	ear.runtime_data = NULL;
	ear.nonce = (struct wv_bytes){ nonce, 7 };
	assert_null(wv_ear_json(&ear));
	ear.nonce.len = 65;
	assert_null(wv_ear_json(&ear));
	ear.nonce.len = 64;
	json_decref(result(&ear));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_no_refusal_affirms),
		cmocka_unit_test(test_submodules),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_refused_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
