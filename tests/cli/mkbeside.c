// SPDX-License-Identifier: MIT
/*
 * Bundles with a piece beside the guest's own report: of a GPU, an enclave, a root of trust.
 */
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/cose_make.h"
#include "../unit/gpu_make.h"
#include "../unit/quote_make.h"
#include "mkevidence.h"

/* @e over the claims of a guest, which has an SNP report, too. It is freed. */
static void write_beside(const char *name, struct wv_evidence *e)
{
	char file[64];
	struct sim_guest g;

	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.more = e;
	g.more_count = 1;
	snprintf(file, sizeof(file), "%s.ward", name);
	write_bundle(file, &g);
	ut_free(e->data);
	ut_free(e->aux);
}

static void claimed(uint8_t data[64])
{
	struct sim_guest g;

	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	sim_report_data(&g, data);
}

/* ---- GPUs ---------------------------------------------------------------------------- */

static void gpu_is(const char *name, const struct gpu_pki *gpu, const struct gpu_plan *plan,
		   bool root)
{
	struct wv_evidence e = { .provider = "gpu", .tee = "nvidia-gpu" };

	e.data = gpu_make(plan);
	e.aux = gpu_pem(gpu, root);
	write_beside(name, &e);
}

/* Reports that a sound GPU signed. */
static void gpu_reports(const struct gpu_pki *gpu)
{
	static const uint8_t twice[] = { 17, 0, 1, 0, 'a', 17, 0, 1, 0, 'a' };
	static const uint8_t unknown_twice[] = { 200, 0, 1, 0, 1, 200, 0, 1, 0, 1 };
	static const uint8_t zeroes[48];
	uint8_t data[64], other[64] = { 1 };
	struct gpu_plan plans[12];

	claimed(data);
	for (size_t i = 0; i < 12; i++)
		gpu_plan_new(&plans[i], gpu, data);
	gpu_is("gpu", gpu, &plans[0], true);
	gpu_is("gpu-rootless", gpu, &plans[0], false);
	plans[1].blocks = 128;
	plans[1].feature = 1;
	gpu_is("gpu-128", gpu, &plans[1], true);
	plans[2].blocks = 129;
	gpu_is("gpu-129", gpu, &plans[2], true);
	plans[3].blocks = 0;
	gpu_is("gpu-0", gpu, &plans[3], true);
	plans[4].fwid = NULL;
	gpu_is("gpu-no-fwid", gpu, &plans[4], true);
	plans[5].fwid = zeroes;
	gpu_is("gpu-other-fwid", gpu, &plans[5], true);
	plans[6].opaque = (struct wv_bytes){ twice, sizeof(twice) };
	gpu_is("gpu-twice", gpu, &plans[6], true);
	plans[7].opaque = (struct wv_bytes){ unknown_twice, sizeof(unknown_twice) };
	gpu_is("gpu-unknown-twice", gpu, &plans[7], true);
	plans[8].record_lie = 1;
	gpu_is("gpu-longer", gpu, &plans[8], true);
	plans[9].opaque_lie = -1;
	gpu_is("gpu-shorter", gpu, &plans[9], true);
	plans[10].driver = "a version that has more than 31 characters";
	gpu_is("gpu-long-version", gpu, &plans[10], true);
	gpu_plan_new(&plans[11], gpu, other);
	gpu_is("gpu-other-claims", gpu, &plans[11], true);
}

/* One GPU under certificates that @r says; named: its root is told to everybody. */
static void gpu_of(const char *name, const struct gpu_recipe *r, bool named)
{
	struct gpu_plan plan;
	struct gpu_pki gpu;
	uint8_t data[64];
	char file[64];

	gpu_pki_make(r, &gpu);
	snprintf(file, sizeof(file), "%s-root.pem", name);
	if (named)
		write_cert(file, gpu.cert[GPU_CHAIN - 1]);
	claimed(data);
	gpu_plan_new(&plan, &gpu, data);
	gpu_is(name, &gpu, &plan, true);
	snprintf(file, sizeof(file), "%s.key", name);
	write_key(file, gpu.key[0]);
	gpu_pki_free(&gpu);
}

static void gpus(void)
{
	struct gpu_recipe r;
	struct gpu_pki gpu;

	gpu_recipe_new(&r);
	gpu_pki_make(&r, &gpu);
	write_cert("gpu-root.pem", gpu.cert[GPU_CHAIN - 1]);
	write_key("gpu.key", gpu.key[0]);
	gpu_reports(&gpu);
	gpu_pki_free(&gpu);
	gpu_of("gpu-stranger", &r, false);
	r.tcb_info = true;
	r.leaf_name = "GB100 A01 GSP FMC LF";
	gpu_of("gpu-blackwell", &r, true);
	r.fwid = NULL;
	gpu_of("gpu-unnamed-fwid", &r, true);
	gpu_recipe_new(&r);
	r.leaf_ca = true;
	gpu_of("gpu-leaf-ca", &r, true);
	gpu_recipe_new(&r);
	r.dated = 2;
	r.to = -10;
	gpu_of("gpu-expired", &r, true);
	gpu_recipe_new(&r);
	r.leaf_name = "XX100 A01";
	gpu_of("gpu-unknown-chip", &r, true);
}

/* ---- enclaves ------------------------------------------------------------------------ */

static void enclave(const char *name, struct quote_plan *plan)
{
	struct wv_evidence e = { .provider = "sgx", .tee = "sgx" };

	e.data = quote_make(plan);
	write_beside(name, &e);
}

static void enclaves_beside(void)
{
	struct quote_plan plan;
	struct intel_pki p;

	intel_pki_make(&intel_default, &p);
	write_cert("sgx-root.pem", p.root);
	quote_plan_new(&plan, &p, 3, 0);
	claimed(plan.bytes + SGX_REPORT_DATA);
	enclave("sgx", &plan);
	plan.bytes[20] = 1;
	enclave("sgx-reserved", &plan);
	plan.bytes[20] = 0;
	plan.certs_type = 2;
	enclave("sgx-no-pck", &plan);
	plan.certs_type = 5;
	plan.bad_hash = true;
	enclave("sgx-other-key", &plan);
	plan.bad_hash = false;
	plan.bytes[SGX_REPORT_DATA] ^= 1;
	enclave("sgx-other-claims", &plan);
	quote_plan_free(&plan);
	quote_plan_new(&plan, &p, 4, 2);
	claimed(plan.bytes + TD_REPORT_DATA);
	enclave("sgx-that-is-a-td", &plan);
	quote_plan_free(&plan);
	intel_pki_free(&p);
}

/* ---- roots of trust ------------------------------------------------------------------ */

static void psa(const char *name, struct arm_plan *plan, size_t len)
{
	struct wv_evidence e = { .provider = "psa", .tee = "psa" };
	uint8_t data[64], nonce[64];

	claimed(data);
	memcpy(nonce, data, sizeof(nonce));
	if (len == 32)
		SHA256(data, sizeof(data), nonce);
	plan->challenge = (struct wv_bytes){ nonce, len };
	e.data = psa_make(plan);
	write_beside(name, &e);
}

static void tokens(void)
{
	static const int64_t claims[] = { 265, 10, 256, 2394, 2395, 2396, 2397, 2398, 2399 };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct arm_plan plan = { .platform = { .key = key } };
	char text[1024], name[32], *public = cose_public(key);

	snprintf(text, sizeof(text), "{\"keys\":[{\"public_key\":\"%s\"}],\"required\":false}\n", public);
	write_text("psa.json", text);
	write_key("psa.key", key);
	psa("psa", &plan, 64);
	psa("psa-32", &plan, 32);
	psa("psa-48", &plan, 48);
	plan.no_measurements = true;
	psa("psa-no-measurements", &plan, 64);
	plan.old = true;
	psa("psa-1-no-measurements", &plan, 64);
	plan.no_measurements = false;
	psa("psa-1", &plan, 64);
	plan.old = false;
	plan.profile = "tag:psacertified.org,2030:psa#tfm";
	psa("psa-unknown-profile", &plan, 64);
	plan.profile = NULL;
	plan.instance = 2;
	psa("psa-other-instance", &plan, 64);
	plan.instance = 0;
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		plan.without = claims[i];
		snprintf(name, sizeof(name), "psa-without-%d", (int)claims[i]);
		psa(name, &plan, 64);
	}
	EVP_PKEY_free(key);
	free(public);
}

void beside(void)
{
	gpus();
	enclaves_beside();
	tokens();
}
