// SPDX-License-Identifier: MIT
/*
 * The appraisal: each step may only rely on what the steps before it proved.
 */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "fault.h"
#include "vek.h"
#include "verify.h"

static const struct wv_policy *policy_of(const struct wv_appraisal *a)
{
	return a->policy ? a->policy : &policy_empty;
}

static int all_zero(const uint8_t *p, size_t len)
{
	while (len--)
		if (*p++)
			return 0;
	return 1;
}

/* Chain and signature of one SNP report; what it says then counts as the TEE's word. */
static int authenticate(struct wv_bytes report, struct wv_bytes table,
			const struct wv_appraisal *a, struct wv_verdict *v)
{
	struct wv_vek *vek;
	int kind, rc;

	rc = wv_snp_parse(report, &v->report, &v->fault);
	if (rc)
		return rc;
	v->have |= WV_HAVE_REPORT;
	kind = (int)v->report.signing_key;
	if (kind != WV_VEK_VCEK && kind != WV_VEK_VLEK)
		return fault_set(&v->fault, WV_KEY_KIND_MISMATCH, "report.key_info", 0x48,
				 "signing key %d is neither VCEK (0) nor VLEK (1)", kind);
	rc = vek_open(a->roots, a->collateral, table, kind, a->now, &vek, &v->fault);
	if (rc)
		return rc;
	wv_vek_info(vek, &v->vek);
	v->have |= WV_HAVE_VEK;
	rc = wv_vek_check(vek, report, &v->report, &v->fault);
	wv_vek_free(vek);
	return rc;
}

static void warn_report(struct wv_verdict *v)
{
	v->warnings |= WV_WARN_CRL_UNCHECKED;
	if (v->vek.named_root)
		v->warnings |= WV_WARN_NAMED_ROOT;
	if (v->vek.kind == WV_VEK_VLEK)
		v->warnings |= WV_WARN_VLEK;
	else if (all_zero(v->report.chip_id, sizeof(v->report.chip_id)))
		v->warnings |= WV_WARN_CHIP_MASKED;
	if (v->report.policy & WV_SNP_POLICY_DEBUG)
		v->warnings |= WV_WARN_DEBUG;
	if (v->report.policy & WV_SNP_POLICY_SMT)
		v->warnings |= WV_WARN_SMT;
}

static int check_tee(const struct wv_policy *p, struct wv_verdict *v)
{
	if (v->simulated)
		v->warnings |= WV_WARN_SIMULATED;
	if (v->simulated && !(p->tee & POLICY_TEE_SIMULATED))
		return fault_set(&v->fault, WV_SIMULATED_REFUSED, "evidence.tee", -1,
				 "the policy's allow_tee does not name simulated-snp");
	if (!v->simulated && !(p->tee & POLICY_TEE_SNP))
		return fault_set(&v->fault, WV_TEE_REFUSED, "evidence.tee", -1,
				 "the policy's allow_tee does not name snp");
	return WV_OK;
}

/* Last of all, so that a more telling reason comes first. */
static int check_measured(const struct wv_policy *p, struct wv_verdict *v)
{
	v->measured = p->measurement.count != 0;
	if (v->measured)
		return WV_OK;
	v->warnings |= WV_WARN_UNMEASURED;
	if (p->accept_unmeasured)
		return WV_OK;
	return fault_set(&v->fault, WV_GUEST_UNMEASURED, "report.measurement", 0x90,
			 "the policy pins no launch measurement");
}

static int check_piece(const struct wv_evidence *e, const uint8_t report_data[64],
		       const struct wv_appraisal *a, struct wv_verdict *v)
{
	int rc = authenticate(e->data, e->aux, a, v);

	if (rc)
		return rc;
	if (CRYPTO_memcmp(v->report.report_data, report_data, 64))
		return fault_set(&v->fault, WV_REPORT_DATA_MISMATCH, "report.report_data", 0x50,
				 "the TEE signed other claims than these");
	warn_report(v);
	if (v->vek.simulated || !strcmp(e->tee, "simulated-snp") ||
	    v->claims.tee == WARD_TEE_SIMULATED)
		v->simulated = 1;
	return check_tee(policy_of(a), v) ?: policy_report(policy_of(a), &v->report, &v->fault);
}

static int verifiable(const struct wv_evidence *e)
{
	return !strcmp(e->tee, "snp") || !strcmp(e->tee, "simulated-snp");
}

/* A piece more than what is verified takes nothing away; but one there must be. */
static int check_kinds(const struct wv_bundle *b, struct wv_verdict *v)
{
	size_t i, known = 0;

	for (i = 0; i < b->evidence_count; i++)
		known += verifiable(&b->evidence[i]);
	if (known && known < b->evidence_count)
		v->warnings |= WV_WARN_EVIDENCE_UNCHECKED;
	if (known)
		return WV_OK;
	return fault_set(&v->fault, WV_EVIDENCE_UNSUPPORTED, "evidence.tee", -1,
			 "evidence of kind '%s' is not verified by this version",
			 b->evidence[0].tee);
}

static int check_evidence(const struct wv_bundle *b, const struct wv_appraisal *a,
			  struct wv_verdict *v)
{
	uint8_t report_data[64];
	size_t i;
	int rc;

	rc = wv_report_data(b->claims, b->index, b->leaves, b->path, b->nodes, report_data,
			    &v->fault) ?: check_kinds(b, v);
	for (i = 0; !rc && i < b->evidence_count; i++) {
		if (!verifiable(&b->evidence[i]))
			continue;
		rc = check_piece(&b->evidence[i], report_data, a, v);
		if (rc && b->evidence_count > 1) {
			char field[sizeof(v->fault.field) + 32];

			snprintf(field, sizeof(field), "evidence[%zu].%s", i, v->fault.field);
			snprintf(v->fault.field, sizeof(v->fault.field), "%.63s", field);
		}
	}
	return rc;
}

static int check_purpose(uint32_t want, struct wv_verdict *v)
{
	const char *asked = wv_purpose_text(want);

	if (!want || v->claims.purpose == want)
		return WV_OK;
	return fault_set(&v->fault, WV_WRONG_PURPOSE, "claims.purpose", 8,
			 "taken for '%s', needed for '%s'", wv_purpose_text(v->claims.purpose),
			 asked ? asked : "?");
}

/* Keys and channels go to the session that asks, never on behalf of another. */
static int check_state(struct wv_verdict *v)
{
	const struct wv_claims *k = &v->claims;

	if (k->purpose == WARD_PURPOSE_RECEIPT || k->purpose == WARD_PURPOSE_REPORT)
		return WV_OK;
	if (k->state & WARD_STATE_REVOKED)
		return fault_set(&v->fault, WV_SESSION_REVOKED, "claims.state", 704,
				 "the session was revoked");
	if (k->state & WARD_STATE_EXPIRED)
		return fault_set(&v->fault, WV_LEASE_EXPIRED, "claims.state", 704,
				 "the lease ran out before the evidence was taken");
	if (memcmp(k->session, k->subject, sizeof(k->session)))
		return fault_set(&v->fault, WV_WRONG_SESSION, "claims.subject", 176,
				 "the claims speak of another session than the one that asks");
	return WV_OK;
}

static int check_bytes(struct wv_bytes want, const uint8_t *have, size_t len, int reason,
		       const char *field, int offset, struct wv_fault *fault)
{
	if (!want.data)
		return WV_OK;
	if (want.len != len)
		return fault_set(fault, WV_USAGE, field, -1, "%zu bytes are expected, not %zu", len,
				 want.len);
	if (CRYPTO_memcmp(want.data, have, len))
		return fault_set(fault, reason, field, offset, "it is not the one expected");
	return WV_OK;
}

static int check_nonce(struct wv_bytes want, struct wv_verdict *v)
{
	const struct wv_claims *k = &v->claims;

	if (!want.data)
		return WV_OK;
	if (!want.len || want.len > sizeof(k->nonce))
		return fault_set(&v->fault, WV_USAGE, "claims.nonce", -1,
				 "a nonce has 1 to 64 bytes, not %zu", want.len);
	if (k->nonce_len != want.len || CRYPTO_memcmp(want.data, k->nonce, want.len))
		return fault_set(&v->fault, WV_NONCE_MISMATCH, "claims.nonce", 16,
				 "the evidence answers another nonce");
	return WV_OK;
}

static int check_expect(const struct wv_expect *e, struct wv_verdict *v)
{
	const struct wv_claims *k = &v->claims;

	return check_purpose(e->purpose, v) ?: check_nonce(e->nonce, v) ?:
	       check_bytes(e->binding, k->binding, 64, WV_BINDING_MISMATCH, "claims.binding", 80,
			   &v->fault) ?:
	       check_bytes(e->instance, k->instance, 16, WV_WRONG_INSTANCE, "claims.instance",
			   144, &v->fault) ?:
	       check_bytes(e->session, k->session, 16, WV_WRONG_SESSION, "claims.session", 160,
			   &v->fault) ?:
	       check_bytes(e->subject, k->subject, 16, WV_WRONG_SESSION, "claims.subject", 176,
			   &v->fault);
}

#define EXE_STRONG (WARD_ADVISE_NO_NEW_PRIVS | WARD_ADVISE_INIT_USERNS)
#define EXE_WEAK (WARD_ADVISE_TRACED | WARD_ADVISE_DUMPABLE | WARD_ADVISE_CALLER_NOT_OPENER)

static void warn_claims(const struct wv_policy *p, const struct wv_expect *e,
			struct wv_verdict *v)
{
	const struct wv_claims *k = &v->claims;

	if (!e->nonce.data)
		v->warnings |= WV_WARN_NONCE_UNCHECKED;
	if (!e->binding.data)
		v->warnings |= WV_WARN_BINDING_UNCHECKED;
	if (!e->purpose && !p->purpose)
		v->warnings |= WV_WARN_NO_PURPOSE;
	if (k->live_b || k->unpinned_buffers)
		v->warnings |= WV_WARN_CLASS_B;
	if (p->exe.count &&
	    ((k->advisory & EXE_WEAK) || (k->advisory & EXE_STRONG) != EXE_STRONG))
		v->warnings |= WV_WARN_EXE_ADVISORY;
}

static int check_events(const struct wv_bundle *b, const struct wv_expect *e,
			struct chain_result *r, struct wv_verdict *v)
{
	int rc = chain_check(b, &v->claims, r, &v->fault);

	v->event_count = r->count;
	v->events_complete = r->complete;
	if (r->gap)
		v->warnings |= WV_WARN_EVENTS_GAP;
	else if (!r->complete)
		v->warnings |= WV_WARN_EVENTS_ABSENT;
	if (r->withheld)
		v->warnings |= WV_WARN_EVENTS_WITHHELD;
	if (!rc && e->events_complete && !r->complete)
		rc = fault_set(&v->fault, WV_EVENTS_GAP, "events", -1, "%llu of %llu records",
			       (unsigned long long)r->count,
			       (unsigned long long)v->claims.session_seq);
	return rc;
}

/*
 * The receipt of a session that has ended is asked for by somebody else, its
 * owner's next process or an administrator: the policy's worker is not the caller.
 */
static int check_worker(const struct wv_policy *p, int receipt, struct wv_verdict *v)
{
	if (receipt && v->claims.state & WARD_STATE_TOMBSTONE)
		return WV_OK;
	return policy_worker(p, &v->claims, &v->fault);
}

/* What a lease was for is over when a receipt is taken, and its anchor has moved. */
static int check_lease(const struct wv_policy *p, int receipt, struct wv_verdict *v)
{
	return receipt ? WV_OK : policy_lease(p, &v->claims, &v->fault);
}

static int appraise(const struct wv_bundle *b, const struct wv_appraisal *a, int receipt,
		    struct chain_result *chain, struct wv_verdict *v)
{
	static const struct wv_expect nothing;
	const struct wv_expect *e = a->expect ? a->expect : &nothing;
	const struct wv_policy *p = policy_of(a);
	int rc = wv_claims_parse(b->claims, &v->claims, &v->fault);

	if (rc)
		return rc;
	v->have |= WV_HAVE_CLAIMS;
	warn_claims(p, e, v);
	return check_evidence(b, a, v) ?:
	       check_purpose(receipt ? 0 : p->purpose, v) ?: check_state(v) ?:
	       check_worker(p, receipt, v) ?: policy_machine(p, &v->claims, &v->fault) ?:
	       check_lease(p, receipt, v) ?: check_expect(e, v) ?:
	       check_events(b, e, chain, v) ?: check_measured(p, v);
}

int verify_bundle(struct wv_bytes bytes, const struct wv_appraisal *a, int receipt,
		  struct chain_result *chain, struct wv_verdict *v)
{
	struct wv_bundle *b;
	int rc;

	memset(v, 0, sizeof(*v));
	memset(chain, 0, sizeof(*chain));
	fault_clear(&v->fault);
	if (!a->roots)
		return fault_set(&v->fault, WV_USAGE, "roots", -1, "no roots were given");
	rc = wv_bundle_decode(bytes, &b, &v->fault);
	if (rc)
		return rc;
	if (digest_sha256(v->evidence_digest, &bytes, 1))
		rc = appraise(b, a, receipt, chain, v);
	else
		rc = fault_set(&v->fault, WV_NO_MEMORY, "bundle", -1, "no memory");
	wv_bundle_free(b);
	return rc ? rc : fault_clear(&v->fault);
}

int wv_verify_bundle(struct wv_bytes bundle, const struct wv_appraisal *appraisal,
		     struct wv_verdict *out)
{
	struct chain_result chain;

	return verify_bundle(bundle, appraisal, 0, &chain, out);
}

int wv_verify_snp(struct wv_bytes report, struct wv_bytes table, struct wv_bytes report_data,
		  const struct wv_appraisal *a, struct wv_verdict *v)
{
	const struct wv_policy *p = policy_of(a);
	int rc;

	memset(v, 0, sizeof(*v));
	fault_clear(&v->fault);
	if (!a->roots)
		return fault_set(&v->fault, WV_USAGE, "roots", -1, "no roots were given");
	if (!digest_sha256(v->evidence_digest, &report, 1))
		return fault_set(&v->fault, WV_NO_MEMORY, "report", -1, "no memory");
	rc = authenticate(report, table, a, v);
	if (rc)
		return rc;
	warn_report(v);
	v->simulated = v->vek.simulated;
	rc = check_tee(p, v) ?: policy_report(p, &v->report, &v->fault) ?:
	     check_bytes(report_data, v->report.report_data, 64, WV_REPORT_DATA_MISMATCH,
			 "report.report_data", 0x50, &v->fault) ?:
	     check_measured(p, v);
	return rc ? rc : fault_clear(&v->fault);
}
