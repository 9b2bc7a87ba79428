// SPDX-License-Identifier: MIT
/*
 * Sound evidence of each kind, judged by a policy that is the input. It is verified once, in
 * the world of the seeds; then only what the policy says of it is asked, of the evidence as it
 * is and of what it could have been: a debug guest, a platform that is out of date.
 *
 * What holds: told rule by rule the outcome is that of the first which does not hold, the same
 * as without anybody looking on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ear.h"
#include "fuzz.h"
#include "kind.h"
#include "quote_policy.h"

/* Seeds of other targets that sound evidence is taken from. */
static const struct {
	const char *tee, *name;
	size_t head;
	bool split, items;
} sound[] = {
	{ "snp", "launch/v5", 0, true, false },
	{ "tdx", "quote/v4", 0, false, true },
	{ "sgx", "quote/v3", 0, false, true },
	{ "nitro", "nitro/open", 0, false, false },
	{ "cca", "cca/token", 0, false, false },
	{ "psa", "psa/token", 0, false, false },
	{ "nvidia-gpu", "gpu/hopper", 0, true, false },
	{ "tpm", "tpm/ecdsa", 0, true, false },
	{ "azure-snp", "azure/snp", 1, true, true },
	{ NULL, "bundle/one", 0, false, false },
};
#define SOUND (sizeof(sound) / sizeof(sound[0]))

/* All of it in one verdict: each kind has its own part there. */
static struct wv_verdict all;
static struct wv_evidence quote;	/* whose certificates begin and end */

#define PART(bit, member) \
	if (v->have & (bit)) \
		all.member = v->member

static void merge(const struct wv_verdict *v, const char *tee)
{
	if (!tee || strcmp(tee, "azure-snp"))
		PART(WV_HAVE_REPORT, report);
	PART(WV_HAVE_CLAIMS, claims);
	PART(WV_HAVE_VEK, vek);
	PART(WV_HAVE_TPM, tpm);
	PART(WV_HAVE_TDX, tdx);
	PART(WV_HAVE_SGX, sgx);
	PART(WV_HAVE_AZURE, azure);
	PART(WV_HAVE_NITRO, nitro);
	PART(WV_HAVE_CCA, cca);
	PART(WV_HAVE_PSA, psa);
	PART(WV_HAVE_GPU, gpu);
	all.have |= v->have;
}

static void verify(size_t i)
{
	static struct wv_verdict v;
	struct wv_appraisal a = *fuzz_world();
	struct wv_bytes in, whole, none = { NULL, 0 };
	struct wv_evidence e = { .tee = "" };
	char folder[4096];

	a.collateral = sound[i].items ? fuzz_collateral() : NULL;
	snprintf(folder, sizeof(folder), "%s/../seeds", getenv("FUZZ_ROOTS"));
	whole = fuzz_file(folder, sound[i].name);
	if (whole.len <= sound[i].head)
		fuzz_die("%s is not there", sound[i].name);
	in = (struct wv_bytes){ whole.data + sound[i].head, whole.len - sound[i].head };
	e.data = in;
	if (sound[i].split)
		fuzz_split(in, &e.data, &e.aux);
	if (sound[i].tee) {
		snprintf(e.tee, sizeof(e.tee), "%s", sound[i].tee);
		wv_verify_evidence(&e, none, &a, &v);
	} else {
		wv_verify_bundle(in, &a, &v);
	}
	if (v.fault.reason)
		fuzz_die("%s is not sound: %s: %s", sound[i].name, v.fault.field, v.fault.text);
	merge(&v, sound[i].tee);
	if (sound[i].tee && !strcmp(sound[i].tee, "tdx"))
		quote = e;
	else
		free((void *)whole.data);
}

static bool take(void)
{
	size_t i;

	if (all.have || !getenv("FUZZ_ROOTS"))
		return all.have != 0;
	for (i = 0; i < SOUND; i++)
		verify(i);
	return true;
}

/* What such evidence could have said as well. */
static void debug(struct wv_verdict *v)
{
	v->report.policy |= WV_SNP_POLICY_DEBUG;
	v->report.vmpl = 3;
	v->tdx.attributes |= 1;
	v->tdx.tcb.level = WV_TCB_OUT_OF_DATE;
	memset(v->tdx.rtmr[1], 1, sizeof(v->tdx.rtmr[1]));
	v->tpm.bank = 0x12;
	v->gpu.blocks[0].len = 32;
	v->sgx.enclave.attributes |= WV_SGX_DEBUG;
	v->nitro.debug = 1;
	v->cca.platform.state = WV_LIFECYCLE_DEBUG;
	v->psa.platform.state = WV_LIFECYCLE_RECOVERABLE_DEBUG;
	v->warnings |= WV_WARN_DEBUG;
	v->measured = 1;
}

static void outdated(struct wv_tcb_status *s, int64_t now)
{
	s->level = s->platform = WV_TCB_OUT_OF_DATE;
	s->outdated_since = now - 10 * 86400;
	s->issued = now - 40 * 86400;
	s->age = 40 * 86400;
	s->advisory_count = 2;
	snprintf(s->advisories[0], WV_ADVISORY_LEN, "INTEL-SA-00001");
	snprintf(s->advisories[1], WV_ADVISORY_LEN, "INTEL-SA-00002");
}

static void old(struct wv_verdict *v)
{
	outdated(&v->tdx.tcb, fuzz_world()->now);
	outdated(&v->sgx.tcb, fuzz_world()->now);
	v->claims.live_b = v->claims.peak_b = v->claims.peak_shared = 4096;
	v->claims.lease_expires_ns = v->claims.boot_ns + 100 * 1000000000ull;
	v->claims.state |= WARD_STATE_SEALED;
	v->claims.taint = ~0ull;
	v->claims.real_ns = 1;
	v->claims.exe_kind = WARD_EXE_VERITY;
	v->tpm.ak_trust = WV_AK_CERTIFIED;
	v->gpu.crl_checked = 1;
	v->measured = 1;
}

static void revoked(struct wv_verdict *v)
{
	v->tdx.tcb.level = WV_TCB_REVOKED;
	v->tdx.tcb.unchecked = WV_UNCHECKED_QE;
	v->sgx.tcb.level = WV_TCB_UP_TO_DATE;
	v->sgx.tcb.unchecked = WV_UNCHECKED_TCB_INFO;
	v->tdx.xfam = 1;
	v->tdx.seam_attributes = v->tdx.mr_signer_seam[0] = 1;
	v->claims.live_a = v->claims.live_shared = v->claims.peak_a = ~0ull;
	v->claims.lease_expires_ns = 1;
	v->claims.events_dropped = v->claims.unpinned_buffers = 1;
	v->claims.real_ns = ~0ull;
	v->claims.state |= WARD_STATE_TOMBSTONE;
	v->cca.platform.state = v->psa.platform.state = WV_LIFECYCLE_INVALID;
	v->tpm.ak_shared = 1;
	v->tpm.ak_trust = WV_AK_PINNED;
}

static void silent(struct wv_verdict *v)
{
	v->tdx.tcb.level = v->sgx.tcb.level = WV_TCB_UNCHECKED;
	v->tdx.tcb.unchecked = v->sgx.tcb.unchecked = WV_UNCHECKED_TCB_INFO | WV_UNCHECKED_QE;
	v->tdx.tcb.issued = v->sgx.tcb.issued = 0;
	v->report.product = WV_PRODUCT_UNKNOWN;
	v->report.version = 2;
	v->tdx.xfam = 0;
	v->tdx.attributes |= 1ull << 29;
	memset(v->tdx.rtmr, 0, sizeof(v->tdx.rtmr));
	memset(v->report.id_key_digest, 0, sizeof(v->report.id_key_digest));
	*v->azure.vm_id = *v->azure.root_thumbprint = 0;
	v->azure.secure_boot = WV_UNSAID;
	*v->gpu.driver_version = *v->gpu.vbios_version = 0;
	snprintf(v->gpu.arch, sizeof(v->gpu.arch), "unknown");
	v->gpu.block_count = 0;
	v->claims.exe_kind = WARD_EXE_NONE;
	v->claims.posture_known = 0;
	v->tpm.ak_trust = WV_AK_UNKNOWN;
	v->tpm.selected = v->nitro.pcr_there = 0;
	v->cca.platform.component_count = v->psa.platform.component_count = 0;
	v->have &= ~WV_HAVE_CLAIMS;
	v->simulated = 1;
}

static void (*const could[])(struct wv_verdict *v) = { NULL, debug, old, revoked, silent };
#define COULD (sizeof(could) / sizeof(could[0]))

/* One part of a policy asked of one part of the verdict. */
struct asked {
	const struct wv_policy *p;
	struct wv_verdict *v;
	struct rules *rules;
};

static int snp(struct asked *a)
{
	return policy_report(a->p, &a->v->report, a->rules);
}

static int tdx(struct asked *a)
{
	if (policy_tdx_tells(&a->p->tdx, &a->v->tdx) && !policy_tdx_tells(&a->p->tdx, NULL))
		fuzz_die("a policy tells of one quote and of none");
	return policy_tdx(a->p, &a->v->tdx, a->v, a->rules);
}

static int tcb_of_td(struct asked *a)
{
	return policy_collateral(a->p, &a->v->tdx.tcb, fuzz_world()->now, a->rules);
}

static int tcb_of_enclave(struct asked *a)
{
	return policy_collateral(a->p, &a->v->sgx.tcb, fuzz_world()->now, a->rules);
}

static int sgx(struct asked *a)
{
	return policy_sgx(a->p, &a->v->sgx, a->v, a->rules);
}

static int nitro(struct asked *a)
{
	return policy_nitro(a->p, &a->v->nitro, a->rules);
}

static int cca(struct asked *a)
{
	return policy_cca(a->p, &a->v->cca, a->rules);
}

static int psa(struct asked *a)
{
	return policy_psa(a->p, &a->v->psa, a->rules);
}

static int gpu(struct asked *a)
{
	return policy_gpu(&a->p->gpu, &a->v->gpu, a->rules);
}

static int tpm(struct asked *a)
{
	if (policy_ak_pinned(a->p, a->v->tpm.ak_sha256))
		rule_match(a->rules, "tpm.ak", &a->p->tpm.ak, a->v->tpm.ak_sha256);
	else if (policy_name(&a->p->tpm.ak, a->v->tpm.ak_sha256))
		fuzz_die("a key that is not in the list has a name there");
	return policy_tpm(a->p, &a->v->tpm, a->rules);
}

static int azure(struct asked *a)
{
	return policy_azure(&a->p->azure, &a->v->azure, a->rules);
}

static int claims(struct asked *a)
{
	const struct wv_claims *k = &a->v->claims;

	return policy_worker(a->p, k, a->rules) ?: policy_machine(a->p, k, a->rules) ?:
	       policy_lease(a->p, k, a->rules) ?: policy_ledger(a->p, k, a->rules) ?:
	       policy_sealed(a->p, k, a->rules) ?: policy_dropped(a->p, k, a->rules) ?:
	       policy_age(a->p, k, fuzz_world()->now, a->rules);
}

static int crl(struct asked *a)
{
	return policy_crl(a->p, WV_WARN_CRL_UNCHECKED, a->rules) ?:
	       policy_crl(a->p, 0, a->rules);
}

static int (*const parts[])(struct asked *a) = {
	snp, tdx, tcb_of_td, sgx, tcb_of_enclave, nitro, cca, psa, gpu, tpm, azure, claims, crl,
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

struct told {
	size_t rules, refused;
	int first;
};

static void tell(void *context, const struct wv_rule *r)
{
	struct told *t = context;

	if (!r->name || !r->field || !wv_reason_text(r->reason))
		fuzz_die("a rule without words");
	t->rules++;
	if (!r->held && !t->refused++)
		t->first = r->reason;
}

/* A want of memory is no refusal of a rule: it ends both ways of asking. */
static bool by_rules(int rc)
{
	return rc && rc != WV_NO_MEMORY;
}

static void ask(int (*part)(struct asked *a), const struct wv_policy *p, struct wv_verdict *v)
{
	struct told told = { 0 };
	struct wv_fault fault = { .reason = WV_OK }, looked = { .reason = WV_OK };
	struct rules quiet = { .fault = &fault, .v = v };
	struct rules watched = { .each = tell, .context = &told, .fault = &looked, .v = v };
	struct asked a = { p, v, &quiet };
	uint64_t warnings = v->warnings;
	int rc = fuzz_refusal(part(&a), &fault), seen;

	v->matched_count = 0;
	a.rules = &watched;
	seen = rules_end(&watched, part(&a));
	v->matched_count = 0;
	v->warnings = warnings;
	if (alloc_failing())
		return;
	if (rc != seen || (by_rules(rc) ? told.first != rc : told.refused != 0))
		fuzz_die("%s, but who looks on is told %s (%zu rules, %zu of them refuse)",
			 wv_reason_text(rc), wv_reason_text(seen), told.rules, told.refused);
}

/* No claim is worse than the whole; and what is refused affirms nothing. */
static void vector(const struct wv_policy *p, struct wv_verdict *v)
{
	struct ear_appraisal out;
	unsigned int of, speaks = ear_speaks_of(v);
	int i;

	if (!speaks)
		fuzz_die("a verdict that speaks of nobody");
	for (of = EAR_OF_GUEST; of <= EAR_OF_GPU; of <<= 1) {
		ear_appraise(v, p, of, &out);
		for (i = 0; i < EAR_CLAIMS; i++)
			if (ear_tier_of(out.vector[i]) > out.status)
				fuzz_die("status %d, claim %d is %d", out.status, i, out.vector[i]);
		if (v->fault.reason && out.status == EAR_AFFIRMING)
			fuzz_die("a refusal affirms");
	}
}

/* Without a policy, of a simulator's, and of each kind alone. */
static void vectors(const struct wv_policy *p, struct wv_verdict *v)
{
	unsigned int have = v->have, bit;

	vector(p, v);
	vector(NULL, v);
	v->fault.reason = WV_SIGNATURE_INVALID;
	vector(p, v);
	v->fault.reason = WV_OK;
	for (bit = 1; bit <= WV_HAVE_GPU; bit <<= 1) {
		v->have = have & bit;
		vector(p, v);
	}
	v->have = have;
	v->simulated = !v->simulated;
	v->gpu.simulated = v->measured = 1;
	vector(p, v);
}

/* A clock that is wrong by 300 seconds; without collateral, which takes as long again. */
static void by_clock(const struct wv_policy *p)
{
	static struct wv_verdict v;
	struct wv_appraisal a = *fuzz_world();
	struct wv_bytes none = { NULL, 0 };
	const int64_t times[] = { all.tdx.pck.not_before - 300, all.tdx.pck.not_after + 300 };
	struct told told = { 0 };

	a.policy = p;
	a.now = times[p->session.clock_leeway % 2];
	if (p->session.clock_leeway & 2) {
		a.rule = tell;
		a.rule_context = &told;
	}
	wv_verify_evidence(&quote, none, &a, &v);
	fuzz_refusal(v.fault.reason, &v.fault);
}

static void judge(const struct wv_policy *p)
{
	static struct wv_verdict v;
	size_t i, n;

	for (i = 0; i < COULD; i++) {
		v = all;
		if (could[i])
			could[i](&v);
		for (n = 0; n < PARTS; n++)
			ask(parts[n], p, &v);
		vectors(p, &v);
	}
	policy_asks_claims(p);
	if (p->session.clock_leeway)
		by_clock(p);
}

int fuzz_one(struct wv_bytes in)
{
	struct wv_policy *policy;
	struct wv_fault fault;
	bool ready = take();
	int rc = fuzz_refusal(wv_policy_parse(in, &policy, &fault), &fault);

	if (!rc && ready)
		judge(policy);
	wv_policy_free(policy);
	return rc;
}
