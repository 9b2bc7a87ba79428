// SPDX-License-Identifier: MIT
/*
 * Evidence of Azure's confidential VMs, made under test keys: what the paravisor's
 * report binds to what, and every way in which that may fail.
 */
#include "azure_make.h"
#include "tpm_judge.h"

#define M48 "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
#define ON	"\"allow_tee\":[\"simulated-snp\"]"
#define PARAVISOR ON ",\"measurement\":[\"" M48 "\"]"
#define REGISTERS "\"pcrs\":{\"sha256\":{\"4\":[\"" HEX14 "\"]}}"
#define WHOLE	PARAVISOR ",\"azure\":{" REGISTERS "}"

/** struct vm - a VM of Azure's, to be changed at will */
struct vm {
	struct sim_guest g;
	struct azure_make hcl;
	struct tpm_sim quote;
	const struct sim_pki *pki;
	const char *tee;
};

static void vm_new(struct vm *vm)
{
	sim_guest_new(&vm->g, WARD_PURPOSE_RELEASE);
	vm->g.claims.tee = htole32(WARD_TEE_AZURE_SNP);
	vm->g.no_launch = true;
	azure_make_new(&vm->hcl, rsa);
	tpm_sim_new(&vm->quote, rsa);
	vm->quote.shared = 1;
	vm->pki = &pki;
	vm->tee = "azure-snp";
}

static struct wv_bytes vm_bundle(struct vm *vm)
{
	struct wv_evidence e = { .provider = "azure" };
	uint8_t report_data[64];
	struct wv_bytes bundle;

	sim_report_data(&vm->g, report_data);
	if (!vm->quote.hcl.data)
		vm->quote.hcl = azure_make_hcl(&vm->hcl, &vm->g, vm->pki);
	strcpy(e.tee, vm->tee);
	e.data = tpm_sim_data(&vm->quote, report_data);
	e.aux = tpm_sim_aux(&vm->quote);
	vm->g.more = &e;
	vm->g.more_count = 1;
	bundle = sim_bundle(&vm->g, &pki);
	vm->g.more_count = 0;
	ut_free(e.data);
	ut_free(e.aux);
	return bundle;
}

static struct wv_policy *policy_of(const char *members)
{
	struct tpm_sim none;

	tpm_sim_new(&none, p256);
	return policy(&none, members);
}

static void chain_of(const struct sim_pki *of, struct wv_collateral *c)
{
	c->vek = sim_pem(of->vek);
	c->intermediate = sim_pem(of->ask);
	c->ark = sim_pem(of->ark);
}

static void chain_free(struct wv_collateral *c)
{
	ut_free(c->vek);
	ut_free(c->intermediate);
	ut_free(c->ark);
}

static int vm_judge(struct vm *vm, const char *members, struct wv_verdict *v)
{
	struct wv_policy *p = policy_of(members);
	struct wv_collateral c = { .item_count = 0 };
	struct wv_appraisal a = { .roots = roots, .policy = p, .now = now, .collateral = &c };
	struct wv_bytes bundle = vm_bundle(vm);
	int rc;

	chain_of(&pki, &c);
	rc = wv_verify_bundle(bundle, &a, v);
	chain_free(&c);
	ut_free(bundle);
	wv_policy_free(p);
	ut_free(vm->quote.hcl);
	vm->quote.hcl = (struct wv_bytes){ NULL, 0 };
	return rc;
}

static void vm_expect(struct vm *vm, const char *members, int want, const char *field)
{
	struct wv_verdict v;

	ut_reason(want, vm_judge(vm, members, &v), &v.fault);
	if (field)
		assert_string_equal(v.fault.field, field);
}

/* ---- what holds -------------------------------------------------------------------- */

static void sound(void **state)
{
	struct wv_verdict v;
	struct vm vm;
	char *json;

	(void)state;
	vm_new(&vm);
	ut_reason(WV_OK, vm_judge(&vm, WHOLE, &v), &v.fault);
	assert_int_equal(v.have, WV_HAVE_CLAIMS | WV_HAVE_REPORT | WV_HAVE_VEK | WV_HAVE_AZURE);
	assert_int_equal(v.measured, 1);
	assert_int_equal(v.simulated, 1);
	assert_int_equal(v.azure.kind, WV_AZURE_SNP);
	assert_int_equal(v.azure.version, 2);
	assert_string_equal(v.azure.vm_id, AZURE_VM_ID);
	assert_int_equal(v.azure.secure_boot, WV_SAID_YES);
	assert_int_equal(v.azure.tpm_persisted, WV_SAID_NO);
	assert_int_equal(v.azure.has_user_data, 0);
	assert_int_equal(v.azure.quote.ak_trust, WV_AK_REPORTED);
	assert_int_equal(v.azure.quote.pcr[9][31], 0x19);
	assert_true(v.warnings & WV_WARN_AK_SHARED);
	assert_false(v.warnings & WV_WARN_AK_UNPINNED);
	json = wv_verdict_json(&v);
	assert_non_null(strstr(json, "\"vm_id\": \"" AZURE_VM_ID "\""));
	assert_non_null(strstr(json, "\"trust\": \"reported\""));
	free(json);
	/* the index as older machines have it, or nothing behind the report */
	vm.hcl.padded = 2048;
	vm.hcl.version = 1;
	vm_expect(&vm, WHOLE, WV_OK, NULL);
	vm.hcl.padded = 0;
	vm_expect(&vm, WHOLE, WV_OK, NULL);
	/* the signature's bytes alone; other schemes, hashes, lengths of the hash */
	vm.quote.bare = true;
	vm_expect(&vm, WHOLE, WV_OK, NULL);
	vm.quote.bare = false;
	vm.quote.scheme = SIM_RSAPSS;
	vm_expect(&vm, WHOLE, WV_OK, NULL);
	vm.hcl.hash = 2;
	vm_expect(&vm, WHOLE, WV_OK, NULL);
	vm.hcl.hash = 3;
	vm_expect(&vm, WHOLE, WV_OK, NULL);
}

/* Neither the paravisor alone nor the registers alone tell what the guest is. */
static void measured(void **state)
{
	struct wv_verdict v;
	struct vm vm;

	(void)state;
	vm_new(&vm);
	vm_expect(&vm, PARAVISOR, WV_GUEST_UNMEASURED, "azure");
	vm_expect(&vm, ON ",\"azure\":{" REGISTERS "}", WV_GUEST_UNMEASURED, "azure");
	vm_expect(&vm, PARAVISOR ",\"azure\":{\"pcrs\":{\"sha256\":{\"9\":[\"" HEX19 "\"]}}}",
		  WV_GUEST_UNMEASURED, "azure");
	/* registers of a TPM that stands beside it are another's */
	vm_expect(&vm, PARAVISOR ",\"tpm\":{\"required\":false," REGISTERS "}", WV_GUEST_UNMEASURED,
		  "azure");
	vm_expect(&vm, PARAVISOR ",\"azure\":{\"pcrs\":{\"sha256\":{\"7\":[\"" HEX14 "\"]}}}",
		  WV_PCR_MISMATCH, "pcrs.7");
	vm_expect(&vm, PARAVISOR ",\"azure\":{\"pcrs\":{\"sha256\":{\"8\":[\"" HEX14 "\"]}}}",
		  WV_PCR_MISSING, "pcrs.8");
	ut_reason(WV_OK, vm_judge(&vm, ON ",\"accept_unmeasured\":true", &v), &v.fault);
	assert_int_equal(v.measured, 0);
	assert_true(v.warnings & WV_WARN_UNMEASURED);
	vm.g.measurement[0] ^= 1;
	vm_expect(&vm, WHOLE, WV_MEASUREMENT_MISMATCH, "report.measurement");
}

static void kinds(void **state)
{
	struct vm vm;

	(void)state;
	vm_new(&vm);
	vm_expect(&vm, "\"measurement\":[\"" M48 "\"],\"azure\":{" REGISTERS "}",
		  WV_SIMULATED_REFUSED, "evidence.tee");
	vm_expect(&vm, "\"allow_tee\":[\"simulated-snp\",\"snp\"],\"accept_unmeasured\":true,"
		       "\"evidence\":[\"snp\"]", WV_EVIDENCE_MISSING, "evidence");
	vm_expect(&vm, WHOLE ",\"evidence\":[\"tpm\"]", WV_EVIDENCE_MISSING, "evidence");
	/* the frame must be around what the piece says it is */
	vm.hcl.kind = WV_AZURE_TDX;
	vm_expect(&vm, WHOLE, WV_RUNTIME_MISMATCH, "hcl.report_data");
	vm.hcl.kind = 3;
	vm_expect(&vm, WHOLE, WV_HCL_DAMAGED, "hcl");
}

/* ---- what does not ----------------------------------------------------------------- */

static void other_keys(void **state)
{
	EVP_PKEY *other = EVP_RSA_gen(2048);
	struct vm vm;

	(void)state;
	vm_new(&vm);
	vm.quote.key = other;
	vm_expect(&vm, WHOLE, WV_AK_MISMATCH, "ak");
	vm.quote.told_key = rsa;
	vm_expect(&vm, WHOLE, WV_SIGNATURE_INVALID, "signature");
	vm.quote.bare = true;
	vm_expect(&vm, WHOLE, WV_SIGNATURE_INVALID, "signature");
	vm_new(&vm);
	vm.quote.key = p256;
	vm.quote.scheme = SIM_ECDSA;
	vm_expect(&vm, WHOLE, WV_AK_MISMATCH, "ak");
	/* a key that signs whatever it is given says nothing of registers */
	vm_new(&vm);
	vm.quote.attributes &= ~(1u << 16);
	vm_expect(&vm, WHOLE, WV_AK_UNFIT, "ak");
	/* pinning another key as a TPM's opens nothing */
	vm_new(&vm);
	vm.hcl.named = other;
	vm_expect(&vm, WHOLE, WV_AK_MISMATCH, "ak");
	EVP_PKEY_free(other);
}

static void other_challenges(void **state)
{
	static const uint8_t other[64] = { 9 };
	uint8_t report_data[64];
	struct wv_verdict v;
	struct vm vm;

	(void)state;
	vm_new(&vm);
	vm.quote.over = other;
	vm_expect(&vm, WHOLE, WV_REPORT_DATA_MISMATCH, "quote.extraData");
	/* the nonce in the wrong place: what the guest wrote is no answer where a quote is */
	sim_report_data(&vm.g, report_data);
	vm.hcl.user_data = report_data;
	vm_expect(&vm, WHOLE, WV_REPORT_DATA_MISMATCH, "quote.extraData");
	vm.quote.over = NULL;
	vm.hcl.user_data = other;
	ut_reason(WV_OK, vm_judge(&vm, WHOLE, &v), &v.fault);
	assert_int_equal(v.azure.has_user_data, 1);
	assert_memory_equal(v.azure.user_data, other, 64);
}

static void other_registers(void **state)
{
	struct vm vm;

	(void)state;
	vm_new(&vm);
	vm.quote.swapped = true;
	vm_expect(&vm, WHOLE, WV_PCR_DIGEST_MISMATCH, "pcrs");
	vm_new(&vm);
	vm.quote.pcr[4][0] ^= 1;
	vm_expect(&vm, WHOLE, WV_PCR_MISMATCH, "pcrs.4");
	vm_new(&vm);
	vm.quote.selected = 1u << 9;
	vm_expect(&vm, WHOLE, WV_PCR_MISSING, "pcrs.4");
	vm_new(&vm);
	vm.quote.bank = SIM_SHA384;
	vm.quote.pcr_len = 48;
	vm_expect(&vm, WHOLE, WV_PCR_BANK_REFUSED, "quote");
	vm_new(&vm);
	vm.quote.bank = SIM_SHA1;
	vm.quote.pcr_len = 20;
	vm_expect(&vm, WHOLE, WV_PCR_BANK_REFUSED, "quote");
}

/* A report of the same claims' hardware, made by whoever is not the paravisor. */
static void other_hardware(void **state)
{
	struct sim_recipe recipe = sim_default_recipe;
	struct sim_pki other;
	struct vm vm;

	(void)state;
	assert_int_equal(sim_pki_make(&recipe, &pki, &other), 0);
	vm_new(&vm);
	vm.pki = &other;
	vm_expect(&vm, WHOLE, WV_SIGNATURE_INVALID, "report.signature");
	sim_pki_free(&other);
	for (vm.g.vmpl = 1; vm.g.vmpl < 4; vm.g.vmpl++) {
		vm.pki = &pki;
		vm_expect(&vm, WHOLE ",\"vmpl_max\":3", WV_VMPL_REFUSED, "hcl.report.vmpl");
	}
	vm_new(&vm);
	vm.g.policy |= WV_SNP_POLICY_DEBUG;
	vm_expect(&vm, WHOLE, WV_DEBUG_ALLOWED, "report.policy");
}

static void settings(void **state)
{
	static const struct {
		const char *says, *wants, *field;
		int want;
	} cases[] = {
		{ "\"secure-boot\":true", "\"secure_boot\":true", NULL, WV_OK },
		{ "\"secure-boot\":false", "\"secure_boot\":true", "secure-boot", WV_VM_CONFIG_REFUSED },
		{ "", "\"secure_boot\":true", "secure-boot", WV_VM_CONFIG_REFUSED },
		{ "", "\"secure_boot\":false", "secure-boot", WV_VM_CONFIG_REFUSED },
		{ "\"tpm-enabled\":false", "\"tpm_enabled\":true", "tpm-enabled", WV_VM_CONFIG_REFUSED },
		{ "\"tpm-persisted\":true", "\"tpm_persisted\":false", "tpm-persisted",
		  WV_VM_CONFIG_REFUSED },
		{ "\"console-enabled\":true", "\"console_enabled\":false", "console-enabled",
		  WV_VM_CONFIG_REFUSED },
		{ "\"console-enabled\":false", "\"console_enabled\":false", NULL, WV_OK },
		{ "\"vmUniqueId\":\"" AZURE_VM_ID "\"",
		  "\"vm_id\":[\"26f8bc30-774e-4290-8e7a-535f3b672aee\"]", NULL, WV_OK },
		{ "\"vmUniqueId\":\"" AZURE_VM_ID "\"",
		  "\"vm_id\":[\"26f8bc30-774e-4290-8e7a-535f3b672aef\"]", "vmUniqueId", WV_VM_REFUSED },
		{ "", "\"vm_id\":[\"" AZURE_VM_ID "\"]", "vmUniqueId", WV_VM_REFUSED },
		{ "\"vmUniqueId\":\"any\"", "\"vm_id\":[\"" AZURE_VM_ID "\"]", "vmUniqueId",
		  WV_VM_REFUSED },
		{ "\"root-cert-thumbprint\":\"6nZZnYaJc4KqUZ_yvA-mucFdYNouvlPnITnNMXsHl-0\"",
		  "\"root_cert_thumbprint\":[\"6nZZnYaJc4KqUZ_yvA-mucFdYNouvlPnITnNMXsHl-0\"]", NULL,
		  WV_OK },
		{ "\"root-cert-thumbprint\":\"6nZZnYaJc4KqUZ_yvA-mucFdYNouvlPnITnNMXsHl-0\"",
		  "\"root_cert_thumbprint\":[\"6nZZnYaJc4KqUZ_yvA-mucFdYNouvlPnITnNMXsHl-4\"]",
		  "root-cert-thumbprint", WV_VM_CONFIG_REFUSED },
	};
	char members[1024], field[64];
	struct vm vm;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		vm_new(&vm);
		vm.hcl.vm = cases[i].says;
		snprintf(members, sizeof(members), PARAVISOR ",\"azure\":{" REGISTERS ",%s}",
			 cases[i].wants);
		snprintf(field, sizeof(field), "hcl.vm-configuration.%s",
			 cases[i].field ? cases[i].field : "");
		vm_expect(&vm, members, cases[i].want, cases[i].field ? field : NULL);
	}
}

static void policies_that_cannot_be(void **state)
{
	static const char *const wrong[] = {
		"\"azure\":[]", "\"azure\":{\"required\":true}", "\"azure\":{\"secure_boot\":1}",
		"\"azure\":{\"vm_id\":[]}", "\"azure\":{\"vm_id\":[\"26F8BC30774E42908E7A535F3B672AEE\"]}",
		"\"azure\":{\"vm_id\":[\"26F8BC30-774E-4290-8E7A-535F3B672AEE0\"]}",
		"\"azure\":{\"vm_id\":[\"26F8BC3--774E-4290-8E7A-535F3B672AEE\"]}",
		"\"azure\":{\"pcrs\":{\"sha1\":{}}}", "\"azure\":{\"root_cert_thumbprint\":[\"AQ\"]}",
		"\"azure\":{\"root_cert_thumbprint\":[\"6nZZnYaJc4KqUZ_yvA-mucFdYNouvlPnITnNMXsHl-1\"]}",
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct wv_policy *p;
		struct wv_fault fault;

		snprintf(text, sizeof(text), "{\"ward-policy\":1,%s}", wrong[i]);
		if (wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p, &fault) !=
		    WV_POLICY_DAMAGED)
			fail_msg("%s", wrong[i]);
	}
}

/* ---- without a bundle -------------------------------------------------------------- */

static int judge_bare(struct vm *vm, struct wv_bytes hcl, struct wv_bytes challenge,
		      const char *members, struct wv_verdict *v)
{
	struct wv_policy *p = policy_of(members);
	struct wv_collateral c = { .item_count = 0 };
	struct wv_appraisal a = { .roots = roots, .policy = p, .now = now, .collateral = &c };
	struct wv_evidence e = { .data = hcl };
	int rc;

	strcpy(e.tee, vm->tee);
	chain_of(&pki, &c);
	rc = wv_verify_evidence(&e, challenge, &a, v);
	chain_free(&c);
	wv_policy_free(p);
	return rc;
}

#define ALONE PARAVISOR ",\"accept_unmeasured\":true"

/* The paravisor's report alone: the hardware's word for it, and no registers. */
static void bare(void **state)
{
	static const uint8_t mine[64] = { 7 }, other[64] = { 8 };
	struct wv_bytes hcl, nonce = { mine, 64 }, wrong = { other, 64 }, none = { NULL, 0 };
	struct wv_verdict v;
	struct vm vm;
	char *json;

	(void)state;
	vm_new(&vm);
	vm.hcl.user_data = mine;
	hcl = azure_make_hcl(&vm.hcl, &vm.g, &pki);
	assert_string_equal(wv_evidence_find(hcl), "azure-snp");
	ut_reason(WV_OK, judge_bare(&vm, hcl, nonce, ALONE, &v), &v.fault);
	assert_int_equal(v.measured, 0);
	assert_int_equal(v.azure.has_quote, 0);
	ut_reason(WV_OK, judge_bare(&vm, hcl, none, ALONE, &v), &v.fault);
	assert_true(v.warnings & WV_WARN_NONCE_UNCHECKED);
	ut_reason(WV_REPORT_DATA_MISMATCH, judge_bare(&vm, hcl, wrong, ALONE, &v), &v.fault);
	ut_reason(WV_GUEST_UNMEASURED, judge_bare(&vm, hcl, nonce, PARAVISOR, &v), &v.fault);
	ut_reason(WV_EVIDENCE_MISSING, judge_bare(&vm, hcl, nonce, WHOLE, &v), &v.fault);
	ut_free(hcl);
	vm.hcl.user_data = NULL;
	hcl = azure_make_hcl(&vm.hcl, &vm.g, &pki);
	ut_reason(WV_REPORT_DATA_MISMATCH, judge_bare(&vm, hcl, nonce, ALONE, &v), &v.fault);
	/* in a bundle it is no evidence of the claims */
	vm.quote.data = hcl;
	vm_expect(&vm, WHOLE, WV_BUNDLE_DAMAGED, NULL);
	json = wv_evidence_json(&(struct wv_evidence){ .tee = "azure-snp", .data = hcl }, NULL);
	assert_non_null(strstr(json, "\"secure_boot\": true"));
	free(json);
	ut_free(hcl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound),	   cmocka_unit_test(measured),
		cmocka_unit_test(kinds),	   cmocka_unit_test(other_keys),
		cmocka_unit_test(other_challenges), cmocka_unit_test(other_registers),
		cmocka_unit_test(other_hardware),  cmocka_unit_test(settings),
		cmocka_unit_test(policies_that_cannot_be), cmocka_unit_test(bare),
	};

	return cmocka_run_group_tests_name("azure", tests, setup, teardown);
}
