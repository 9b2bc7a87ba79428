// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "json_write.h"
#include "kind.h"

static const struct kind kinds[] = {
	{ "snp", POLICY_TEE_SNP, KIND_LAUNCH, WV_HAVE_REPORT, "report of the hardware's",
	  kind_snp, kind_snp_recognise, "report", kind_snp_json },
	{ "simulated-snp", POLICY_TEE_SIMULATED, KIND_LAUNCH, WV_HAVE_REPORT,
	  "report of the hardware's", kind_snp, NULL, "report", kind_snp_json },
	{ "azure-snp", POLICY_TEE_AZURE_SNP, KIND_LAUNCH, WV_HAVE_AZURE, "report of a paravisor",
	  kind_azure_snp, kind_azure_snp_recognise, "azure", kind_azure_json },
	{ "tdx", POLICY_TEE_TDX, KIND_LAUNCH, WV_HAVE_TDX, "quote of a TD",
	  kind_tdx, kind_tdx_recognise, "quote", kind_tdx_json },
	{ "sgx", POLICY_TEE_SGX, KIND_BESIDE, WV_HAVE_SGX, "quote of an enclave",
	  kind_sgx, kind_sgx_recognise, "quote", kind_sgx_json },
	{ "azure-tdx", POLICY_TEE_AZURE_TDX, KIND_LAUNCH, WV_HAVE_AZURE, "report of a paravisor",
	  kind_azure_tdx, kind_azure_tdx_recognise, "azure", kind_azure_json },
	{ "nvidia-gpu", POLICY_TEE_GPU, KIND_BESIDE, WV_HAVE_GPU, "report of a GPU",
	  kind_gpu, kind_gpu_recognise, "gpu", kind_gpu_json },
	{ "tpm", POLICY_TEE_TPM, KIND_TPM, WV_HAVE_TPM, "quote of a TPM",
	  kind_tpm, NULL, NULL, NULL },
	{ "nitro", POLICY_TEE_NITRO, KIND_LAUNCH, WV_HAVE_NITRO, "Nitro document",
	  kind_nitro, kind_nitro_recognise, "nitro", kind_nitro_json },
	{ "cca", POLICY_TEE_CCA, KIND_LAUNCH, WV_HAVE_CCA, "CCA token",
	  kind_cca, kind_cca_recognise, "cca", kind_cca_json },
	{ "psa", POLICY_TEE_PSA, KIND_BESIDE, WV_HAVE_PSA, "PSA token",
	  kind_psa, kind_psa_recognise, "psa", kind_psa_json },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

_Static_assert(KINDS <= KIND_MAX, "policy.c has room for them");

const struct kind *kind_at(size_t n)
{
	return n < KINDS ? &kinds[n] : NULL;
}

const struct kind *kind_find(const char *tee)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (!strcmp(kinds[i].tee, tee))
			return &kinds[i];
	return NULL;
}

int kind_repeated(const struct kind *k, struct wv_verdict *v)
{
	if (!(v->have & k->have))
		return WV_OK;
	return fault_set(&v->fault, WV_EVIDENCE_REPEATED, "tee", -1, "a second %s", k->what);
}

const char *kind_of_bit(unsigned int bit)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (kinds[i].bit & bit)
			return kinds[i].tee;
	return "unknown";
}

const char *wv_evidence_find(struct wv_bytes data)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (kinds[i].recognise && kinds[i].recognise(data))
			return kinds[i].tee;
	return NULL;
}

char *wv_evidence_json(const struct wv_evidence *e, struct wv_fault *fault)
{
	const struct kind *k = kind_find(e->tee);
	struct json_out o = { NULL };
	json_t *shown;

	fault_clear(fault);
	if (!k || !k->json) {
		fault_set(fault, WV_EVIDENCE_UNSUPPORTED, "evidence.tee", -1,
			  "evidence of kind '%s' is not shown by this version", e->tee);
		return NULL;
	}
	shown = k->json(e->data, fault);
	if (!shown)
		return NULL;
	o.object = shown;
	return out_text_of(&o);
}

void kind_words(unsigned int bits, char *out, size_t size)
{
	size_t i, len = 0;

	snprintf(out, size, "none");
	for (i = 0; i < KINDS && len < size; i++)
		if (kinds[i].bit & bits)
			len += (size_t)snprintf(out + len, size - len, "%s%s", len ? ", " : "",
						kinds[i].tee);
}
