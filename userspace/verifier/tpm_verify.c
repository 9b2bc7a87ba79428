// SPDX-License-Identifier: MIT
/*
 * A TPM's piece of evidence: each step relies on what the steps before it proved.
 */
#include <openssl/err.h>
#include <string.h>

#include "digest.h"
#include "fault.h"
#include "tpm.h"

/* An Azure vTPM's signature may come without its head, as Azure's own tools keep it. */
static int check_signed(const struct tpm_data *t, const struct tpm_key *key,
			struct wv_fault *fault)
{
	if (t->hcl.data && t->signature.len == (key->bits + 7) / 8)
		return tpm_key_signed_bare(key, t->signature, t->quote, fault);
	return tpm_key_signed(key, t->signature, t->quote, fault);
}

static int check_quote(struct judge *j, const struct tpm_data *t, const struct tpm_key *key,
		       struct wv_tpm *out)
{
	struct wv_fault *fault = &j->v->fault;
	struct wv_bytes extra, digest;

	return check_signed(t, key, fault) ?:
	       tpm_quote_read(t->quote, out, &extra, &digest, fault) ?:
	       judge_fresh(j, extra, JUDGE_DIGEST, "quote.extraData", -1) ?:
	       tpm_quote_values(t, key->hash, digest, out, fault);
}

int tpm_quoted(struct judge *j, const struct tpm_data *t, struct tpm_key *key,
	       struct wv_tpm *out)
{
	struct wv_fault *fault = &j->v->fault;
	int rc;

	if (!digest_sha256(out->ak_sha256, &t->ak, 1))
		return fault_set(fault, WV_NO_MEMORY, "ak", -1, "no memory");
	rc = tpm_key_open(t->ak, key, fault);
	if (rc)
		return rc;
	out->ak_type = key->type;
	out->ak_bits = key->bits;
	out->ak_scheme = key->scheme;
	out->ak_hash = key->hash;
	return check_quote(j, t, key, out);
}

/*
 * A pin is the policy's own word; without it a certificate may do. A key that a
 * platform certifies is there for everybody in the guest.
 */
static int check_trust(const struct tpm_data *t, const struct tpm_aux *aux,
		       const struct tpm_key *key, const struct wv_appraisal *a,
		       struct wv_tpm *out, struct wv_fault *fault)
{
	bool certified = false;
	int rc = WV_OK;

	if (policy_ak_pinned(a->policy, out->ak_sha256))
		out->ak_trust = WV_AK_PINNED;
	else
		rc = tpm_certified(a->roots, a->collateral, key, aux->ak_cert, a->now, &certified,
				   fault);
	if (certified)
		out->ak_trust = WV_AK_CERTIFIED;
	out->ak_shared = t->shared || certified;
	return rc;
}

int tpm_verify(struct judge *j, const struct wv_evidence *e, struct wv_tpm *out)
{
	struct wv_fault *fault = &j->v->fault;
	struct tpm_key key = { .key = NULL };
	struct tpm_data t;
	struct tpm_aux aux;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = tpm_data_parse(e->data, false, &t, fault) ?: tpm_aux_parse(e->aux, &aux, fault);
	if (rc)
		return rc;
	ERR_set_mark();
	rc = tpm_quoted(j, &t, &key, out) ?: check_trust(&t, &aux, &key, j->a, out, fault) ?:
	     tpm_log_check(&aux, out, fault);
	tpm_key_close(&key);
	ERR_pop_to_mark();
	return rc;
}
