// SPDX-License-Identifier: MIT
/* Reports of Azure's paravisor, and of GPUs. */
#include <stdlib.h>
#include <string.h>

#include "../unit/azure_make.h"
#include "../unit/gpu_make.h"
#include "../unit/quote_make.h"
#include "hcl.h"
#include "roots.h"
#include "seeds_intel.h"

static const uint8_t data[64] = { 7 };

static void hcl(EVP_PKEY *ak)
{
	struct tpm_sim vtpm;
	struct azure_make m;
	struct sim_guest g;
	struct sim_pki pki;
	struct wv_bytes piece, none = { NULL, 0 };

	assert_int_equal(sim_pki_make(&sim_default_recipe, NULL, &pki), 0);
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	azure_make_new(&m, ak);
	m.padded = 0;
	m.user_data = data;
	seed_take("hcl", "snp", azure_make_hcl(&m, &g, &pki));
	tpm_sim_new(&vtpm, ak);
	vtpm.hcl = azure_make_hcl(&m, &g, &pki);
	piece = tpm_sim_data(&vtpm, data);
	seed("hcl", "piece", piece);
	seed_pair("azure", "snp", "0", piece, none);
	root_take("items/vcek.pem", sim_pem(pki.vek));
	root_take("items/ask.pem", sim_pem(pki.ask));
	root("azure.pem", pki.ark);
	ut_free(piece);
	ut_free(vtpm.hcl);
	sim_pki_free(&pki);
}

static void hcl_tdx(EVP_PKEY *ak)
{
	uint8_t report[HCL_REPORT_LEN];
	struct wv_bytes made, quote;
	struct quote_plan plan;
	struct azure_make m;
	char *text;

	azure_make_new(&m, ak);
	m.kind = WV_AZURE_TDX;
	m.padded = 0;
	m.report = report;
	text = azure_make_text(&m);
	quote_plan_new(&plan, &seeds_intel_pki, 5, 3);
	intel_qe_report(true, 4, plan.qe);
	memset(plan.bytes + TD_TCB_SVN, 5, 16);
	plan.bytes[TD_TCB_SVN + 1] = 1;
	azure_make_data(&m, text, plan.bytes + TD_REPORT_DATA);
	seed_text("azure", "text", text);
	free(text);
	azure_make_tdreport(plan.bytes, quote_body_len(&plan), report);
	made = azure_make_hcl(&m, NULL, NULL);
	quote = quote_make(&plan);
	seed("hcl", "tdx", made);
	seed_pair("azure", "tdx", "1", made, quote);
	seed("azure", "tdreport", (struct wv_bytes){ report, sizeof(report) });
	ut_free(made);
	ut_free(quote);
	quote_plan_free(&plan);
}

static void gpu(const char *name, bool tcb_info, int feature)
{
	struct gpu_recipe recipe;
	struct gpu_plan plan;
	struct gpu_pki pki;
	struct wv_bytes report, chain;

	gpu_recipe_new(&recipe);
	recipe.tcb_info = tcb_info;
	recipe.to = SEED_YEAR;
	recipe.dated = -1;
	recipe.from = -60;
	gpu_pki_make(&recipe, &pki);
	gpu_plan_new(&plan, &pki, data);
	plan.blocks = 3;
	plan.feature = feature;
	report = gpu_make(&plan);
	chain = gpu_pem(&pki, true);
	seed_pair("gpu", name, NULL, report, chain);
	root(tcb_info ? "gpu-b.pem" : "gpu-h.pem", pki.cert[GPU_CHAIN - 1]);
	seed_take("certs", tcb_info ? "gpu-b" : "gpu-h", gpu_pem(&pki, false));
	ut_free(report);
	ut_free(chain);
	gpu_pki_free(&pki);
}

void seeds_device(void)
{
	EVP_PKEY *ak = EVP_RSA_gen(2048);

	hcl(ak);
	hcl_tdx(ak);
	gpu("hopper", false, -1);
	gpu("blackwell", true, 1);
	EVP_PKEY_free(ak);
}
