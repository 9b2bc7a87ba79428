// SPDX-License-Identifier: MIT
/*
 * Evidence of Azure's confidential VMs on TDX: a TDREPORT in the paravisor's report,
 * and the quote that was made of it; made under test keys, and a real one.
 */
#include "azure_make.h"
#include "hcl.h"
#include "quote.h"
#include "quote_make.h"
#include "tdreport.h"
#include "tpm_judge.h"

#define ON	"\"allow_tee\":[\"azure-tdx\"]"
#define REGISTERS "\"azure\":{\"pcrs\":{\"sha256\":{\"4\":[\"" HEX14 "\"]}}}"

static struct intel_pki intel;
static struct wv_roots *intels;

/** struct td - a VM of Azure's on TDX, to be changed at will */
struct td {
	struct sim_guest g;
	struct azure_make hcl;
	struct tpm_sim vtpm;
	struct quote_plan plan;
	uint8_t report[HCL_REPORT_LEN];
	bool no_quote;
};

static void digests(uint8_t *report)
{
	assert_true(EVP_Digest(report + 256, 239, report + 32, NULL, EVP_sha384(), NULL));
	assert_true(EVP_Digest(report + 512, 512, report + 80, NULL, EVP_sha384(), NULL));
}

static void td_report(struct td *td)
{
	azure_make_tdreport(td->plan.bytes, quote_body_len(&td->plan), td->report);
}

static void td_new(struct td *td, int version, int body)
{
	char *text;

	memset(td, 0, sizeof(*td));
	sim_guest_new(&td->g, WARD_PURPOSE_RELEASE);
	td->g.claims.tee = htole32(WARD_TEE_AZURE_TDX);
	td->g.no_launch = true;
	azure_make_new(&td->hcl, rsa);
	td->hcl.kind = WV_AZURE_TDX;
	td->hcl.report = td->report;
	tpm_sim_new(&td->vtpm, rsa);
	quote_plan_new(&td->plan, &intel, version, body);
	memset(td->plan.bytes + TD_RTMR0, 0, 4 * 48);	/* the paravisor extends none */
	text = azure_make_text(&td->hcl);
	azure_make_data(&td->hcl, text, td->plan.bytes + TD_REPORT_DATA);
	free(text);
	td_report(td);
}

static int td_judge(struct td *td, const char *members, struct wv_verdict *v)
{
	char mrtd[97], text[1024];
	struct wv_policy *p;
	struct wv_evidence e = { .provider = "azure", .tee = "azure-tdx" };
	struct wv_appraisal a = { .roots = intels, .now = INTEL_NOW };
	struct wv_bytes bundle;
	uint8_t report_data[64];
	int rc;

	for (int i = 0; i < 48; i++)
		snprintf(mrtd + 2 * i, 3, "%02x", td->plan.bytes[TD_MRTD + i]);
	snprintf(text, sizeof(text), "\"tdx\":{\"mrtd\":[\"%s\"]},%s", mrtd, members);
	p = policy(&td->vtpm, members[0] == '!' ? members + 1 : text);
	a.policy = p;
	sim_report_data(&td->g, report_data);
	td->vtpm.hcl = azure_make_hcl(&td->hcl, NULL, NULL);
	td->vtpm.td_quote = td->no_quote ? (struct wv_bytes){ NULL, 0 } : quote_make(&td->plan);
	e.data = tpm_sim_data(&td->vtpm, report_data);
	e.aux = tpm_sim_aux(&td->vtpm);
	td->g.more = &e;
	td->g.more_count = 1;
	bundle = sim_bundle(&td->g, &pki);
	rc = wv_verify_bundle(bundle, &a, v);
	ut_free(bundle);
	ut_free(e.data);
	ut_free(e.aux);
	ut_free(td->vtpm.hcl);
	ut_free(td->vtpm.td_quote);
	wv_policy_free(p);
	return rc;
}

static void td_expect(struct td *td, const char *members, int want, const char *field)
{
	struct wv_verdict v;

	ut_reason(want, td_judge(td, members, &v), &v.fault);
	if (field)
		assert_string_equal(v.fault.field, field);
	quote_plan_free(&td->plan);
}

static void sound(void **state)
{
	static const int forms[][2] = { { 4, 2 }, { 5, 2 }, { 5, 3 } };
	struct wv_verdict v;
	struct td td;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		td_new(&td, forms[i][0], forms[i][1]);
		ut_reason(WV_OK, td_judge(&td, ON "," REGISTERS, &v), &v.fault);
		assert_int_equal(v.have, WV_HAVE_CLAIMS | WV_HAVE_TDX | WV_HAVE_AZURE);
		assert_int_equal(v.measured, 1);
		assert_int_equal(v.azure.kind, WV_AZURE_TDX);
		assert_memory_equal(v.tdx.mr_td, td.plan.bytes + TD_MRTD, 48);
		quote_plan_free(&td.plan);
	}
	/* the paravisor, and what the guest started: both or nothing */
	td_new(&td, 4, 2);
	td_expect(&td, ON, WV_GUEST_UNMEASURED, "azure");
	td_new(&td, 4, 2);
	td_expect(&td, "!" ON "," REGISTERS, WV_GUEST_UNMEASURED, "azure");
	td_new(&td, 4, 2);
	td_expect(&td, "!" REGISTERS ",\"allow_tee\":[\"tdx\"]", WV_TEE_REFUSED, "evidence.tee");
}

/* Without the quote, with that of another TD, or of another report of this one. */
static void other_quotes(void **state)
{
	static const size_t differs[] = { TD_TCB_SVN, TD_MRSEAM, TD_MRTD, TD_RTMR0, TD_RTMR0 + 191,
					  TD_XFAM + 2, TD_REPORT_DATA, TD_MROWNER };
	static const size_t reserved[] = { 400, 494, 960, 1023 };
	struct td td;

	(void)state;
	td_new(&td, 4, 2);
	td.no_quote = true;
	td_expect(&td, ON "," REGISTERS, WV_COLLATERAL_MISSING, "td_quote");
	for (size_t i = 0; i < sizeof(differs) / sizeof(differs[0]); i++) {
		td_new(&td, 4, 2);
		td.plan.bytes[differs[i]] ^= 0x40;
		td_expect(&td, ON "," REGISTERS, WV_TDREPORT_MISMATCH, "td_quote");
	}
	td_new(&td, 5, 3);
	td.plan.bytes[TD_MRSERVICETD] ^= 1;
	td_expect(&td, ON "," REGISTERS, WV_TDREPORT_MISMATCH, "td_quote");
	td_new(&td, 4, 2);
	td.plan.bad_hash = true;
	td_expect(&td, ON "," REGISTERS, WV_QE_HASH_MISMATCH, NULL);
	/* one that lies to itself */
	td_new(&td, 4, 2);
	td.report[512 + 16] ^= 1;
	td_expect(&td, ON "," REGISTERS, WV_TDREPORT_MISMATCH, "tdreport");
	td_new(&td, 4, 2);
	td.report[512 + 16] ^= 1;
	digests(td.report);
	td_expect(&td, ON "," REGISTERS, WV_TDREPORT_MISMATCH, "td_quote");
	/* what its form does not allow */
	td_new(&td, 4, 2);
	td.report[0] = 0;
	td_expect(&td, ON "," REGISTERS, WV_EVIDENCE_DAMAGED, "tdreport");
	td_new(&td, 4, 2);
	td.report[1100] = 1;
	td_expect(&td, ON "," REGISTERS, WV_HCL_DAMAGED, "hcl.report");
	td_new(&td, 4, 2);
	td.report[200] = 1;
	td_expect(&td, ON "," REGISTERS, WV_EVIDENCE_DAMAGED, "tdreport");
	/* reserved in its parts, which its own digests alone cover: anybody can make those */
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		td_new(&td, 5, 3);
		td.report[reserved[i]] = 1;
		digests(td.report);
		td_expect(&td, ON "," REGISTERS, WV_EVIDENCE_DAMAGED, "tdreport");
	}
}

static void other_keys(void **state)
{
	EVP_PKEY *other = EVP_RSA_gen(2048);
	struct td td;

	(void)state;
	td_new(&td, 4, 2);
	td.vtpm.key = other;
	td_expect(&td, ON "," REGISTERS, WV_AK_MISMATCH, "ak");
	td_new(&td, 4, 2);
	td.hcl.named = other;
	td_expect(&td, ON "," REGISTERS, WV_RUNTIME_MISMATCH, "hcl.report_data");
	td_new(&td, 4, 2);
	td.plan.bytes[TD_ATTRIBUTES] |= 1;
	td_report(&td);
	td_expect(&td, ON "," REGISTERS, WV_DEBUG_ALLOWED, NULL);
	EVP_PKEY_free(other);
}

/* ---- a real one ------------------------------------------------------------------- */

static int judge_real(struct wv_bytes hcl, struct wv_bytes quote, const char *members,
		      struct wv_verdict *v)
{
	struct wv_roots *none = wv_roots_new();
	struct tpm_sim any;
	struct wv_policy *p;
	struct wv_appraisal a = { .roots = none, .now = ut_time(2025, 7, 1) };
	struct wv_evidence e = { .tee = "azure-tdx", .data = hcl, .aux = quote };
	int rc;

	tpm_sim_new(&any, p256);
	a.policy = p = policy(&any, members);
	rc = wv_verify_evidence(&e, (struct wv_bytes){ NULL, 0 }, &a, v);
	wv_policy_free(p);
	wv_roots_free(none);
	return rc;
}

#define REAL ON ",\"accept_unmeasured\":true,\"tdx\":{\"mrtd\":[" \
	"\"024a32b070383331181619fa387cb4d55d1e38879f989933055ccad5bc2db795d1737b66205949d15469dc8c1ba7ab7b\"]}," \
	"\"azure\":{\"secure_boot\":true,\"vm_id\":[\"6332533D-5649-4D02-8AA7-8F64B7C3EE21\"]}"

static void real_report(void **state)
{
	struct wv_bytes hcl = ut_vector("azure/tdx-hcl.bin"), quote = ut_vector("azure/tdx-tdquote.bin");
	struct wv_bytes other, none = { NULL, 0 };
	struct wv_verdict v;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	assert_string_equal(wv_evidence_find(hcl), "azure-tdx");
	ut_reason(WV_OK, judge_real(hcl, quote, REAL, &v), &v.fault);
	assert_int_equal(v.azure.version, 2);
	assert_int_equal(v.azure.tpm_persisted, WV_SAID_NO);
	assert_int_equal(v.measured, 0);
	assert_memory_equal(v.tdx.pck.fmspc, "\x00\x80\x6f\x05\x00\x00", 6);
	ut_reason(WV_COLLATERAL_MISSING, judge_real(hcl, none, REAL, &v), &v.fault);
	/* a good quote, of somebody else's TD */
	other = ut_vector("tdx/v4-b0c06f.bin");
	ut_reason(WV_TDREPORT_MISMATCH, judge_real(hcl, other, REAL, &v), &v.fault);
	for (size_t at = HCL_REPORT_AT; at < HCL_REPORT_AT + HCL_REPORT_LEN; at++) {
		uint8_t *byte = (uint8_t *)&hcl.data[at];
		size_t n = at - HCL_REPORT_AT;
		/* CPUSVN and the MAC, which only that CPU can check: nothing rests on them */
		bool mute = (n >= 16 && n < 32) || (n >= 224 && n < 256) || n == 2;
		int rc;

		*byte ^= 1;
		rc = tdreport_check((struct wv_bytes){ hcl.data + HCL_REPORT_AT, TDREPORT_LEN },
				    NULL) ?: judge_real(hcl, quote, REAL, &v);
		if (!rc != mute)
			fail_msg("byte %zu of the TDREPORT: %s", n, wv_reason_text(rc));
		*byte ^= 1;
	}
	ut_free(other);
	ut_free(hcl);
	ut_free(quote);
}

static int setup_intel(void **state)
{
	struct wv_bytes root;

	if (setup(state))
		return -1;
	intel_pki_make(&intel_default, &intel);
	intels = wv_roots_new();
	root = sim_pem(intel.root);
	assert_int_equal(wv_roots_add(intels, root, NULL), WV_OK);
	ut_free(root);
	return 0;
}

static int teardown_intel(void **state)
{
	wv_roots_free(intels);
	intel_pki_free(&intel);
	return teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound),
		cmocka_unit_test(other_quotes),
		cmocka_unit_test(other_keys),
		cmocka_unit_test(real_report),
	};

	return cmocka_run_group_tests_name("azure_tdx", tests, setup_intel, teardown_intel);
}
