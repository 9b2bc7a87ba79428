// SPDX-License-Identifier: MIT
/*
 * A policy against a report and claims.
 */
#include <string.h>

#include "fault.h"
#include "hex.h"
#include "policy.h"

#define NS 1000000000ull

bool policy_has(const struct policy_set *set, const uint8_t *value)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (!memcmp(set->values + i * set->width, value, set->width))
			return true;
	return !set->count;
}

static bool has_id(const struct policy_set *set, uint32_t id)
{
	uint8_t le[4] = { (uint8_t)id, (uint8_t)(id >> 8), (uint8_t)(id >> 16),
			  (uint8_t)(id >> 24) };

	return policy_has(set, le);
}

static int check_tcb(const struct wv_policy *p, const struct wv_snp_report *r,
		     struct wv_fault *fault)
{
	static const char *const names[] = { "fmc", "bootloader", "tee", "snp", "microcode" };
	const struct policy_tcb *t = &p->min_tcb[r->product];
	const uint8_t want[] = { t->min.fmc, t->min.bootloader, t->min.tee, t->min.snp,
				 t->min.microcode };
	const uint8_t have[] = { r->reported_tcb.fmc, r->reported_tcb.bootloader,
				 r->reported_tcb.tee, r->reported_tcb.snp,
				 r->reported_tcb.microcode };
	size_t i;

	for (i = 0; i < sizeof(want); i++)
		if ((t->has & 1u << i) && have[i] < want[i])
			return fault_set(fault, WV_TCB_BELOW_POLICY, "report.reported_tcb", 0x180,
					 "%s %u is below %u", names[i], have[i], want[i]);
	return WV_OK;
}

/* A policy with levels for other products only says nothing of this one. */
static int check_product(const struct wv_policy *p, const struct wv_snp_report *r,
			 struct wv_fault *fault)
{
	unsigned int any = 0;
	int i;

	for (i = 0; i <= WV_PRODUCT_TURIN; i++)
		any |= p->min_tcb[i].has;
	if (!any || p->min_tcb[r->product].has)
		return WV_OK;
	return fault_set(fault, WV_TCB_BELOW_POLICY, "report.reported_tcb", 0x180,
			 "min_tcb of the policy has no levels for %s", wv_product_text(r->product));
}

int policy_report(const struct wv_policy *p, const struct wv_snp_report *r,
		  struct wv_fault *fault)
{
	char have[97];
	int rc;

	if ((r->policy & WV_SNP_POLICY_DEBUG) && !p->allow_debug)
		return fault_set(fault, WV_DEBUG_ALLOWED, "report.policy", 0x08,
				 "bit 19 (DEBUG) is set in the guest policy 0x%llx",
				 (unsigned long long)r->policy);
	if (r->vmpl > p->vmpl_max)
		return fault_set(fault, WV_VMPL_REFUSED, "report.vmpl", 0x30,
				 "VMPL %u, the policy accepts up to %u", r->vmpl, p->vmpl_max);
	rc = check_product(p, r, fault) ?: check_tcb(p, r, fault);
	if (rc)
		return rc;
	if (!policy_has(&p->host_data, r->host_data))
		return fault_set(fault, WV_HOST_DATA_REFUSED, "report.host_data", 0xc0,
				 "the host data is not in the policy's list");
	if (!policy_has(&p->measurement, r->measurement)) {
		hex_encode(r->measurement, sizeof(r->measurement), have);
		return fault_set(fault, WV_MEASUREMENT_MISMATCH, "report.measurement", 0x90,
				 "%s is not in the policy's list", have);
	}
	return WV_OK;
}

int policy_worker(const struct wv_policy *p, const struct wv_claims *k, struct wv_fault *fault)
{
	if (!has_id(&p->uid, k->caller.uid))
		return fault_set(fault, WV_WRONG_UID, "claims.caller.uid", 208,
				 "uid %u is not in the policy's list", k->caller.uid);
	if (!has_id(&p->gid, k->caller.gid))
		return fault_set(fault, WV_WRONG_GID, "claims.caller.gid", 212,
				 "gid %u is not in the policy's list", k->caller.gid);
	if (!policy_has(&p->cgroup, k->caller.cgroup_hash))
		return fault_set(fault, WV_WRONG_CGROUP, "claims.caller.cgroup_hash", 240,
				 "the control group is not in the policy's list");
	if (!policy_has(&p->declared, k->declared))
		return fault_set(fault, WV_WRONG_DECLARED, "claims.declared", 424,
				 "the declared register is not in the policy's list");
	if (p->exe.count && (k->exe_kind == WARD_EXE_NONE || !policy_has(&p->exe, k->exe_digest)))
		return fault_set(fault, WV_WRONG_EXE, "claims.exe_digest", 360, "%s",
				 k->exe_kind == WARD_EXE_NONE ?
					 "the executable has no digest" :
					 "the digest is not in the policy's list");
	return WV_OK;
}

int policy_machine(const struct wv_policy *p, const struct wv_claims *k, struct wv_fault *fault)
{
	uint64_t missing = p->posture & ~(k->posture & k->posture_known);

	if (missing)
		return fault_set(fault, WV_POSTURE_REFUSED, "claims.posture", 528,
				 "bits 0x%llx are not known to be set",
				 (unsigned long long)missing);
	if (k->taint & p->taint_mask)
		return fault_set(fault, WV_TAINT_REFUSED, "claims.taint", 544,
				 "taint 0x%llx, of which the policy refuses 0x%llx",
				 (unsigned long long)k->taint,
				 (unsigned long long)(k->taint & p->taint_mask));
	return WV_OK;
}

int policy_lease(const struct wv_policy *p, const struct wv_claims *k, struct wv_fault *fault)
{
	if (p->lease_max && !k->lease_expires_ns)
		return fault_set(fault, WV_LEASE_REFUSED, "claims.lease_expires_ns", 928,
				 "the session has no lease");
	if (p->lease_max && k->lease_expires_ns > k->boot_ns &&
	    k->lease_expires_ns - k->boot_ns > p->lease_max * NS)
		return fault_set(fault, WV_LEASE_REFUSED, "claims.lease_expires_ns", 928,
				 "the lease runs for %llu s more, the policy accepts %llu",
				 (unsigned long long)((k->lease_expires_ns - k->boot_ns) / NS),
				 (unsigned long long)p->lease_max);
	if (!policy_has(&p->lease_anchor, k->lease_anchor))
		return fault_set(fault, WV_LEASE_REFUSED, "claims.lease_anchor", 720,
				 "the anchor is not in the policy's list");
	return WV_OK;
}
