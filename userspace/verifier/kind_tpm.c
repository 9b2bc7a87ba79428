// SPDX-License-Identifier: MIT
/*
 * A TPM's quote, as wardd hands it out.
 */
#include "fault.h"
#include "kind.h"
#include "tpm.h"

/* Where the policy names keys, a certificate of another does not do. */
static bool ak_sure(const struct wv_policy *p, const struct wv_tpm *t)
{
	return t->ak_trust == WV_AK_PINNED ||
	       (t->ak_trust == WV_AK_CERTIFIED && !p->tpm.ak.count);
}

/*
 * A quote beside launch evidence, of which the policy says nothing and which it does
 * not ask for, is let pass with a key that nobody knows: nothing rests on it then.
 */
static int check_ak(struct judge *j)
{
	static const char trust[][20] = { "known to nobody", "named by the policy",
					     "certified" };
	const struct wv_policy *p = j->p;
	const struct wv_tpm *t = &j->v->tpm;
	struct wv_verdict *v = j->v;
	bool any = p->tpm.accept_unpinned ||
		   (!j->alone && !p->tpm.given && !(p->needed & POLICY_TEE_TPM));
	struct wv_rule says = { .name = "tpm.ak", .held = ak_sure(p, t) || any,
				.reason = WV_AK_UNTRUSTED, .field = "ak", .offset = -1,
				.expected = any ? "any key" : "a key that is known",
				.found = trust[t->ak_trust] };

	if (t->ak_shared)
		v->warnings |= WV_WARN_AK_SHARED;
	if (t->ak_trust == WV_AK_CERTIFIED)
		v->warnings |= WV_WARN_CRL_UNCHECKED | WV_WARN_NAMED_ROOT;
	if (!ak_sure(p, t))
		v->warnings |= WV_WARN_AK_UNPINNED;
	rule_match(&j->rules, "tpm.ak", &p->tpm.ak, t->ak_sha256);
	return rule(&j->rules, &says, "the policy does not name this key%s",
		    t->ak_trust == WV_AK_CERTIFIED ? ", whatever its certificate says" :
			    ", and no root that was named certifies it");
}

int kind_tpm(struct judge *j, const struct wv_evidence *e)
{
	struct wv_verdict *v = j->v;
	int rc;

	rc = tpm_verify(j, e, &v->tpm);
	if (rc)
		return rc;
	v->have |= WV_HAVE_TPM;
	j->seen |= POLICY_TEE_TPM;
	v->measured |= policy_registers_tell(&j->p->tpm) && ak_sure(j->p, &v->tpm);
	return check_ak(j) ?: policy_tpm(j->p, &v->tpm, &j->rules);
}
