// SPDX-License-Identifier: MIT
/*
 * From a verdict to a trustworthiness vector. A value affirms only what the verdict proves:
 * what ward cannot know (file system, storage, sources) has no claim.
 */
#include <string.h>

#include "ear.h"
#include "quote_policy.h"

enum ear_tier ear_tier_of(int value)
{
	if (value >= -1 && value <= 1)
		return EAR_NONE;
	if (value >= -32 && value <= 31)
		return EAR_AFFIRMING;
	return value >= -96 && value <= 95 ? EAR_WARNING : EAR_CONTRAINDICATED;
}

const char *ear_tier_text(enum ear_tier tier)
{
	static const char words[][16] = { "none", "affirming", "warning", "contraindicated" };

	return words[tier];
}

const char *ear_claim_text(enum ear_claim claim)
{
	static const char words[][18] = {
		"instance-identity", "configuration",  "executables",	 "file-system",
		"hardware",	     "runtime-opaque", "storage-opaque", "sourced-data",
	};

	return words[claim];
}

static enum ear_tier worst(const int8_t vector[EAR_CLAIMS])
{
	enum ear_tier tier, result = EAR_NONE;

	for (int i = 0; i < EAR_CLAIMS; i++) {
		tier = ear_tier_of(vector[i]);
		if (tier > result)
			result = tier;
	}
	return result;
}

#define LAUNCHES (WV_HAVE_REPORT | WV_HAVE_TDX | WV_HAVE_NITRO | WV_HAVE_CCA)

/* Is there a TEE that vouches for the guest, and not a program that plays one? */
static bool has_hardware(const struct wv_verdict *v)
{
	return v->have & LAUNCHES && !v->simulated;
}

/* Evidence of something beside the guest stands for no guest where there is nothing else. */
unsigned int ear_speaks_of(const struct wv_verdict *v)
{
	unsigned int of = (v->have & WV_HAVE_TPM ? EAR_OF_TPM : 0) |
			  (v->have & WV_HAVE_SGX ? EAR_OF_ENCLAVE : 0) |
			  (v->have & WV_HAVE_PSA ? EAR_OF_ROOT : 0) |
			  (v->have & WV_HAVE_GPU ? EAR_OF_GPU : 0);

	if (!(of & ~EAR_OF_TPM) || v->have & (LAUNCHES | WV_HAVE_CLAIMS))
		of |= EAR_OF_GUEST;
	return of;
}

/* The chip's own key, and a list of those that were withdrawn was looked at. */
static int identity(const struct wv_verdict *v)
{
	const uint64_t unknown = WV_WARN_CRL_UNCHECKED | WV_WARN_VLEK | WV_WARN_CHIP_MASKED;

	return v->warnings & unknown ? EAR_NO_CLAIM : EAR_GOOD;
}

static int configuration(const struct wv_verdict *v, const struct wv_policy *p)
{
	/* a paravisor's vTPM signs for whoever reaches it */
	if (v->warnings & WV_WARN_DEBUG ||
	    (v->have & WV_HAVE_AZURE && v->warnings & WV_WARN_AK_SHARED))
		return EAR_UNSAFE;
	return p && p->posture && v->have & WV_HAVE_CLAIMS ? EAR_GOOD : EAR_NO_CLAIM;
}

/* What Intel says of the platform's patches; without its word nothing is said. */
static int patched(const struct wv_tcb_status *tcb)
{
	const unsigned int half = WV_UNCHECKED_TCB_INFO | WV_UNCHECKED_QE;

	if (tcb->level == WV_TCB_UNCHECKED)
		return EAR_NO_CLAIM;
	if (tcb->level != WV_TCB_UP_TO_DATE)
		return EAR_UNSAFE;
	return tcb->unchecked & half ? EAR_NO_CLAIM : EAR_GOOD;
}

/* Other guests cannot look into a Nitro enclave; no encryption that is attested keeps its host out. */
static int opaque(const struct wv_verdict *v)
{
	return v->warnings & WV_WARN_DEBUG || v->have & WV_HAVE_NITRO ? EAR_UNSAFE : EAR_GOOD;
}

static void guest(const struct wv_verdict *v, const struct wv_policy *p, int8_t *claim)
{
	claim[EAR_CONFIGURATION] = (int8_t)configuration(v, p);
	claim[EAR_EXECUTABLES] = v->measured && !v->simulated ? EAR_BOOT_APPROVED :
								EAR_UNRECOGNIZED_CODE;
	if (!has_hardware(v))
		return;
	claim[EAR_INSTANCE_IDENTITY] = (int8_t)identity(v);
	claim[EAR_HARDWARE] = (int8_t)(v->have & WV_HAVE_TDX ? patched(&v->tdx.tcb) : EAR_GOOD);
	claim[EAR_RUNTIME_OPAQUE] = (int8_t)opaque(v);
}

/* The policy's or a named authority's word for the key; where it names keys, its alone. */
static bool ak_known(const struct wv_tpm *t, const struct wv_policy *p)
{
	return t->ak_trust == WV_AK_PINNED ||
	       (t->ak_trust == WV_AK_CERTIFIED && !(p && p->tpm.ak.count));
}

static void tpm(const struct wv_verdict *v, const struct wv_policy *p, int8_t *claim)
{
	const struct wv_tpm *t = &v->tpm;

	if (t->ak_trust == WV_AK_PINNED)
		claim[EAR_INSTANCE_IDENTITY] = EAR_GOOD;
	if (t->ak_shared)
		claim[EAR_CONFIGURATION] = EAR_UNSAFE;
	if (ak_known(t, p) && p && policy_registers_tell(&p->tpm))
		claim[EAR_EXECUTABLES] = EAR_BOOT_APPROVED;
}

static void enclave(const struct wv_verdict *v, const struct wv_policy *p, int8_t *claim)
{
	claim[EAR_EXECUTABLES] = p && policy_sgx_tells(&p->sgx) && !v->simulated ?
				 EAR_BOOT_APPROVED : EAR_UNRECOGNIZED_CODE;
	claim[EAR_CONFIGURATION] = v->warnings & WV_WARN_DEBUG ? EAR_UNSAFE : EAR_NO_CLAIM;
	if (v->simulated)
		return;
	claim[EAR_INSTANCE_IDENTITY] = (int8_t)identity(v);
	claim[EAR_HARDWARE] = (int8_t)patched(&v->sgx.tcb);
	claim[EAR_RUNTIME_OPAQUE] = v->warnings & WV_WARN_DEBUG ? EAR_UNSAFE : EAR_GOOD;
}

/* Its firmware, that is; what runs on it nobody measures, nor whether its memory is encrypted. */
static void gpu(const struct wv_verdict *v, const struct wv_policy *p, int8_t *claim)
{
	bool simulated = v->simulated || v->gpu.simulated;

	claim[EAR_EXECUTABLES] = p && p->gpu.block_count && !simulated ? EAR_BOOT_APPROVED :
									 EAR_UNRECOGNIZED_CODE;
	if (simulated)
		return;
	claim[EAR_INSTANCE_IDENTITY] = v->gpu.crl_checked ? EAR_GOOD : EAR_NO_CLAIM;
	claim[EAR_HARDWARE] = EAR_GOOD;
}

/* Who rests on hardware is affirmed with it alone; of a TPM it may be a program of the host's. */
static bool is_sure(const struct wv_verdict *v, const struct wv_policy *p, enum ear_of of,
		    const int8_t *claim)
{
	if (of == EAR_OF_TPM)
		return ak_known(&v->tpm, p);
	return of == EAR_OF_ROOT || ear_tier_of(claim[EAR_HARDWARE]) == EAR_AFFIRMING;
}

void ear_appraise(const struct wv_verdict *v, const struct wv_policy *p, enum ear_of of,
		  struct ear_appraisal *out)
{
	if (v->fault.reason) {
		/* alone it is all that the refusal can mean */
		ear_refuse(v->fault.reason, ear_speaks_of(v) & EAR_OF_GUEST ? of : of | EAR_OF_GUEST,
			   out);
		return;
	}
	memset(out, 0, sizeof(*out));
	if (of == EAR_OF_GUEST)
		guest(v, p, out->vector);
	else if (of == EAR_OF_TPM)
		tpm(v, p, out->vector);
	else if (of == EAR_OF_ENCLAVE)
		enclave(v, p, out->vector);
	else if (of == EAR_OF_GPU)
		gpu(v, p, out->vector);
	else if (!v->simulated)
		out->vector[EAR_INSTANCE_IDENTITY] = (int8_t)identity(v);
	out->status = worst(out->vector);
	if (out->status < EAR_WARNING && !is_sure(v, p, of, out->vector))
		out->status = EAR_WARNING;
}
