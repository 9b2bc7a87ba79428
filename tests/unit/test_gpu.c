// SPDX-License-Identifier: MIT
/*
 * GPUs beside a guest: reports made under test keys, and every way in which one may be
 * refused.
 */
#include "crl_make.h"
#include "gpu.h"
#include "gpu_make.h"
#include "tpm_judge.h"

#define M48 "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
#define LAUNCH "\"allow_tee\":[\"simulated-snp\"],\"measurement\":[\"" M48 "\"]"
#define NINE "090909090909090909090909090909090909090909090909" \
	     "090909090909090909090909090909090909090909090909"

static struct gpu_pki gpus;
static struct wv_roots *both;	/* the simulator's, and the test GPUs' */
static struct wv_roots *gpus_root;

/** struct rig - a guest with a GPU beside it, to be changed at will */
struct rig {
	struct sim_guest g;
	struct gpu_plan plan;
	struct wv_bytes report, chain;	/* in place of what the plan makes */
	const struct wv_roots *roots;
	struct wv_collateral c;
	size_t count;
	bool no_chain;
};

static void rig_new(struct rig *r)
{
	uint8_t report_data[64];

	memset(r, 0, sizeof(*r));
	sim_guest_new(&r->g, WARD_PURPOSE_RELEASE);
	sim_report_data(&r->g, report_data);
	gpu_plan_new(&r->plan, &gpus, report_data);
	r->roots = both;
	r->count = 1;
}

static struct wv_policy *policy_of(const char *members)
{
	struct tpm_sim none;

	tpm_sim_new(&none, p256);
	return policy(&none, members);
}

static int rig_judge(struct rig *r, const char *members, struct wv_verdict *v)
{
	struct wv_evidence e = { .provider = "gpu", .tee = "nvidia-gpu" }, more[2];
	struct wv_policy *p = policy_of(members);
	struct wv_appraisal a = { .roots = r->roots, .policy = p, .now = now,
				  .collateral = r->c.item_count ? &r->c : NULL };
	struct wv_bytes bundle, report = r->report.data ? r->report : gpu_make(&r->plan);
	struct wv_bytes chain = r->chain.data ? r->chain : gpu_pem(&gpus, true);
	int rc;

	e.data = report;
	if (!r->no_chain)
		e.aux = chain;
	more[0] = more[1] = e;
	r->g.more = more;
	r->g.more_count = r->count;
	bundle = sim_bundle(&r->g, &pki);
	rc = wv_verify_bundle(bundle, &a, v);
	ut_free(bundle);
	wv_policy_free(p);
	if (!r->report.data)
		ut_free(report);
	if (!r->chain.data)
		ut_free(chain);
	return rc;
}

static void rig_expect(struct rig *r, const char *members, int want, const char *field)
{
	struct wv_verdict v;

	ut_reason(want, rig_judge(r, members, &v), &v.fault);
	if (field)
		assert_string_equal(v.fault.field, field);
}

static void sound(void **state)
{
	struct wv_verdict v;
	struct rig r;
	char *json;

	(void)state;
	rig_new(&r);
	ut_reason(WV_OK, rig_judge(&r, LAUNCH, &v), &v.fault);
	assert_int_equal(v.have, WV_HAVE_CLAIMS | WV_HAVE_REPORT | WV_HAVE_VEK | WV_HAVE_GPU);
	assert_string_equal(v.gpu.arch, "hopper");
	assert_string_equal(v.gpu.chip, "GH100");
	assert_string_equal(v.gpu.device_id, "48B02D92494BADF4");
	assert_string_equal(v.gpu.driver_version, "550.90.07");
	assert_string_equal(v.gpu.vbios_version, "96.00.9F.00.01");
	assert_int_equal(v.gpu.board_id, 0x3b1);
	assert_int_equal(v.gpu.block_count, 64);
	assert_int_equal(v.gpu.blocks[8].value[47], 9);
	assert_int_equal(v.gpu.chain_len, GPU_CHAIN);
	assert_int_equal(v.gpu.named_root, 1);
	assert_true(v.warnings & WV_WARN_NAMED_ROOT);
	json = wv_verdict_json(&v);
	assert_non_null(strstr(json, "\"9\": \"" NINE "\""));
	assert_non_null(strstr(json, "\"device_id\": \"48B02D92494BADF4\""));
	free(json);
	/* the root that was named need not come along */
	r.chain = gpu_pem(&gpus, false);
	rig_expect(&r, LAUNCH, WV_OK, NULL);
	ut_free(r.chain);
	r.chain = (struct wv_bytes){ NULL, 0 };
	r.plan.feature = 1;
	ut_reason(WV_OK, rig_judge(&r, LAUNCH, &v), &v.fault);
	assert_int_equal(v.gpu.has_feature, 1);
	assert_int_equal(v.gpu.feature, 1);
}

static void required(void **state)
{
	static const char alone[] = "{\"ward-policy\":1,\"allow_tee\":[\"nvidia-gpu\"]}";
	struct wv_policy *p;
	struct wv_verdict v;
	struct rig r;

	(void)state;
	rig_new(&r);
	rig_expect(&r, LAUNCH ",\"evidence\":[\"nvidia-gpu\"]", WV_OK, NULL);
	rig_expect(&r, LAUNCH ",\"gpu\":{}", WV_OK, NULL);
	r.count = 0;
	rig_expect(&r, LAUNCH ",\"evidence\":[\"nvidia-gpu\"]", WV_EVIDENCE_MISSING, "evidence");
	rig_expect(&r, LAUNCH ",\"gpu\":{}", WV_EVIDENCE_MISSING, "evidence");
	rig_expect(&r, LAUNCH ",\"gpu\":{\"required\":false}", WV_OK, NULL);
	r.count = 2;
	rig_expect(&r, LAUNCH, WV_EVIDENCE_REPEATED, "evidence[2].tee");
	/* it never stands for the guest: alone it is no evidence, nor does it measure one */
	r.count = 1;
	r.g.no_launch = true;
	rig_expect(&r, LAUNCH, WV_EVIDENCE_UNSUPPORTED, "evidence.tee");
	r.g.no_launch = false;
	rig_expect(&r, "\"allow_tee\":[\"simulated-snp\"],\"gpu\":{\"measurements\":{\"9\":[\"" NINE
		   "\"]}}", WV_GUEST_UNMEASURED, NULL);
	/* nor can a policy rest on it */
	ut_reason(WV_POLICY_DAMAGED,
		  wv_policy_parse((struct wv_bytes){ (const uint8_t *)alone, strlen(alone) }, &p,
				  &v.fault), &v.fault);
}

#define GPU(members) LAUNCH ",\"gpu\":{" members "}"

static void policies(void **state)
{
	static const struct {
		const char *members, *field;
		int want;
	} cases[] = {
		{ GPU("\"arch\":[\"hopper\"]"), NULL, WV_OK },
		{ GPU("\"arch\":[\"blackwell\"]"), "evidence[1].gpu.arch", WV_GPU_REFUSED },
		{ GPU("\"device_id\":[\"48b02d92494badf4\"]"), NULL, WV_OK },
		{ GPU("\"device_id\":[\"48b02d92494badf5\"]"), "evidence[1].gpu.device_id", WV_GPU_REFUSED },
		{ GPU("\"driver_version\":[\"535.1\",\"550.90.07\"]"), NULL, WV_OK },
		{ GPU("\"driver_version\":[\"550.90.0\"]"), "evidence[1].gpu.driver_version",
		  WV_GPU_VERSION_REFUSED },
		{ GPU("\"vbios_version\":[\"96.00.9f.00.01\"]"), NULL, WV_OK },
		{ GPU("\"vbios_version\":[\"96.00.9f.00.02\"]"), "evidence[1].gpu.vbios_version",
		  WV_GPU_VERSION_REFUSED },
		{ GPU("\"measurements\":{\"9\":[\"" M48 "\",\"" NINE "\"]}"), NULL, WV_OK },
		{ GPU("\"measurements\":{\"8\":[\"" NINE "\"]}"), "evidence[1].gpu.measurements.8",
		  WV_GPU_MEASUREMENT_MISMATCH },
		{ GPU("\"measurements\":{\"65\":[\"" NINE "\"]}"), "evidence[1].gpu.measurements.65",
		  WV_GPU_MEASUREMENT_MISMATCH },
		{ LAUNCH ",\"collateral\":{\"crl\":\"required\"}", NULL, WV_CRL_MISSING },
	};
	static const char *const wrong[] = {
		"[]", "{\"arch\":[\"ampere\"]}", "{\"device_id\":[\"48b0\"]}", "{\"driver_version\":[\"\"]}",
		"{\"vbios_version\":[\"96.00.9f.00\"]}", "{\"measurements\":{}}", "{\"more\":1}",
		"{\"measurements\":{\"0\":[\"" NINE "\"]}}", "{\"measurements\":{\"256\":[\"" NINE "\"]}}",
		"{\"measurements\":{\"09\":[\"" NINE "\"]}}", "{\"measurements\":{\"9\":[\"09\"]}}",
		"{\"measurements\":{\"9\":[]}}", "{\"required\":1}",
	};
	char text[512];
	struct rig r;

	(void)state;
	rig_new(&r);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		rig_expect(&r, cases[i].members, cases[i].want, cases[i].field);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct wv_policy *p;
		struct wv_fault fault;

		snprintf(text, sizeof(text), "{\"ward-policy\":1,\"gpu\":%s}", wrong[i]);
		if (wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p, &fault) !=
		    WV_POLICY_DAMAGED)
			fail_msg("%s", wrong[i]);
	}
}

/* ---- the report ------------------------------------------------------------------ */

static void other_challenges(void **state)
{
	uint8_t other[64] = { 1 };
	struct rig r;

	(void)state;
	rig_new(&r);
	gpu_plan_new(&r.plan, &gpus, other);
	rig_expect(&r, LAUNCH, WV_REPORT_DATA_MISMATCH, "evidence[1].gpu.nonce");
	/* as it stands, not its hash: another kind's way */
	sim_report_data(&r.g, other);
	memcpy(r.plan.request + 4, other, 32);
	rig_expect(&r, LAUNCH, WV_REPORT_DATA_MISMATCH, "evidence[1].gpu.nonce");
}

static void forms(void **state)
{
	static const uint8_t twice[] = { 14, 0, 4, 0, 1, 2, 3, 4, 14, 0, 4, 0, 1, 2, 3, 4 };
	static const uint8_t cut[] = { 14, 0, 4, 0, 1, 2, 3 };
	static const uint8_t control[] = { 3, 0, 2, 0, 'a', 7 };
	static const uint8_t short_fwid[] = { 20, 0, 2, 0, 1, 2 };
	static const struct wv_bytes opaque[] = {
		{ twice, sizeof(twice) }, { cut, sizeof(cut) }, { control, sizeof(control) },
		{ short_fwid, sizeof(short_fwid) },
	};
	struct rig r[12];

	(void)state;
	for (size_t i = 0; i < 12; i++)
		rig_new(&r[i]);
	r[0].plan.request[0] = 0x12;	/* SPDM 1.2 */
	r[1].plan.request[1] = 0xe1;
	r[2].plan.request[2] = 0;	/* no signature asked for */
	r[3].plan.request[3] = 9;	/* one measurement alone */
	r[4].plan.version = 0x12;
	r[5].plan.code = 0x7f;		/* ERROR */
	r[6].plan.blocks = 0;
	r[7].plan.record_lie = 1;
	r[8].plan.record_lie = -1;
	r[9].plan.opaque_lie = 1;
	r[10].plan.opaque_lie = -1;
	r[11].plan.driver = "a version that has more than 31 characters";
	for (size_t i = 0; i < 12; i++)
		rig_expect(&r[i], LAUNCH, WV_GPU_DAMAGED, NULL);
	for (size_t i = 0; i < sizeof(opaque) / sizeof(opaque[0]); i++) {
		rig_new(&r[0]);
		r[0].plan.opaque = opaque[i];
		rig_expect(&r[0], LAUNCH, WV_GPU_DAMAGED, "evidence[1].gpu.opaque");
	}
}

static void cut_reports(void **state)
{
	struct gpu_plan plan;
	struct wv_bytes b;
	struct wv_fault fault;
	struct wv_gpu g;

	(void)state;
	gpu_plan_new(&plan, &gpus, NULL);
	b = gpu_make(&plan);
	ut_reason(WV_OK, gpu_parse(b, &g, &fault), NULL);
	assert_string_equal(wv_evidence_find(b), "nvidia-gpu");
	for (size_t len = 0; len < b.len; len++) {
		uint8_t *copy = malloc(len ? len : 1);

		memcpy(copy, b.data, len);
		ut_reason(WV_GPU_DAMAGED, gpu_parse((struct wv_bytes){ copy, len }, &g, &fault), &fault);
		free(copy);
	}
	ut_free(b);
}

/* ---- whose key ------------------------------------------------------------------- */

static void other_keys(void **state)
{
	struct rig r;

	(void)state;
	rig_new(&r);
	r.plan.key = gpus.key[1];	/* a CA's key is no key of reports */
	rig_expect(&r, LAUNCH, WV_SIGNATURE_INVALID, "evidence[1].gpu.signature");
	rig_new(&r);
	r.plan.key = p384;
	rig_expect(&r, LAUNCH, WV_SIGNATURE_INVALID, "evidence[1].gpu.signature");
	rig_new(&r);
	r.roots = roots;
	rig_expect(&r, LAUNCH, WV_CHAIN_UNTRUSTED, "evidence[1].gpu.root");
	r.no_chain = true;
	rig_expect(&r, LAUNCH, WV_COLLATERAL_MISSING, "evidence[1].gpu.leaf");
}

static void zeroed_signatures(void **state)
{
	struct rig r;
	uint8_t *signature;

	(void)state;
	for (int i = 0; i < 4; i++) {
		rig_new(&r);
		r.report = gpu_make(&r.plan);
		signature = (uint8_t *)r.report.data + r.report.len - 96;
		if (i < 2)
			memset(signature + 48 * i, 0, 48);	/* r = 0, s = 0 */
		else
			memset(signature + 48 * (i - 2), 0xff, 48);	/* at least n */
		rig_expect(&r, LAUNCH, WV_SIGNATURE_INVALID, "evidence[1].gpu.signature");
		ut_free(r.report);
	}
}

/* A chain of its own recipe, under roots of its own. */
static int judge_chain(const struct gpu_recipe *recipe, bool named, const char *drop,
		       struct wv_verdict *v)
{
	struct wv_roots *its = wv_roots_new();
	struct wv_bytes root, ark = sim_pem(pki.ark);
	struct gpu_pki other;
	struct rig r;
	int rc;

	gpu_pki_make(recipe, &other);
	root = sim_pem(other.cert[GPU_CHAIN - 1]);
	assert_int_equal(wv_roots_add(its, ark, NULL), WV_OK);
	if (named)
		assert_int_equal(wv_roots_add(its, root, NULL), WV_OK);
	if (drop)
		X509_free(other.cert[2]);
	if (drop)
		other.cert[2] = X509_dup(other.cert[3]);
	rig_new(&r);
	r.roots = its;
	r.plan.key = other.key[0];
	r.chain = gpu_pem(&other, true);
	rc = rig_judge(&r, LAUNCH, v);
	ut_free(r.chain);
	ut_free(root);
	ut_free(ark);
	gpu_pki_free(&other);
	wv_roots_free(its);
	return rc;
}

static void chains(void **state)
{
	static const uint8_t other[48] = { 3 };
	struct gpu_recipe recipe;
	struct wv_verdict v;

	(void)state;
	gpu_recipe_new(&recipe);
	ut_reason(WV_OK, judge_chain(&recipe, true, NULL, &v), &v.fault);
	/* NVIDIA's name makes no root of NVIDIA's */
	recipe.root_name = "NVIDIA Device Identity CA";
	ut_reason(WV_CHAIN_UNTRUSTED, judge_chain(&recipe, false, NULL, &v), &v.fault);
	ut_reason(WV_COLLATERAL_MISSING, judge_chain(&recipe, true, "drop", &v), &v.fault);
	gpu_recipe_new(&recipe);
	recipe.leaf_ca = true;
	ut_reason(WV_COLLATERAL_MISSING, judge_chain(&recipe, true, NULL, &v), &v.fault);
	for (int i = 0; i < GPU_CHAIN; i++) {
		char field[48];

		gpu_recipe_new(&recipe);
		recipe.dated = i;
		recipe.to = -30;
		snprintf(field, sizeof(field), "evidence[1].gpu.chain[%d]", i);
		ut_reason(WV_CERTIFICATE_EXPIRED, judge_chain(&recipe, true, NULL, &v), &v.fault);
		assert_string_equal(v.fault.field, field);
		recipe.from = 300;
		recipe.to = 600;
		ut_reason(WV_CERTIFICATE_NOT_YET, judge_chain(&recipe, true, NULL, &v), &v.fault);
		assert_string_equal(v.fault.field, field);
	}
	/* the firmware that the key was made for */
	gpu_recipe_new(&recipe);
	recipe.tcb_info = true;
	recipe.leaf_name = "GB100 A01 GSP FMC LF";
	ut_reason(WV_OK, judge_chain(&recipe, true, NULL, &v), &v.fault);
	assert_string_equal(v.gpu.arch, "blackwell");
	recipe.fwid = other;
	ut_reason(WV_FWID_MISMATCH, judge_chain(&recipe, true, NULL, &v), &v.fault);
	recipe.tcb_info = false;
	ut_reason(WV_FWID_MISMATCH, judge_chain(&recipe, true, NULL, &v), &v.fault);
	recipe.fwid = NULL;
	ut_reason(WV_FWID_MISMATCH, judge_chain(&recipe, true, NULL, &v), &v.fault);
	gpu_recipe_new(&recipe);
	recipe.root_name = "SIMULATED NVIDIA root";
	ut_reason(WV_OK, judge_chain(&recipe, true, NULL, &v), &v.fault);
	assert_int_equal(v.gpu.simulated, 1);
}

/* ---- revocation ------------------------------------------------------------------ */

static struct wv_bytes list_of(int issuer, int revoked, int64_t to, EVP_PKEY *key)
{
	struct crl_recipe recipe = { .issuer = gpus.cert[issuer], .md = EVP_sha384(),
				     .key = key ? key : gpus.key[issuer], .from = now - 60,
				     .to = to };

	if (revoked >= 0)
		recipe.revoked[recipe.revoked_count++] = gpus.cert[revoked];
	return crl_make(&recipe);
}

static void revocation(void **state)
{
	struct wv_bytes clean[3] = { list_of(2, -1, now + 60, NULL), list_of(3, -1, now + 60, NULL),
				     list_of(4, -1, now + 60, NULL) };
	struct wv_bytes bad[4] = { list_of(3, 2, now + 60, NULL), list_of(2, 1, now + 60, NULL),
				   list_of(4, -1, now - 30, NULL), list_of(4, -1, now + 60, p384) };
	static const int wants[4] = { WV_CERTIFICATE_REVOKED, WV_CERTIFICATE_REVOKED,
				      WV_COLLATERAL_EXPIRED, WV_CRL_INVALID };
	struct wv_verdict v;
	struct rig r;

	(void)state;
	rig_new(&r);
	r.c.items = clean;
	r.c.item_count = 3;
	ut_reason(WV_OK, rig_judge(&r, LAUNCH, &v), &v.fault);
	assert_int_equal(v.gpu.crl_checked, 1);
	r.c.item_count = 2;
	ut_reason(WV_OK, rig_judge(&r, LAUNCH, &v), &v.fault);
	assert_int_equal(v.gpu.crl_checked, 0);
	assert_true(v.warnings & WV_WARN_CRL_UNCHECKED);
	for (size_t i = 0; i < 4; i++) {
		r.c.items = &bad[i];
		r.c.item_count = 1;
		rig_expect(&r, LAUNCH, wants[i], NULL);
	}
	/* the chain may come with the collateral */
	r.no_chain = true;
	clean[0] = (ut_free(clean[0]), gpu_pem(&gpus, true));
	r.c.items = clean;
	rig_expect(&r, LAUNCH, WV_OK, NULL);
	for (size_t i = 0; i < 3; i++)
		ut_free(clean[i]);
	for (size_t i = 0; i < 4; i++)
		ut_free(bad[i]);
}

/* ---- without a bundle ------------------------------------------------------------ */

static void bare(void **state)
{
	uint8_t mine[32], other[32] = { 1 };
	struct wv_bytes chain = gpu_pem(&gpus, true), report;
	struct wv_evidence e = { .tee = "nvidia-gpu", .aux = chain };
	struct wv_appraisal a = { .roots = gpus_root, .now = now };
	struct gpu_plan plan;
	struct wv_verdict v;
	struct wv_policy *p = policy_of("\"gpu\":{\"measurements\":{\"9\":[\"" NINE "\"]}}");

	(void)state;
	gpu_plan_new(&plan, &gpus, NULL);
	e.data = report = gpu_make(&plan);
	memset(mine, 0x77, sizeof(mine));
	ut_reason(WV_GUEST_UNMEASURED, wv_verify_evidence(&e, (struct wv_bytes){ mine, 32 }, &a, &v),
		  &v.fault);
	assert_string_equal(v.fault.field, "gpu.measurements");
	a.policy = p;
	ut_reason(WV_OK, wv_verify_evidence(&e, (struct wv_bytes){ mine, 32 }, &a, &v), &v.fault);
	assert_int_equal(v.measured, 1);
	ut_reason(WV_REPORT_DATA_MISMATCH,
		  wv_verify_evidence(&e, (struct wv_bytes){ other, 32 }, &a, &v), &v.fault);
	wv_policy_free(p);
	ut_free(chain);
	ut_free(report);
}

static int setup_gpus(void **state)
{
	struct gpu_recipe recipe;
	struct wv_bytes ark, root;

	if (setup(state))
		return -1;
	gpu_recipe_new(&recipe);
	gpu_pki_make(&recipe, &gpus);
	both = wv_roots_new();
	gpus_root = wv_roots_new();
	ark = sim_pem(pki.ark);
	root = sim_pem(gpus.cert[GPU_CHAIN - 1]);
	assert_int_equal(wv_roots_add(both, ark, NULL), WV_OK);
	assert_int_equal(wv_roots_add(both, root, NULL), WV_OK);
	assert_int_equal(wv_roots_add(gpus_root, root, NULL), WV_OK);
	ut_free(ark);
	ut_free(root);
	return 0;
}

static int teardown_gpus(void **state)
{
	wv_roots_free(both);
	wv_roots_free(gpus_root);
	gpu_pki_free(&gpus);
	return teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound),	    cmocka_unit_test(required),
		cmocka_unit_test(policies),	    cmocka_unit_test(other_challenges),
		cmocka_unit_test(forms),	    cmocka_unit_test(cut_reports),
		cmocka_unit_test(other_keys),	    cmocka_unit_test(zeroed_signatures),
		cmocka_unit_test(chains),	    cmocka_unit_test(revocation),
		cmocka_unit_test(bare),
	};

	return cmocka_run_group_tests_name("gpu", tests, setup_gpus, teardown_gpus);
}
