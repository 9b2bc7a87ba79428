// SPDX-License-Identifier: MIT
/*
 * What a policy leaves open, before any evidence is there.
 */
#include "policy.h"
#include "quote_policy.h"

/* Of which kinds of evidence it pins what measures the guest: POLICY_TEE_* */
static unsigned int measured_kinds(const struct wv_policy *p)
{
	bool launch = p->measurement.count || policy_snp_tells(&p->snp);
	bool behind = policy_registers_tell(&p->azure.registers);
	unsigned int kinds = 0;

	if (launch)
		kinds |= POLICY_TEE_SNP | POLICY_TEE_SIMULATED;
	if (policy_tdx_tells(&p->tdx, NULL))
		kinds |= POLICY_TEE_TDX;
	if (launch && behind)
		kinds |= POLICY_TEE_AZURE_SNP;
	if (p->tdx.mr_td.count && behind)
		kinds |= POLICY_TEE_AZURE_TDX;
	if (policy_registers_tell(&p->tpm))
		kinds |= POLICY_TEE_TPM;
	if (policy_nitro_tells(&p->nitro))
		kinds |= POLICY_TEE_NITRO;
	if (p->cca.rim.count)
		kinds |= POLICY_TEE_CCA;
	return kinds;
}

/*
 * A kind that is accepted and not pinned is refused as unmeasured, unless the policy
 * accepts that: then one such kind is enough to leave it open. A TPM beside the launch may
 * measure any of them.
 */
static bool may_be_unmeasured(const struct wv_policy *p)
{
	unsigned int kinds = measured_kinds(p);

	if (!kinds)
		return true;
	return p->accept_unmeasured && p->tee & ~kinds && !(kinds & p->needed & POLICY_TEE_TPM);
}

bool policy_asks_claims(const struct wv_policy *p)
{
	const struct policy_session *s = &p->session;
	bool worker = p->purpose || p->uid.count || p->gid.count || p->cgroup.count ||
		      p->declared.count || p->exe.count || s->userns.given;
	bool machine = p->posture || p->taint_mask || s->has_min_version || s->version.count ||
		       s->build_id.count;
	bool session = p->lease_max || p->lease_anchor.count || s->live.given || s->peak.given ||
		       s->refuse_class_b || s->refuse_shared || s->want_events ||
		       s->refuse_dropped || s->sealed || s->kernel_keys || s->max_age;

	return worker || machine || session;
}

uint64_t wv_policy_warnings(const struct wv_policy *p)
{
	uint64_t w = 0;

	if (may_be_unmeasured(p))
		w |= WV_WARN_UNMEASURED;
	if (p->tpm.accept_unpinned)
		w |= WV_WARN_AK_UNPINNED;
	if (p->tee & POLICY_TEE_SIMULATED)
		w |= WV_WARN_SIMULATED;
	if (p->allow_debug)
		w |= WV_WARN_DEBUG;
	if (p->exe.count)
		w |= WV_WARN_EXE_ADVISORY;
	if (!p->purpose)
		w |= WV_WARN_NO_PURPOSE;
	if ((p->tee | p->needed) & (POLICY_TEE_TDX | POLICY_TEE_AZURE_TDX | POLICY_TEE_SGX) &&
	    !p->collateral.pins)
		w |= WV_WARN_COLLATERAL_UNCHECKED;
	if (p->session.max_age)
		w |= WV_WARN_AGE_UNPROVEN;
	return w;
}
