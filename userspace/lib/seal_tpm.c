// SPDX-License-Identifier: MIT
/*
 * A secret sealed to a TPM: PolicyPCR over values that were read beforehand, then
 * PolicyAuthValue, always, with an empty value where none is asked for.
 */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <tss2/tss2_mu.h>

#include "seal_tpm.h"

#define VALUES_MAX	(WARD_SEAL_PCRS * SEAL_DIGEST_MAX)

/* ---- the policy ------------------------------------------------------------------- */

/* @pcr_digest: what PolicyPCR is to see; empty = what the TPM has now. */
static int policy_apply(struct seal_tpm *t, ESYS_TR session, uint32_t pcrs, uint16_t bank,
			const TPM2B_DIGEST *pcr_digest)
{
	TPML_PCR_SELECTION selection = tss_registers(pcrs, bank);
	TSS2_RC rc = 0;

	if (pcrs)
		rc = Esys_PolicyPCR(t->tss.esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				    pcr_digest, &selection);
	if (!rc)
		rc = Esys_PolicyAuthValue(t->tss.esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
					  ESYS_TR_NONE);
	return rc ? seal_tpm_fail(t, rc, "for a policy") : 0;
}

static int policy_digest(struct seal_tpm *t, const struct seal_tpm_how *how, TPM2B_DIGEST *out)
{
	size_t len = seal_pcr_count(how->pcrs) * seal_digest_len(how->bank);
	TPM2B_DIGEST values = { .size = 32 }, *got = NULL;
	ESYS_TR trial;
	TSS2_RC rc;
	int err;

	if (EVP_Digest(how->values, len, values.buffer, NULL, EVP_sha256(), NULL) != 1)
		return seal_say(t->said, -EIO, "the cryptographic library failed");
	err = seal_tpm_session(t, TPM2_SE_TRIAL, 0, &trial) ?:
	      policy_apply(t, trial, how->pcrs, how->bank, &values);
	if (!err) {
		rc = Esys_PolicyGetDigest(t->tss.esys, trial, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					  &got);
		err = rc ? seal_tpm_fail(t, rc, "for a policy") : 0;
	}
	if (!err)
		*out = *got;
	Esys_Free(got);
	tss_flush(&t->tss, &trial);
	return err;
}

/* ---- sealing ---------------------------------------------------------------------------- */

static TSS2_RC create(struct seal_tpm *t, ESYS_TR session, const struct ward_seal_tpm *want,
		      const TPM2B_DIGEST *policy, const uint8_t *secret, TPM2B_PRIVATE **private,
		      TPM2B_PUBLIC **public)
{
	TPM2B_PUBLIC template = { .publicArea = {
		.type = TPM2_ALG_KEYEDHASH,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				    TPMA_OBJECT_NODA,
		.authPolicy = *policy,
		.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
	} };
	TPM2B_SENSITIVE_CREATE sensitive = { .sensitive = {
		.userAuth.size = (UINT16)want->auth_len,
		.data.size = WARD_RECIPIENT_SECRET_LEN,
	} };
	const TPML_PCR_SELECTION none = { .count = 0 };
	const TPM2B_DATA outside = { .size = 0 };
	TSS2_RC rc;

	if (want->auth_len)
		memcpy(sensitive.sensitive.userAuth.buffer, want->auth, want->auth_len);
	memcpy(sensitive.sensitive.data.buffer, secret, WARD_RECIPIENT_SECRET_LEN);
	rc = Esys_Create(t->tss.esys, t->primary, session, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
			 &template, &outside, &none, private, public, NULL, NULL, NULL);
	OPENSSL_cleanse(&sensitive, sizeof(sensitive));
	return rc;
}

static int describe(struct seal_tpm *t, struct seal_tpm_how *how, const TPM2B_PRIVATE *private,
		    const TPM2B_PUBLIC *public, struct ward_recipient_key *r)
{
	uint8_t pub[sizeof(*public)], priv[sizeof(*private)], sum[32];
	size_t len;

	how->public = pub;
	how->private = priv;
	if (Tss2_MU_TPM2B_PUBLIC_Marshal(public, pub, sizeof(pub), &how->public_len) ||
	    Tss2_MU_TPM2B_PRIVATE_Marshal(private, priv, sizeof(priv), &how->private_len))
		return seal_say(t->said, -EBADMSG, "the TPM's object makes no sense");
	len = seal_tpm_format(how, r->how, sizeof(r->how));
	if (!len)
		return seal_say(t->said, -EOVERFLOW, "the TPM's object is too long");
	r->type = WARD_RECIPIENT_TPM2;
	r->how_len = (uint16_t)len;
	if (EVP_Digest(pub, how->public_len, sum, NULL, EVP_sha256(), NULL) != 1 ||
	    ward_recipient_id(WARD_RECIPIENT_TPM2, sum, r->id))
		return seal_say(t->said, -EIO, "the cryptographic library failed");
	return 0;
}

static int seal(struct seal_tpm *t, const struct ward_seal_tpm *want, struct seal_tpm_how *how,
		struct ward_recipient_key *r)
{
	TPM2B_PRIVATE *private = NULL;
	TPM2B_PUBLIC *public = NULL;
	TPM2B_DIGEST policy;
	ESYS_TR session;
	TSS2_RC rc;
	int err = policy_digest(t, how, &policy) ?:
		  seal_tpm_session(t, TPM2_SE_HMAC, TPMA_SESSION_DECRYPT, &session);

	if (err)
		return err;
	rc = create(t, session, want, &policy, r->secret, &private, &public);
	err = rc ? seal_tpm_fail(t, rc, "to seal") : describe(t, how, private, public, r);
	Esys_Free(private);
	Esys_Free(public);
	tss_flush(&t->tss, &session);
	return err;
}

static const char *senseless(const struct ward_seal_tpm *want)
{
	if (want->pcrs >> WARD_SEAL_PCRS)
		return "PCRs are 0 to 23";
	if (want->bank && !seal_digest_len(want->bank))
		return "banks are sha256 and sha384";
	if (want->auth && (want->auth_len < WARD_SEAL_AUTH_MIN || want->auth_len > WARD_SEAL_AUTH_MAX))
		return "an auth value has 16 to 32 bytes: the TPM does not slow down who guesses";
	/* the TPM drops zeroes at its end */
	return want->auth && !want->auth[want->auth_len - 1] ? "an auth value can't end in a zero" : NULL;
}

int ward_recipient_tpm2(struct ward_recipient_key *r, struct ward_seal_tpm *want)
{
	uint8_t values[VALUES_MAX];
	struct seal_tpm_how how = { .flags = want->auth ? SEAL_TPM_AUTH : 0, .pcrs = want->pcrs,
				    .bank = want->bank ? want->bank : WARD_SEAL_BANK_SHA256,
				    .values = values };
	const char *bad = senseless(want);
	struct seal_tpm t;
	int err;

	memset(r, 0, sizeof(*r));
	if (bad)
		return seal_say(want->said, -EINVAL, "%s", bad);
	if (RAND_priv_bytes(r->secret, sizeof(r->secret)) != 1)
		return seal_say(want->said, -EIO, "no random numbers");
	err = seal_tpm_open(want->where, &t, want->said);
	if (err)
		return err;
	how.parent = t.name;
	err = seal_pcr_read(&t, how.pcrs, how.bank, values, sizeof(values)) ?:
	      seal(&t, want, &how, r);
	seal_tpm_close(&t);
	return err;
}

/* ---- unsealing -------------------------------------------------------------------------- */

static int load(struct seal_tpm *t, const struct seal_tpm_how *how, ESYS_TR *object)
{
	TPM2B_PUBLIC public = { .size = 0 };
	TPM2B_PRIVATE private = { .size = 0 };
	size_t at = 0, at_private = 0;
	TSS2_RC rc;

	if (memcmp(t->name, how->parent, SEAL_NAME_LEN))
		return seal_say(t->said, -EXDEV, "another TPM sealed it, or this one's owner "
				"hierarchy was cleared since: only another recipient opens it");
	if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(how->public, how->public_len, &at, &public) ||
	    at != how->public_len ||
	    Tss2_MU_TPM2B_PRIVATE_Unmarshal(how->private, how->private_len, &at_private, &private) ||
	    at_private != how->private_len)
		return seal_say(t->said, -EBADMSG, "a recipient of type tpm2: its object is damaged");
	rc = Esys_Load(t->tss.esys, t->primary, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &private,
		       &public, object);
	if (!rc)
		return 0;
	*object = ESYS_TR_NONE;
	return tss_code(rc) == TPM2_RC_INTEGRITY ?
	       seal_say(t->said, -EBADMSG, "a recipient of type tpm2: its object was changed") :
	       seal_tpm_fail(t, rc, "to load what it sealed");
}

/* Which PCRs are not what the file says that they were. */
static int say_pcrs(struct seal_tpm *t, const struct seal_tpm_how *how)
{
	size_t each = seal_digest_len(how->bank), n = 0;
	uint8_t now[VALUES_MAX];
	uint32_t differ = 0;
	char words[96];
	int err = seal_pcr_read(t, how->pcrs, how->bank, now, sizeof(now));

	if (err)
		return err;
	for (unsigned int i = 0; i < WARD_SEAL_PCRS; i++)
		if (how->pcrs >> i & 1 && n++ < VALUES_MAX / each &&
		    memcmp(now + (n - 1) * each, how->values + (n - 1) * each, each))
			differ |= 1u << i;
	if (!differ)
		return seal_say(t->said, -ESTALE, "the TPM's policy refuses, though the PCRs are as "
				"the file says: it was changed, or a PCR meanwhile");
	seal_pcr_words(differ, words, sizeof(words));
	return seal_say(t->said, -ESTALE, "not as at sealing: PCR %s; boot what was booted then, or "
			"open it as another recipient and seal it anew", words);
}

static int refused(struct seal_tpm *t, TSS2_RC rc, const struct seal_tpm_how *how, int has_auth)
{
	switch (tss_code(rc)) {
	case TPM2_RC_POLICY_FAIL:
	case TPM2_RC_PCR_CHANGED:
		return say_pcrs(t, how);
	case TPM2_RC_AUTH_FAIL:
	case TPM2_RC_BAD_AUTH:
		return seal_say(t->said, -EACCES, "the auth value is not the one of sealing%s",
				has_auth ? "" : ": it asks for one");
	}
	return seal_tpm_fail(t, rc, "to unseal");
}

static int unseal(struct seal_tpm *t, ESYS_TR object, ESYS_TR session,
		  const struct seal_tpm_how *how, const struct ward_seal_tpm *give, uint8_t *secret)
{
	const TPM2B_DIGEST now = { .size = 0 };
	TPM2B_AUTH auth = { .size = (UINT16)(how->flags & SEAL_TPM_AUTH ? give->auth_len : 0) };
	TPM2B_SENSITIVE_DATA *got = NULL;
	int err = policy_apply(t, session, how->pcrs, how->bank, &now);
	TSS2_RC rc;

	if (err)
		return err;
	if (auth.size)
		memcpy(auth.buffer, give->auth, auth.size);
	rc = Esys_TR_SetAuth(t->tss.esys, object, &auth) ?:
	     Esys_Unseal(t->tss.esys, object, session, ESYS_TR_NONE, ESYS_TR_NONE, &got);
	OPENSSL_cleanse(&auth, sizeof(auth));
	if (rc)
		return refused(t, rc, how, give->auth != NULL);
	if (got->size == WARD_RECIPIENT_SECRET_LEN)
		memcpy(secret, got->buffer, WARD_RECIPIENT_SECRET_LEN);
	else
		err = seal_say(t->said, -EBADMSG, "a recipient of type tpm2: not what ward sealed");
	OPENSSL_cleanse(got, sizeof(*got));
	Esys_Free(got);
	return err;
}

int ward_recipient_unlock_tpm2(void *arg, const struct ward_recipient *r, uint8_t *secret)
{
	struct ward_seal_tpm *give = arg;
	ESYS_TR object = ESYS_TR_NONE, session = ESYS_TR_NONE;
	struct seal_tpm_how how;
	struct seal_tpm t;
	const char *why;
	int err;

	if (r->type != WARD_RECIPIENT_TPM2)
		return -ENOKEY;
	if (seal_tpm_parse(r->how, r->how_len, &how, &why))
		return seal_say(give->said, -EBADMSG, "a recipient of type tpm2: %s", why);
	if (give->auth && give->auth_len > WARD_SEAL_AUTH_MAX)
		return seal_say(give->said, -EINVAL, "an auth value has 16 to 32 bytes");
	err = seal_tpm_open(give->where, &t, give->said);
	if (err)
		return err;
	err = load(&t, &how, &object) ?:
	      seal_tpm_session(&t, TPM2_SE_POLICY, TPMA_SESSION_ENCRYPT, &session) ?:
	      unseal(&t, object, session, &how, give, secret);
	tss_flush(&t.tss, &session);
	tss_flush(&t.tss, &object);
	seal_tpm_close(&t);
	return err;
}
