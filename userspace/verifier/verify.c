// SPDX-License-Identifier: MIT
/*
 * The appraisal: each step may only rely on what the steps before it proved.
 */
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "fault.h"
#include "json_write.h"
#include "kind.h"
#include "verify.h"

/* Of what was verified, what the policy would have to pin: the first that there is. */
static const struct {
	unsigned int have;
	const char *field;
	int64_t offset;
	const char *sentence;
} pins[] = {
	{ WV_HAVE_AZURE, "azure", -1,
	  "the policy must pin the paravisor's measurement and register 4 or 7 of its vTPM (azure.pcrs)" },
	{ WV_HAVE_TPM, "tpm", -1,
	  "the policy pins neither a launch measurement nor register 4 or 7 of a TPM whose key it knows" },
	{ WV_HAVE_TDX, "quote.mrtd", -1,
	  "the policy does not pin all of mrtd (firmware), rtmr1 (what it starts) and rtmr2 (command line, initrd)" },
	{ WV_HAVE_SGX, "quote.mrenclave", 112,
	  "the policy pins neither mrenclave nor mrsigner, isvprodid and min_isvsvn" },
	{ WV_HAVE_NITRO, "payload.pcrs", -1,
	  "the policy pins neither register 0 (the image) nor 1 and 2 (kernel, application)" },
	{ WV_HAVE_CCA, "realm.rim", -1, "the policy pins no initial measurement of the realm" },
	{ WV_HAVE_GPU, "gpu.measurements", -1, "the policy pins no measurement of the GPU" },
	{ ~0u, "report.measurement", 0x90, "the policy pins no launch measurement" },
};
#define PINS (sizeof(pins) / sizeof(pins[0]))

/* Last of all, so that a more telling reason comes first. */
static int check_measured(struct judge *j)
{
	bool any = j->p->accept_unmeasured;
	struct wv_rule says = { .name = "accept_unmeasured", .held = j->v->measured || any,
				.reason = WV_GUEST_UNMEASURED,
				.expected = any ? "any guest" : "a guest that is measured",
				.found = j->v->measured ? "measured" : "not measured" };
	size_t i;

	if (!j->v->measured)
		j->v->warnings |= WV_WARN_UNMEASURED;
	for (i = 0; i + 1 < PINS && !(j->v->have & pins[i].have); i++)
		;
	says.field = pins[i].field;
	says.offset = pins[i].offset;
	return rule(&j->rules, &says, "%s", pins[i].sentence);
}

static bool has_role(const struct wv_evidence *e, enum kind_role role)
{
	const struct kind *k = kind_find(e->tee);

	return k && k->role == role;
}

/* A piece more than what is verified takes nothing away; but one there must be. */
static int check_kinds(const struct wv_bundle *b, struct judge *j)
{
	struct wv_verdict *v = j->v;
	size_t i, known = 0, telling = 0;

	j->alone = true;
	for (i = 0; i < b->evidence_count; i++) {
		known += kind_find(b->evidence[i].tee) != NULL;
		telling += has_role(&b->evidence[i], KIND_TPM);
		if (has_role(&b->evidence[i], KIND_LAUNCH))
			j->alone = false;
	}
	if (known && known < b->evidence_count)
		v->warnings |= WV_WARN_EVIDENCE_UNCHECKED;
	if (telling || !j->alone)
		return WV_OK;
	return fault_set(&v->fault, WV_EVIDENCE_UNSUPPORTED, "evidence.tee", -1,
			 "evidence of kind '%s' %s", b->evidence[0].tee,
			 known ? "says nothing about the guest by itself" :
				 "is not verified by this version");
}

static void name_piece(struct wv_fault *f, size_t i)
{
	char field[sizeof(f->field) + 32];

	snprintf(field, sizeof(field), "evidence[%zu].%s", i, f->field);
	snprintf(f->field, sizeof(f->field), "%.63s", field);
}

static int check_piece(const struct wv_bundle *b, size_t i, struct judge *j)
{
	const struct wv_evidence *e = &b->evidence[i];
	const struct kind *k = kind_find(e->tee);
	bool refused = j->rules.first.reason != WV_OK;
	int measured = j->v->measured;
	int rc = k ? kind_repeated(k, j->v) ?: leeway_appraise(j, k, e) : WV_OK;

	/* What stands beside the guest doesn't tell what the guest started. */
	if (k && k->role == KIND_BESIDE)
		j->v->measured = measured;
	if (b->evidence_count < 2)
		return rc;
	if (rc)
		name_piece(&j->v->fault, i);
	if (!refused && j->rules.first.reason)
		name_piece(&j->rules.first, i);
	return rc;
}

/* The claims name the primary provider's TEE: is its evidence still there? */
static bool primary_there(const struct wv_bundle *b, const struct wv_claims *k)
{
	const char *word = tee_text(k->tee);
	size_t i;

	for (i = 0; i < b->evidence_count; i++)
		if (!strcmp(b->evidence[i].tee, word))
			return true;
	return false;
}

/* What a bundle without launch evidence rests on. */
static int check_tpm_alone(const struct wv_bundle *b, struct judge *j)
{
	const struct wv_claims *k = &j->v->claims;
	char expected[160];
	struct wv_rule tee = { .name = "allow_tee", .held = (j->p->tee & POLICY_TEE_TPM) != 0,
			       .reason = WV_TEE_REFUSED, .field = "evidence.tee", .offset = -1,
			       .expected = expected, .found = "tpm" };
	struct wv_rule primary = { .name = "claims.tee", .held = primary_there(b, k),
				   .reason = WV_EVIDENCE_MISSING, .field = "evidence",
				   .offset = -1, .expected = tee_text(k->tee) };

	kind_words(j->p->tee, expected, sizeof(expected));
	return rule(&j->rules, &tee,
		    "the policy's allow_tee does not name tpm, and there is no launch evidence") ?:
	       rule(&j->rules, &primary,
		    "the claims name %s, whose evidence is not in the bundle", tee_text(k->tee));
}

static int check_needed(struct judge *j)
{
	unsigned int missing = j->p->needed & ~j->seen;
	char expected[160], found[160];
	struct wv_rule says = { .name = "evidence", .held = !missing,
				.reason = WV_EVIDENCE_MISSING, .field = "evidence",
				.offset = -1, .expected = expected, .found = found };

	if (!j->p->needed)
		return WV_OK;
	kind_words(j->p->needed, expected, sizeof(expected));
	kind_words(j->seen, found, sizeof(found));
	return rule(&j->rules, &says,
		    "the policy asks for evidence of kind %s, and the bundle has none",
		    kind_of_bit(missing & -missing));
}

static int check_evidence(const struct wv_bundle *b, struct judge *j)
{
	struct wv_verdict *v = j->v;
	uint8_t report_data[64];
	size_t i;
	int rc;

	rc = wv_report_data(b->claims, b->index, b->leaves, b->path, b->nodes, report_data,
			    &v->fault) ?: check_kinds(b, j);
	if (!rc && j->alone)
		rc = check_tpm_alone(b, j);
	j->report_data = report_data;
	for (i = 0; !rc && i < b->evidence_count; i++)
		rc = check_piece(b, i, j);
	j->report_data = NULL;
	return rc ?: check_needed(j);
}

/* Keys and channels go to the session that asks, never on behalf of another. */
static int check_state(struct judge *j)
{
	const struct wv_claims *k = &j->v->claims;
	struct wv_rule revoked = { .name = "claims.state", .reason = WV_SESSION_REVOKED,
				   .held = !(k->state & WARD_STATE_REVOKED),
				   .field = "claims.state", .offset = 704,
				   .expected = "not revoked" };
	struct wv_rule expired = { .name = "claims.state", .reason = WV_LEASE_EXPIRED,
				   .held = !(k->state & WARD_STATE_EXPIRED),
				   .field = "claims.state", .offset = 704,
				   .expected = "a lease that has not run out" };
	struct wv_rule own = { .name = "claims.subject", .reason = WV_WRONG_SESSION,
			       .held = !memcmp(k->session, k->subject, sizeof(k->session)),
			       .field = "claims.subject", .offset = 176,
			       .expected = "the session that asks" };

	if (k->purpose == WARD_PURPOSE_RECEIPT || k->purpose == WARD_PURPOSE_REPORT)
		return WV_OK;
	return rule(&j->rules, &revoked, "the session was revoked") ?:
	       rule(&j->rules, &expired,
		    "the lease ran out before the evidence was taken") ?:
	       rule(&j->rules, &own,
		    "the claims speak of another session than the one that asks");
}

#define EXE_STRONG (WARD_ADVISE_NO_NEW_PRIVS | WARD_ADVISE_INIT_USERNS)
#define EXE_WEAK (WARD_ADVISE_TRACED | WARD_ADVISE_DUMPABLE | WARD_ADVISE_CALLER_NOT_OPENER)

static void warn_claims(const struct wv_policy *p, const struct wv_expect *e,
			struct wv_verdict *v)
{
	const struct wv_claims *k = &v->claims;

	if (!e->nonce.data)
		v->warnings |= WV_WARN_NONCE_UNCHECKED;
	if (!e->nonce.data && p->session.max_age)
		v->warnings |= WV_WARN_AGE_UNPROVEN;
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

static int check_complete(struct judge *j, const char *name)
{
	const struct wv_verdict *v = j->v;
	char expected[48], found[48];
	struct wv_rule says = { .name = name, .held = v->events_complete,
				.reason = WV_EVENTS_GAP, .field = "events", .offset = -1,
				.expected = expected, .found = found };

	snprintf(expected, sizeof(expected), "all %llu records",
		 (unsigned long long)v->claims.session_seq);
	snprintf(found, sizeof(found), "%llu records", (unsigned long long)v->event_count);
	return rule(&j->rules, &says, "%llu of %llu records", (unsigned long long)v->event_count,
		    (unsigned long long)v->claims.session_seq);
}

static int check_events(const struct wv_bundle *b, const struct wv_expect *e,
			struct chain_result *r, struct judge *j)
{
	struct wv_verdict *v = j->v;
	int rc = chain_check(b, &v->claims, r, &v->fault);

	v->event_count = r->count;
	v->events_complete = r->complete;
	if (r->gap)
		v->warnings |= WV_WARN_EVENTS_GAP;
	else if (!r->complete)
		v->warnings |= WV_WARN_EVENTS_ABSENT;
	if (r->withheld)
		v->warnings |= WV_WARN_EVENTS_WITHHELD;
	if (!rc && e->events_complete)
		rc = check_complete(j, "expect.complete");
	if (!rc && j->p->session.want_events)
		rc = check_complete(j, "chain.events");
	return rc;
}

/*
 * The receipt of a session that has ended is asked for by somebody else, its
 * owner's next process or an administrator: the policy's worker is not the caller.
 */
static int check_worker(struct judge *j, int receipt)
{
	if (receipt && j->v->claims.state & WARD_STATE_TOMBSTONE)
		return WV_OK;
	return policy_worker(j->p, &j->v->claims, &j->rules);
}

/* What a lease was for is over when a receipt is taken, and its anchor has moved. */
static int check_lease(struct judge *j, int receipt)
{
	return receipt ? WV_OK : policy_lease(j->p, &j->v->claims, &j->rules);
}

/* Nor does it matter how long ago the wipe was proved. */
static int check_age(struct judge *j, int receipt)
{
	return receipt ? WV_OK : policy_age(j->p, &j->v->claims, j->a->now, &j->rules);
}

static int check_session(struct judge *j)
{
	const struct wv_claims *k = &j->v->claims;

	return policy_ledger(j->p, k, &j->rules) ?: policy_sealed(j->p, k, &j->rules) ?:
	       policy_dropped(j->p, k, &j->rules);
}

static int appraise(const struct wv_bundle *b, struct judge *j, int receipt,
		    struct chain_result *chain)
{
	static const struct wv_expect nothing;
	const struct wv_expect *e = j->a->expect ? j->a->expect : &nothing;
	const struct wv_policy *p = j->p;
	struct wv_verdict *v = j->v;
	int rc = wv_claims_parse(b->claims, &v->claims, &v->fault);

	if (rc)
		return rc;
	v->have |= WV_HAVE_CLAIMS;
	warn_claims(p, e, v);
	return check_evidence(b, j) ?:
	       expect_purpose(&j->rules, "purpose", receipt ? 0 : p->purpose,
			      v->claims.purpose) ?:
	       check_state(j) ?: check_worker(j, receipt) ?:
	       policy_machine(p, &v->claims, &j->rules) ?: check_lease(j, receipt) ?:
	       check_session(j) ?: check_age(j, receipt) ?:
	       expect_claims(&j->rules, e, &v->claims) ?:
	       policy_keys(p, &v->claims, &j->rules) ?: check_events(b, e, chain, j) ?:
	       check_measured(j);
}

int verify_bundle(struct wv_bytes bytes, const struct wv_appraisal *a, int receipt,
		  struct chain_result *chain, struct wv_verdict *v)
{
	struct wv_bundle *b;
	struct judge j;
	int rc = judge_start(&j, a, v);

	memset(chain, 0, sizeof(*chain));
	rc = rc ?: wv_bundle_decode(bytes, &b, &v->fault);
	if (rc)
		return rc;
	if (digest_sha256(v->evidence_digest, &bytes, 1))
		rc = appraise(b, &j, receipt, chain);
	else
		rc = fault_set(&v->fault, WV_NO_MEMORY, "bundle", -1, "no memory");
	wv_bundle_free(b);
	return judge_end(&j, rc);
}

int wv_verify_bundle(struct wv_bytes bundle, const struct wv_appraisal *appraisal,
		     struct wv_verdict *out)
{
	struct chain_result chain;

	return verify_bundle(bundle, appraisal, 0, &chain, out);
}

int wv_verify_evidence(const struct wv_evidence *evidence, struct wv_bytes challenge,
		       const struct wv_appraisal *a, struct wv_verdict *v)
{
	const struct kind *k = kind_find(evidence->tee);
	struct judge j;
	int rc = judge_start(&j, a, v);

	if (rc)
		return rc;
	if (!k)
		return fault_set(&v->fault, WV_EVIDENCE_UNSUPPORTED, "evidence.tee", -1,
				 "evidence of kind '%s' is not verified by this version",
				 evidence->tee);
	if (!digest_sha256(v->evidence_digest, &evidence->data, 1))
		return fault_set(&v->fault, WV_NO_MEMORY, "evidence", -1, "no memory");
	j.challenge = challenge;
	j.alone = k->role != KIND_LAUNCH;
	if (policy_asks_claims(j.p))
		v->warnings |= WV_WARN_CLAIMS_ABSENT;
	return judge_end(&j, leeway_appraise(&j, k, evidence) ?: check_measured(&j));
}

int wv_verify_snp(struct wv_bytes report, struct wv_bytes table, struct wv_bytes report_data,
		  const struct wv_appraisal *a, struct wv_verdict *v)
{
	struct wv_evidence e = { .tee = "snp", .data = report, .aux = table };

	return wv_verify_evidence(&e, report_data, a, v);
}
