// SPDX-License-Identifier: MIT
/*
 * Reading a policy: doc/policy.md.
 */
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "fault.h"
#include "hex.h"
#include "json_read.h"
#include "kind.h"
#include "policy_read.h"
#include "quote_policy.h"

void policy_none(struct wv_policy *p)
{
	p->tee = POLICY_TEE_SNP | POLICY_TEE_TDX | POLICY_TEE_AZURE_SNP | POLICY_TEE_AZURE_TDX |
		 POLICY_TEE_NITRO | POLICY_TEE_CCA;
	p->snp.permit_provisional = 1;
}

static const char *const members[] = {
	"ward-policy", "measurement", "accept_unmeasured", "purpose", "uid", "gid", "cgroup",
	"declared", "exe", "allow_debug", "vmpl_max", "host_data", "min_tcb", "posture",
	"taint_mask", "allow_tee", "lease_max", "lease_anchor", "evidence", "tpm", "snp",
	"collateral", "azure", "tdx", "sgx", "nitro",
	"cca", "psa", "gpu",
	"ledger", "chain", "module", "sealed", "keys", "userns_level_max", "max_age", "clock_leeway", NULL,
};

/* Digests of 20 to 64 bytes, zero padded as in the claims. */
static bool exe_element(json_t *v, uint8_t *out, size_t width)
{
	size_t len = json_is_string(v) ? json_string_length(v) / 2 : 0;

	return len >= 20 && len <= width && hex_decode(json_string_value(v), out, len);
}

static int read_set(struct doc_in *in, const char *key, size_t width, policy_element_fn element,
		    const char *what, struct policy_set *set)
{
	return policy_read_set(in, in->root, key, width, element, what, set);
}

static int read_sets(struct doc_in *in, struct wv_policy *p)
{
	return read_set(in, "measurement", 48, policy_hex_element, "96 hexadecimal digits",
			&p->measurement) ?:
	       read_set(in, "uid", 4, policy_id_element, "a user id", &p->uid) ?:
	       read_set(in, "gid", 4, policy_id_element, "a group id", &p->gid) ?:
	       read_set(in, "cgroup", 32, policy_path_element, "a path that starts with '/'",
			&p->cgroup) ?:
	       read_set(in, "declared", 64, policy_hex_element, "128 hexadecimal digits",
			&p->declared) ?:
	       read_set(in, "exe", 64, exe_element, "40 to 128 hexadecimal digits", &p->exe) ?:
	       read_set(in, "host_data", 32, policy_hex_element, "64 hexadecimal digits",
			&p->host_data) ?:
	       read_set(in, "lease_anchor", 32, policy_hex_element, "64 hexadecimal digits",
			&p->lease_anchor);
}

/* The kinds that the library verifies; launch evidence and TPMs, or all. */
static int read_kinds(struct doc_in *in, const char *key, bool beside, uint64_t *out)
{
	struct policy_word words[KIND_MAX + 1] = { { NULL, 0 } };
	const struct kind *k;
	size_t i, n = 0;

	for (i = 0; (k = kind_at(i)); i++)
		if (beside || k->role != KIND_BESIDE)
			words[n++] = (struct policy_word){ k->tee, k->bit };
	return policy_read_words(in, in->root, key, words, out);
}

static int read_purpose(struct doc_in *in, struct wv_policy *p)
{
	char word[16];
	int rc;

	if (!json_object_get(in->root, "purpose"))
		return WV_OK;
	rc = doc_text(in, in->root, "purpose", word, sizeof(word));
	if (rc)
		return rc;
	p->purpose = wv_purpose_find(word);
	if (!p->purpose)
		return doc_fault(in, "purpose",
				  "'%s' is none of release, channel, receipt, seal, report", word);
	return WV_OK;
}

static int read_lease(struct doc_in *in, struct wv_policy *p)
{
	int rc;

	if (!json_object_get(in->root, "lease_max"))
		return WV_OK;
	rc = doc_number(in, in->root, "lease_max", UINT32_MAX, 1, &p->lease_max);
	if (!rc && !p->lease_max)
		rc = doc_fault(in, "lease_max", "at least 1 second is expected");
	return rc;
}

/* Evidence that is asked for, and refused when it comes. */
static int check_holds(struct doc_in *in, const struct wv_policy *p)
{
	const struct kind *k;
	size_t i;

	for (i = 0; (k = kind_at(i)); i++) {
		if (k->role != KIND_LAUNCH || !(p->needed & k->bit) || p->tee & k->bit)
			continue;
		in->object = in->root;
		return doc_fault(in, "evidence", "can never hold: allow_tee does not name %s",
				 k->tee);
	}
	return WV_OK;
}

static int read_policy(struct doc_in *in, struct wv_policy *p)
{
	uint64_t version = 0, vmpl = 0, tee = POLICY_TEE_SNP, needed = 0;
	int rc;

	rc = doc_known(in, in->root, members) ?:
	     doc_number(in, in->root, "ward-policy", 1, 1, &version);
	if (!rc && version != 1)
		rc = doc_fault(in, "ward-policy", "version 1 is the only one known");
	rc = rc ?: read_sets(in, p) ?: read_purpose(in, p) ?:
	     doc_flag(in, in->root, "accept_unmeasured", &p->accept_unmeasured) ?:
	     doc_flag(in, in->root, "allow_debug", &p->allow_debug) ?:
	     doc_number(in, in->root, "vmpl_max", 3, 0, &vmpl) ?:
	     policy_read_tcb(in, in->root, "min_tcb", p->min_tcb) ?:
	     policy_read_words(in, in->root, "posture", policy_postures, &p->posture) ?:
	     doc_number(in, in->root, "taint_mask", INT64_MAX, 0, &p->taint_mask) ?:
	     read_kinds(in, "allow_tee", false, &tee) ?: read_lease(in, p) ?:
	     read_kinds(in, "evidence", true, &needed) ?: policy_read_tpm(in, &p->tpm) ?:
	     policy_read_nitro(in, &p->nitro) ?: policy_read_cca(in, &p->cca) ?:
	     policy_read_psa(in, &p->psa) ?:
	     policy_read_snp(in, &p->snp) ?:
	     policy_read_collateral(in, &p->collateral) ?: policy_read_azure(in, &p->azure) ?:
	     policy_read_tdx(in, &p->tdx) ?: policy_read_sgx(in, &p->sgx) ?:
	     policy_read_gpu(in, &p->gpu) ?:
	     policy_read_session(in, &p->session);
	if (!json_object_get(in->root, "allow_tee"))
		tee |= (p->tdx.given ? POLICY_TEE_TDX : 0) |
		       (p->nitro.given ? POLICY_TEE_NITRO : 0) |
		       (p->cca.given ? POLICY_TEE_CCA : 0);
	p->vmpl_max = (uint32_t)vmpl;
	p->tee = (unsigned int)tee;
	p->needed = (unsigned int)needed | (p->tpm.required ? POLICY_TEE_TPM : 0) |
		    (p->sgx.required ? POLICY_TEE_SGX : 0) |
		    (p->psa.required ? POLICY_TEE_PSA : 0) |
		    (p->gpu.required ? POLICY_TEE_GPU : 0);
	return rc ?: check_holds(in, p);
}

int wv_policy_parse(struct wv_bytes json, struct wv_policy **out, struct wv_fault *fault)
{
	struct wv_policy *p = calloc(1, sizeof(*p));
	struct doc_in in;
	int rc;

	*out = NULL;
	if (!p)
		return fault_set(fault, WV_NO_MEMORY, "policy", -1, "no memory");
	rc = doc_open(&in, json, WV_POLICY_MAX, WV_POLICY_DAMAGED, fault);
	if (!rc && !digest_sha256(p->digest, &json, 1))
		rc = fault_set(fault, WV_NO_MEMORY, "policy", -1, "no memory");
	if (!rc)
		rc = read_policy(&in, p);
	doc_close(&in);
	if (rc)
		wv_policy_free(p);
	else
		*out = p;
	return rc;
}

void wv_policy_free(struct wv_policy *p)
{
	if (!p)
		return;
	free(p->measurement.values);
	free(p->uid.values);
	free(p->gid.values);
	free(p->cgroup.values);
	free(p->declared.values);
	free(p->exe.values);
	free(p->host_data.values);
	free(p->lease_anchor.values);
	policy_tpm_clear(&p->tpm);
	policy_nitro_clear(&p->nitro);
	policy_cca_clear(&p->cca);
	policy_psa_clear(&p->psa);
	policy_snp_clear(&p->snp);
	policy_collateral_clear(&p->collateral);
	policy_azure_clear(&p->azure);
	policy_gpu_clear(&p->gpu);
	policy_tdx_clear(&p->tdx);
	policy_sgx_clear(&p->sgx);
	policy_session_clear(&p->session);
	free(p);
}
