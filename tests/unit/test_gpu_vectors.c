// SPDX-License-Identifier: MIT
/* Reports of real GPUs, over other programs' nonces. */
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "gpu.h"
#include "hex.h"
#include "manifest.h"

#define NONCE "931d8dd0add203ac3d8b4fbde75e115278eefcdceac5b87671a748f32364dfcb"

static const struct {
	const char *name, *arch, *chip, *device, *driver, *vbios;
	size_t len;
	int protected_pcie, want;
} gpus[] = {
	{ "hopper-h100", "hopper", "GH100", "48B02D92494BADF4", "550.90.07", "96.00.9F.00.01", 4117,
	  0x55, WV_OK },
	{ "blackwell", "blackwell", "GB100", "48B02DD4C0CB1539", "575.32", "97.00.88.00.0F", 4121,
	  0, WV_OK },
	/* on hold, says NVIDIA's OCSP responder, which nobody can ask offline */
	{ "hopper-certhold", "hopper", "GH100", NULL, "570.86.10", "96.00.AF.00.01", 4117, 0x55,
	  WV_OK },
	{ "neg-hopper-badsig", "", "", NULL, "560.00", "96.00.A5.00.01", 4262, 0xaa,
	  WV_SIGNATURE_INVALID },
};
#define GPUS (sizeof(gpus) / sizeof(gpus[0]))

static struct wv_bytes file(size_t i, const char *what)
{
	char path[96];

	snprintf(path, sizeof(path), "gpu/%s-%s", gpus[i].name, what);
	return ut_vector(path);
}

static int judge(struct wv_bytes report, struct wv_bytes chain, const char *nonce,
		 const char *members, int64_t now, struct wv_verdict *v)
{
	char text[512];
	struct wv_policy *p;
	struct wv_roots *roots = wv_roots_new();
	struct wv_appraisal a = { .roots = roots, .now = now };
	struct wv_evidence e = { .tee = "nvidia-gpu", .data = report, .aux = chain };
	uint8_t challenge[32];
	struct wv_fault fault;
	int rc;

	snprintf(text, sizeof(text), "{\"ward-policy\":1,\"accept_unmeasured\":true,\"gpu\":{%s}}",
		 members);
	ut_reason(WV_OK, wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &p, &fault),
		  &fault);
	a.policy = p;
	assert_true(hex_decode(nonce, challenge, 32));
	rc = wv_verify_evidence(&e, (struct wv_bytes){ challenge, 32 }, &a, v);
	wv_policy_free(p);
	wv_roots_free(roots);
	return rc;
}

/* Length, nonce and whose key the chain begins with: "leaf=CN=GH100 A01 GSP FMC LF,O=NVID" */
static void as_the_manifest_says(size_t i, struct wv_bytes report, struct wv_bytes chain,
				 const struct wv_gpu *said)
{
	char path[96], cn[64], want[72];
	struct cert_list list = { 0 };
	const char *row;

	if (!manifest_there())
		return;
	snprintf(path, sizeof(path), "gpu/%s-report.bin", gpus[i].name);
	row = manifest_row(path);
	manifest_number(row, "len", report.len);
	manifest_hex(row, "nonce", said->nonce, sizeof(said->nonce));
	assert_int_equal(cert_list_add(&list, chain, "chain", NULL), WV_OK);
	assert_int_equal(list.count, 5);
	cert_common_name(X509_get_subject_name(list.certs[0]), cn, sizeof(cn));
	snprintf(want, sizeof(want), "CN=%s,", cn);
	assert_memory_equal(manifest_value(row, "leaf"), want, strlen(want));
	if (!gpus[i].want)
		assert_string_equal(said->subject[0], cn);
	cert_list_clear(&list);
}

static void real_gpus(void **state)
{
	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	for (size_t i = 0; i < GPUS; i++) {
		struct wv_bytes report = file(i, "report.bin"), chain = file(i, "chain.pem");
		struct wv_verdict v;

		assert_int_equal(report.len, gpus[i].len);
		assert_string_equal(wv_evidence_find(report), "nvidia-gpu");
		ut_reason(gpus[i].want, judge(report, chain, NONCE, "", ut_time(2026, 1, 1), &v),
			  &v.fault);
		assert_string_equal(v.gpu.driver_version, gpus[i].driver);
		assert_string_equal(v.gpu.vbios_version, gpus[i].vbios);
		assert_int_equal(v.gpu.protected_pcie, gpus[i].protected_pcie);
		assert_int_equal(v.gpu.block_count, 64);
		assert_int_equal(v.gpu.has_fwid, 1);
		assert_string_equal(v.gpu.arch, gpus[i].arch);
		assert_string_equal(v.gpu.chip, gpus[i].chip);
		as_the_manifest_says(i, report, chain, &v.gpu);
		if (gpus[i].device)
			assert_string_equal(v.gpu.device_id, gpus[i].device);
		if (!gpus[i].want) {
			assert_int_equal(v.gpu.chain_len, 5);
			assert_string_equal(v.gpu.subject[4], "NVIDIA Device Identity CA");
			assert_int_equal(v.gpu.named_root, 0);
			assert_true(v.warnings & WV_WARN_CRL_UNCHECKED);
		}
		ut_free(report);
		ut_free(chain);
	}
}

static void other_times_and_policies(void **state)
{
	struct wv_bytes report = file(0, "report.bin"), chain = file(0, "chain.pem");
	struct wv_bytes foreign = file(1, "chain.pem"), none = { NULL, 0 };
	int64_t now = ut_time(2026, 1, 1);
	struct wv_verdict v;
	char nonce[] = NONCE;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	nonce[63] ^= 1;
	ut_reason(WV_REPORT_DATA_MISMATCH, judge(report, chain, nonce, "", now, &v), &v.fault);
	ut_reason(WV_CERTIFICATE_NOT_YET, judge(report, chain, NONCE, "", ut_time(2021, 1, 1), &v),
		  &v.fault);
	ut_reason(WV_SIGNATURE_INVALID, judge(report, foreign, NONCE, "", now, &v), &v.fault);
	ut_reason(WV_COLLATERAL_MISSING, judge(report, none, NONCE, "", now, &v), &v.fault);
	ut_reason(WV_OK, judge(report, chain, NONCE,
			       "\"arch\":[\"hopper\"],\"driver_version\":[\"550.90.07\"],"
			       "\"device_id\":[\"48B02D92494BADF4\"]", now, &v), &v.fault);
	ut_reason(WV_GPU_VERSION_REFUSED,
		  judge(report, chain, NONCE, "\"driver_version\":[\"570.86.10\"]", now, &v), &v.fault);
	ut_free(report);
	ut_free(chain);
	ut_free(foreign);
}

/* All of it is signed: no byte but counts. */
static void each_byte(void **state)
{
	struct wv_bytes report = file(0, "report.bin"), chain = file(0, "chain.pem");
	struct wv_verdict v;

	(void)state;
	if (!ut_has_vectors())
		ut_skip(UT_NO_VECTORS);
	for (size_t at = 0; at < report.len; at += at < 64 || at > 3600 ? 1 : 7) {
		uint8_t *byte = (uint8_t *)&report.data[at];

		*byte ^= (uint8_t)(1u << at % 8);
		if (!judge(report, chain, NONCE, "", ut_time(2026, 1, 1), &v))
			fail_msg("byte %zu", at);
		*byte ^= (uint8_t)(1u << at % 8);
	}
	ut_free(report);
	ut_free(chain);
}

/* The last: the tests above have read every file of the folder's but the root (collateral). */
static void every_row(void **state)
{
	(void)state;
	manifest_need();
	manifest_opened("gpu/", "NVIDIA device identity root");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_gpus),
		cmocka_unit_test(other_times_and_policies),
		cmocka_unit_test(each_byte),
		cmocka_unit_test(every_row),
	};

	return cmocka_run_group_tests_name("gpu_vectors", tests, NULL, NULL);
}
