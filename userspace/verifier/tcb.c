// SPDX-License-Identifier: MIT
/*
 * A platform against everything that was given: revocation first, then TCB info, then
 * the identity of the quoting enclave, then all of it put together.
 */
#include <openssl/err.h>
#include <string.h>

#include "crl.h"
#include "fault.h"
#include "hex.h"
#include "tcb_status.h"

struct evaluation {
	const struct tcb_platform *t;
	struct store *s;
	int64_t now;
	bool require_crl;
	struct tcb_signer signer;
	struct wv_tcb_status *out;
	struct wv_fault *fault;
};

static int check_crl(struct evaluation *e, X509 *cert, X509 *issuer, const char *field,
		     unsigned int bit)
{
	struct crl_query q = { .cert = cert, .issuer = issuer, .form = CERT_INTEL, .now = e->now,
			       .required = e->require_crl, .field = field };
	bool checked;
	int rc = crl_check(e->s, &q, &checked, e->fault);

	/* A list that is there and does not hold was given all the same. */
	if (!checked && (!rc || rc == WV_CRL_MISSING))
		e->out->unchecked |= bit;
	return rc;
}

static bool is_for(const struct store_doc *d, const struct wv_pck *pck)
{
	return !memcmp(d->fmspc, pck->fmspc, sizeof(d->fmspc)) &&
	       !memcmp(d->pce_id, pck->pce_id, sizeof(d->pce_id));
}

/* One that holds now comes before one that does not; then the higher evaluation, the later. */
static bool better(const struct store_doc *a, const struct store_doc *b, int64_t now)
{
	bool a_holds = now >= a->issued && now <= a->next_update;
	bool b_holds = now >= b->issued && now <= b->next_update;

	if (a_holds != b_holds)
		return a_holds;
	if (a->evaluation != b->evaluation)
		return a->evaluation > b->evaluation;
	return a->issued > b->issued;
}

/* @pck: NULL for identities, which are not of one platform. */
static const struct store_doc *pick(const struct evaluation *e, int kind,
				    const struct wv_pck *pck, bool *other)
{
	const struct store_doc *best = NULL;
	size_t i;

	*other = false;
	for (i = 0; i < e->s->doc_count; i++) {
		const struct store_doc *d = &e->s->docs[i];

		if (d->kind != kind)
			continue;
		if (pck && !is_for(d, pck))
			*other = true;
		else if (!best || better(d, best, e->now))
			best = d;
	}
	return best;
}

static int check_doc(struct evaluation *e, const struct store_doc *d, const char *field)
{
	struct store_days days = { .from = d->issued, .to = d->next_update, .now = e->now,
				   .field = field };
	struct wv_tcb_status *out = e->out;
	int rc = tcb_doc_signed(&e->signer, d, field, e->fault) ?:
		 check_crl(e, e->signer.cert, e->signer.root, "tcb_signing",
			   WV_UNCHECKED_ROOT_CRL) ?:
		 store_window(e->s, &days, e->fault);

	if (rc)
		return rc;
	if (!out->issued || d->issued < out->issued)
		out->issued = d->issued;
	if (!out->next_update || d->next_update < out->next_update)
		out->next_update = d->next_update;
	if (!out->evaluation || d->evaluation < out->evaluation)
		out->evaluation = d->evaluation;
	out->age = e->now - out->issued;
	return WV_OK;
}

static int foreign(const struct evaluation *e)
{
	char fmspc[13], pce[5];

	hex_encode(e->t->pck->fmspc, 6, fmspc);
	hex_encode(e->t->pck->pce_id, 2, pce);
	return fault_set(e->fault, WV_COLLATERAL_FOREIGN, "tcb_info.fmspc", -1,
			 "no TCB info is for FMSPC %s and PCE %s", fmspc, pce);
}

static int check_info(struct evaluation *e, const struct store_doc **info,
		      struct tcb_info_levels *found)
{
	bool other;

	*info = pick(e, e->t->tdx ? WV_ITEM_TCB_INFO_TDX : WV_ITEM_TCB_INFO_SGX, e->t->pck,
		     &other);
	if (!*info && other)
		return foreign(e);
	if (!*info) {
		e->out->unchecked |= WV_UNCHECKED_TCB_INFO;
		return WV_OK;
	}
	return check_doc(e, *info, "tcb_info") ?:
	       tcb_info_evaluate(*info, e->t, found, e->out, e->fault);
}

static int check_identity(struct evaluation *e)
{
	bool other;
	const struct store_doc *d = pick(e, e->t->tdx ? WV_ITEM_TD_QE_IDENTITY :
							WV_ITEM_QE_IDENTITY, NULL, &other);

	if (!d) {
		e->out->unchecked |= WV_UNCHECKED_QE;
		/* Under a root that was named it may be somebody's own. */
		return e->t->pck->named_root ? WV_OK :
					       qe_known(e->t->tdx != NULL, e->t->qe, e->fault);
	}
	return check_doc(e, d, "qe_identity") ?:
	       qe_identity_evaluate(d, e->t->qe, e->out, e->fault);
}

static int evaluate(struct evaluation *e)
{
	X509 *const *chain = e->t->chain;
	struct tcb_info_levels found = { 0 };
	const struct store_doc *info = NULL;
	int level;
	int rc = check_crl(e, chain[1], chain[2], "pck_ca", WV_UNCHECKED_ROOT_CRL) ?:
		 check_crl(e, chain[0], chain[1], "pck", WV_UNCHECKED_PCK_CRL) ?:
		 check_info(e, &info, &found) ?: check_identity(e);

	if (rc)
		return rc;
	level = found.tdx;
	if (info)
		rc = tcb_relaunch(info, e->t, &found, e->out, &level, e->fault);
	e->out->level = tcb_converge(level, e->out->qe);
	return rc;
}

int tcb_evaluate(const struct tcb_platform *t, struct store *s, int64_t now, bool require_crl,
		 struct wv_tcb_status *out, struct wv_fault *fault)
{
	struct evaluation e = {
		.t = t, .s = s, .now = now, .require_crl = require_crl, .out = out, .fault = fault,
		.signer = { .store = s, .root = t->chain[2], .now = now },
	};

	memset(out, 0, sizeof(*out));
	fault_clear(fault);
	return evaluate(&e);
}

static void warn(struct judge *j, const struct wv_tcb_status *s)
{
	if (s->unchecked & (WV_UNCHECKED_PCK_CRL | WV_UNCHECKED_ROOT_CRL))
		j->v->warnings |= WV_WARN_CRL_UNCHECKED;
	if (s->unchecked & (WV_UNCHECKED_TCB_INFO | WV_UNCHECKED_QE))
		j->v->warnings |= WV_WARN_COLLATERAL_UNCHECKED;
}

int tcb_appraise(const struct tcb_platform *t, struct judge *j, struct wv_tcb_status *out)
{
	struct store store;
	int rc;

	ERR_set_mark();
	rc = store_open(&store, j->a->collateral, t->pool, &j->v->fault) ?:
	     tcb_evaluate(t, &store, j->a->now, j->p->collateral.crl_required, out, &j->v->fault);
	store_clear(&store);
	ERR_pop_to_mark();
	if (rc)
		return rc;
	warn(j, out);
	return policy_collateral(j->p, out, j->a->now, &j->rules);
}
