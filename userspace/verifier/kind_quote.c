// SPDX-License-Identifier: MIT
/*
 * Intel's quotes: of a TD, which is a whole guest, and of an enclave beside one.
 */
#include <string.h>

#include "fault.h"
#include "json_write.h"
#include "kind.h"
#include "quote.h"
#include "quote_policy.h"
#include "tcb.h"

static bool recognise(struct wv_bytes data, uint32_t tee)
{
	struct quote q;
	int rc;

	if (!quote_is(data))
		return false;
	rc = quote_parse(data, &q, NULL);
	/* Damaged ones are shown what is wrong with them as what they say they are. */
	return (rc && !q.header.tee_type ? QUOTE_TEE_SGX : q.header.tee_type) == tee;
}

bool kind_tdx_recognise(struct wv_bytes data)
{
	return recognise(data, QUOTE_TEE_TDX);
}

bool kind_sgx_recognise(struct wv_bytes data)
{
	return recognise(data, QUOTE_TEE_SGX);
}

json_t *kind_tdx_json(struct wv_bytes data, struct wv_fault *fault)
{
	struct quote q;

	return quote_parse(data, &q, fault) ? NULL : tdx_json(&q.tdx, false);
}

json_t *kind_sgx_json(struct wv_bytes data, struct wv_fault *fault)
{
	struct quote q;

	return quote_parse(data, &q, fault) ? NULL : sgx_json(&q.sgx, false);
}

static int check_kind(const struct quote *q, uint32_t tee, struct wv_fault *fault)
{
	if (q->header.tee_type == tee)
		return WV_OK;
	return fault_set(fault, WV_EVIDENCE_DAMAGED, "quote.tee_type", 4,
			 "a quote of %s where one of %s belongs",
			 q->header.tee_type == QUOTE_TEE_TDX ? "a TD" : "an enclave",
			 tee == QUOTE_TEE_TDX ? "a TD" : "an enclave");
}

/* Up to the trusted root; what the quote says then counts as the TEE's word. */
static int authenticate(struct judge *j, struct wv_bytes data, uint32_t tee, struct quote *q,
			struct pck *pck)
{
	struct wv_verdict *v = j->v;
	int rc = quote_verify(data, j->a->roots, j->a->now, q, pck, &v->fault) ?:
		 check_kind(q, tee, &v->fault);

	if (!rc && pck->info.named_root)
		v->warnings |= WV_WARN_NAMED_ROOT;
	return rc;
}

/* What the verdict shows of the platform stands there, too, when its status is refused. */
static int appraise_platform(struct judge *j, const struct wv_tdx *tdx,
			     const struct wv_enclave *qe, struct pck *pck,
			     struct wv_tcb_status *out)
{
	struct tcb_platform t = { .tdx = tdx, .qe = qe, .pck = &pck->info, .chain = pck->chain,
				  .pool = &pck->pool };

	return tcb_appraise(&t, j, out);
}

/* @pck: to be closed in any case */
static int open_td(struct judge *j, struct wv_bytes data, struct pck *pck)
{
	struct wv_verdict *v = j->v;
	struct quote q;
	int rc = authenticate(j, data, QUOTE_TEE_TDX, &q, pck);

	if (rc)
		return rc;
	v->tdx = q.tdx;
	v->have |= WV_HAVE_TDX;
	v->simulated |= pck->info.simulated;
	return WV_OK;
}

int kind_tdx_quote(struct judge *j, struct wv_bytes data)
{
	struct wv_tdx *t = &j->v->tdx;
	struct pck pck = { .key = NULL };
	int rc = open_td(j, data, &pck) ?: appraise_platform(j, t, &t->qe, &pck, &t->tcb);

	pck_close(&pck);
	return rc;
}

static int appraise_td(struct judge *j, struct pck *pck)
{
	struct wv_tdx *t = &j->v->tdx;
	struct wv_bytes carried = { t->report_data, sizeof(t->report_data) };
	int rc = judge_fresh(j, carried, JUDGE_WHOLE, "quote.report_data",
			     t->header.version == 5 ? 574 : 568);

	if (rc)
		return rc;
	j->v->measured |= policy_tdx_tells(&j->p->tdx, t);
	return judge_tee(j, POLICY_TEE_TDX) ?: appraise_platform(j, t, &t->qe, pck, &t->tcb) ?:
	       policy_tdx(j->p, t, j->v, &j->rules);
}

int kind_tdx(struct judge *j, const struct wv_evidence *e)
{
	struct pck pck = { .key = NULL };
	int rc;

	rc = open_td(j, e->data, &pck) ?: appraise_td(j, &pck);
	pck_close(&pck);
	return rc;
}

/* An enclave says nothing of the guest: outside of a bundle it is what is measured. */
static int appraise_enclave(struct judge *j, struct pck *pck)
{
	struct wv_sgx *s = &j->v->sgx;
	struct wv_bytes carried = { s->enclave.report_data, sizeof(s->enclave.report_data) };
	int rc = judge_fresh(j, carried, JUDGE_WHOLE, "quote.report_data", 368);

	j->v->simulated |= s->pck.simulated;
	rc = rc ?: judge_beside(j, "evidence.tee", "enclave's platform");
	if (rc)
		return rc;
	j->seen |= POLICY_TEE_SGX;
	if (!j->report_data)
		j->v->measured |= policy_sgx_tells(&j->p->sgx);
	return appraise_platform(j, NULL, &s->qe, pck, &s->tcb) ?:
	       policy_sgx(j->p, s, j->v, &j->rules);
}

int kind_sgx(struct judge *j, const struct wv_evidence *e)
{
	struct wv_verdict *v = j->v;
	struct pck pck = { .key = NULL };
	struct quote q;
	int rc;

	rc = authenticate(j, e->data, QUOTE_TEE_SGX, &q, &pck);
	if (!rc) {
		v->sgx = q.sgx;
		v->have |= WV_HAVE_SGX;
		rc = appraise_enclave(j, &pck);
	}
	pck_close(&pck);
	return rc;
}
