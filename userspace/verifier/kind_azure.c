// SPDX-License-Identifier: MIT
/*
 * Confidential VMs of Azure's with a paravisor: the hardware vouches for the paravisor
 * and for its runtime data, these for the key of the vTPM, and that key for what the
 * guest started and for the claims. Each step relies on what the steps before proved.
 */
#include <openssl/err.h>
#include <string.h>

#include "digest.h"
#include "fault.h"
#include "hcl.h"
#include "json_write.h"
#include "kind.h"
#include "quote.h"
#include "quote_policy.h"
#include "tdreport.h"
#include "tpm.h"

/**
 * struct piece - evidence of an Azure VM
 * @t: its vTPM's quote; @bare: there is none, the paravisor's report is all
 */
struct piece {
	struct tpm_data t;
	struct tpm_aux aux;
	struct hcl hcl;
	bool bare;
};

static int read_piece(struct judge *j, const struct wv_evidence *e, struct piece *p)
{
	struct wv_fault *fault = &j->v->fault;
	int rc;

	memset(p, 0, sizeof(*p));
	p->bare = !j->report_data && hcl_is(e->data);
	if (p->bare)
		return hcl_parse(e->data, &p->hcl, &j->v->azure, fault);
	rc = tpm_data_parse(e->data, true, &p->t, fault) ?:
	     tpm_aux_parse(e->aux, &p->aux, fault);
	return rc ?: hcl_parse(p->t.hcl, &p->hcl, &j->v->azure, fault);
}

/*
 * Who asks the hardware for a report at another level than the paravisor's has it say
 * whatever he wants, and names a key of his own: no policy allows that.
 */
static int check_level(struct judge *j)
{
	if (!j->v->report.vmpl)
		return WV_OK;
	return fault_set(&j->v->fault, WV_VMPL_REFUSED, "hcl.report.vmpl", 0x30,
			 "VMPL %u: the paravisor, which alone may make such a report, runs at 0",
			 j->v->report.vmpl);
}

static int check_snp(struct judge *j, const struct wv_evidence *e, const struct piece *p)
{
	struct wv_verdict *v = j->v;
	struct wv_bytes table = { NULL, 0 };
	int rc;

	if (v->have & WV_HAVE_REPORT)
		return fault_set(&v->fault, WV_EVIDENCE_REPEATED, "tee", -1,
				 "a second report of the hardware's");
	rc = kind_snp_report(j, p->hcl.report, p->bare ? e->aux : table) ?: check_level(j);
	if (!rc && v->vek.simulated)
		v->simulated = 1;
	return rc;
}

/* The slot is an SNP report's: behind a TDREPORT it is empty. */
static int check_slot(struct judge *j, const struct piece *p)
{
	struct cursor c = cursor_over(p->hcl.report.data, p->hcl.report.len);

	cursor_skip(&c, TDREPORT_LEN);
	cursor_zero(&c, HCL_REPORT_LEN - TDREPORT_LEN);
	if (cursor_ok(&c))
		return WV_OK;
	return fault_set(&j->v->fault, WV_HCL_DAMAGED, "hcl.report", (int64_t)c.at,
			 "something follows the TDREPORT");
}

static int check_quoted(struct judge *j, struct wv_bytes report, struct wv_bytes quote)
{
	struct quote q;
	int rc = quote_parse(quote, &q, &j->v->fault);

	if (rc)
		return rc;
	return tdreport_quoted(report,
			       (struct wv_bytes){ q.signed_part.data + q.body_at,
						  q.signed_part.len - q.body_at }, &j->v->fault);
}

static int check_td(struct judge *j, const struct wv_evidence *e, const struct piece *p)
{
	struct wv_bytes report = { p->hcl.report.data, TDREPORT_LEN };
	struct wv_bytes quote = p->bare ? e->aux : p->aux.td_quote;
	struct wv_verdict *v = j->v;
	int rc;

	if (v->have & WV_HAVE_TDX)
		return fault_set(&v->fault, WV_EVIDENCE_REPEATED, "tee", -1,
				 "a second report of the hardware's");
	rc = check_slot(j, p) ?: tdreport_check(report, &v->fault);
	if (!rc && !quote.len)
		rc = fault_set(&v->fault, WV_COLLATERAL_MISSING, "td_quote", -1,
			       "a TDREPORT proves nothing outside of its machine, and no quote that was made of it came along");
	return rc ?: kind_tdx_quote(j, quote) ?: check_quoted(j, report, quote);
}

/*
 * On Azure whoever reaches the vTPM has its key sign. What the evidence says of the key
 * beside its modulus is nobody's word, so that the digest shown is of that alone.
 */
static int check_quote(struct judge *j, const struct piece *p)
{
	struct wv_bytes named = { p->hcl.key, p->hcl.key_len };
	struct wv_tpm *q = &j->v->azure.quote;
	struct wv_fault *fault = &j->v->fault;
	struct tpm_key key = { .key = NULL };
	int rc;

	ERR_set_mark();
	rc = tpm_quoted(j, &p->t, &key, q);
	if (!rc && !tpm_key_is(&key, named))
		rc = fault_set(fault, WV_AK_MISMATCH, "ak", -1,
			       "the paravisor's report names another key as the one that signs");
	if (!rc && !digest_sha256(q->ak_sha256, &named, 1))
		rc = fault_set(fault, WV_NO_MEMORY, "ak", -1, "no memory");
	rc = rc ?: tpm_log_check(&p->aux, q, fault);
	tpm_key_close(&key);
	ERR_pop_to_mark();
	if (rc)
		return rc;
	q->ak_trust = WV_AK_REPORTED;
	q->ak_shared = 1;
	j->v->azure.has_quote = 1;
	j->v->warnings |= WV_WARN_AK_SHARED;
	return WV_OK;
}

/* Without a quote only what the guest had written answers a challenge. */
static int check_fresh(struct judge *j, const struct piece *p)
{
	const struct wv_azure *said = &j->v->azure;
	struct wv_bytes carried = { said->user_data, sizeof(said->user_data) };

	if (!p->bare)
		return check_quote(j, p);
	if (j->challenge.data && !said->has_user_data)
		return fault_set(&j->v->fault, WV_REPORT_DATA_MISMATCH, "hcl.user-data", -1,
				 "the paravisor's report carries nothing of the guest's");
	return judge_fresh(j, carried, JUDGE_WHOLE, "hcl.user-data", -1);
}

static int check_registers(struct judge *j)
{
	const struct wv_azure *said = &j->v->azure;

	if (said->has_quote || !j->p->azure.registers.pinned)
		return policy_azure(&j->p->azure, said, &j->rules);
	return fault_set(&j->v->fault, WV_EVIDENCE_MISSING, "quote", -1,
			 "the policy pins registers of the vTPM, and this is the paravisor's report alone");
}

/* The launch digest is the paravisor's: of the guest tell the vTPM's registers alone. */
static bool tells(const struct judge *j)
{
	return j->v->azure.has_quote && policy_registers_tell(&j->p->azure.registers);
}

static int start(struct judge *j, const struct wv_evidence *e, int kind, struct piece *p)
{
	struct wv_verdict *v = j->v;
	int rc;

	rc = read_piece(j, e, p);
	if (rc)
		return rc;
	v->have |= WV_HAVE_AZURE;
	if (v->azure.kind == kind)
		return WV_OK;
	return fault_set(&v->fault, WV_HCL_DAMAGED, "hcl.report_type", 1224,
			 "a hardware report of kind %d in a piece '%s'", v->azure.kind, e->tee);
}

int kind_azure_snp(struct judge *j, const struct wv_evidence *e)
{
	struct piece p;
	int rc = start(j, e, WV_AZURE_SNP, &p) ?: check_snp(j, e, &p) ?: check_fresh(j, &p);

	if (rc)
		return rc;
	j->v->measured |= (j->p->measurement.count || policy_snp_tells(&j->p->snp)) && tells(j);
	return judge_tee(j, POLICY_TEE_AZURE_SNP) ?:
	       policy_report(j->p, &j->v->report, &j->rules) ?: check_registers(j);
}

int kind_azure_tdx(struct judge *j, const struct wv_evidence *e)
{
	struct wv_verdict *v = j->v;
	struct piece p;
	int rc = start(j, e, WV_AZURE_TDX, &p) ?: check_td(j, e, &p) ?: check_fresh(j, &p);

	if (rc)
		return rc;
	v->measured |= j->p->tdx.mr_td.count && tells(j);
	return judge_tee(j, POLICY_TEE_AZURE_TDX) ?:
	       policy_tdx(j->p, &v->tdx, v, &j->rules) ?: check_registers(j);
}

static bool recognise(struct wv_bytes data, int kind)
{
	return hcl_is(data) && data.len > 1224 && data.data[1224] == kind;
}

bool kind_azure_snp_recognise(struct wv_bytes data)
{
	return recognise(data, WV_AZURE_SNP);
}

bool kind_azure_tdx_recognise(struct wv_bytes data)
{
	return recognise(data, WV_AZURE_TDX);
}

json_t *kind_azure_json(struct wv_bytes data, struct wv_fault *fault)
{
	struct wv_azure said;
	struct tpm_data t = { .hcl = data };
	struct hcl hcl;
	int rc = hcl_is(data) ? WV_OK : tpm_data_parse(data, true, &t, fault);

	rc = rc ?: hcl_parse(t.hcl, &hcl, &said, fault);
	return rc ? NULL : azure_json(&said);
}
