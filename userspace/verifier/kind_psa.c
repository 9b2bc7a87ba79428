// SPDX-License-Identifier: MIT
/*
 * A PSA token's appraisal: a root of trust beside the guest, which its policy names.
 */
#include "arm_token.h"
#include "fault.h"
#include "json_write.h"
#include "kind.h"
#include "psa.h"

static int check_fresh(struct judge *j)
{
	const struct wv_hash *n = &j->v->psa.nonce;

	return judge_fresh(j, (struct wv_bytes){ n->data, n->len },
			   n->len < 64 ? JUDGE_DIGEST : JUDGE_WHOLE, "token.nonce", -1);
}

int kind_psa(struct judge *j, const struct wv_evidence *e)
{
	const struct arm_trust trust = { .keys = &j->p->psa.keys, .what = "token" };
	struct wv_psa *p = &j->v->psa;
	struct cose_sign1 s;
	int rc;

	/* Where the policy says nothing of it, it adds nothing, and nobody's key would do. */
	if (j->report_data && !j->p->psa.given && !(j->p->needed & POLICY_TEE_PSA)) {
		j->v->warnings |= WV_WARN_EVIDENCE_UNCHECKED;
		return WV_OK;
	}
	rc = psa_read(e->data, &s, p, &j->v->fault);
	if (rc)
		return rc;
	j->v->have |= WV_HAVE_PSA;
	rc = arm_authenticate(j, &s, &trust, &p->platform) ?: check_fresh(j) ?:
	     judge_beside(j, "token.root", "platform's key");
	if (rc)
		return rc;
	j->seen |= POLICY_TEE_PSA;
	return policy_psa(j->p, p, &j->rules);
}

/* COSE_Sign1 or COSE_Mac0 with its tag; a CCA token has its two in a collection. */
bool kind_psa_recognise(struct wv_bytes data)
{
	return data.len > 2 && data.data[1] == 0x84 &&
	       (data.data[0] == (0xc0 | COSE_TAG_SIGN1) || data.data[0] == (0xc0 | COSE_TAG_MAC0));
}

json_t *kind_psa_json(struct wv_bytes data, struct wv_fault *fault)
{
	struct wv_psa psa;

	return wv_psa_parse(data, &psa, fault) ? NULL : psa_json(&psa);
}
