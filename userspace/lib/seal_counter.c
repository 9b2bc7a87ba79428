// SPDX-License-Identifier: MIT
/*
 * A counter in the TPM's NV storage. The TPM starts a new one above every one that it ever
 * had, so that making it anew takes nothing back. Reads are answered under a session that
 * is salted to the TPM's key, whose name the caller has kept: nobody between answers for it.
 */
#include <errno.h>
#include <string.h>

#include "cursor.h"
#include "seal_tpm.h"

#define ATTRIBUTES	(TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT | TPMA_NV_OWNERWRITE | \
			 TPMA_NV_OWNERREAD | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA)

static int step(struct seal_tpm *t, ESYS_TR session, ESYS_TR nv)
{
	TSS2_RC rc = Esys_NV_Increment(t->tss.esys, ESYS_TR_RH_OWNER, nv, session, ESYS_TR_NONE,
				       ESYS_TR_NONE);

	return rc ? seal_tpm_fail(t, rc, "to count") : 0;
}

/* A counter has no value before its first step. */
static int make(struct seal_tpm *t, ESYS_TR session, uint32_t index, ESYS_TR *nv)
{
	TPM2B_NV_PUBLIC public = { .nvPublic = { .nvIndex = index, .nameAlg = TPM2_ALG_SHA256,
						 .attributes = ATTRIBUTES, .dataSize = 8 } };
	const TPM2B_AUTH none = { .size = 0 };
	TSS2_RC rc = Esys_NV_DefineSpace(t->tss.esys, ESYS_TR_RH_OWNER, session, ESYS_TR_NONE,
					 ESYS_TR_NONE, &none, &public, nv);

	if (rc) {
		*nv = ESYS_TR_NONE;
		return seal_tpm_fail(t, rc, "for a counter");
	}
	return step(t, session, *nv);
}

static int check(struct seal_tpm *t, ESYS_TR nv, uint32_t index)
{
	TPM2B_NV_PUBLIC *public = NULL;
	TSS2_RC rc = Esys_NV_ReadPublic(t->tss.esys, nv, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					&public, NULL);
	TPMA_NV is;

	if (rc)
		return seal_tpm_fail(t, rc, "about a counter");
	is = public->nvPublic.attributes;
	Esys_Free(public);
	if ((is & TPMA_NV_TPM2_NT_MASK) >> TPMA_NV_TPM2_NT_SHIFT != TPM2_NT_COUNTER)
		return seal_say(t->said, -EINVAL, "NV index 0x%08x is no counter: name a free one",
				index);
	return is & TPMA_NV_WRITTEN ? 0 : -ENODATA;
}

static int find(struct seal_tpm *t, ESYS_TR session, uint32_t index, int may_make, ESYS_TR *nv)
{
	TSS2_RC rc = Esys_TR_FromTPMPublic(t->tss.esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, nv);
	int err;

	if (rc) {
		*nv = ESYS_TR_NONE;
		if (tss_code(rc) != TPM2_RC_HANDLE)
			return seal_tpm_fail(t, rc, "about a counter");
		return may_make ? make(t, session, index, nv) :
		       seal_say(t->said, -ENOENT, "the TPM has no counter 0x%08x: another TPM, or "
				"it was removed", index);
	}
	err = check(t, *nv, index);
	if (err == -ENODATA)	/* made, and broken off before its first step */
		return may_make ? step(t, session, *nv) :
		       seal_say(t->said, -ENOENT, "the counter 0x%08x was made anew", index);
	return err;
}

static int value_of(struct seal_tpm *t, ESYS_TR session, ESYS_TR nv, uint64_t *value)
{
	TPM2B_MAX_NV_BUFFER *got = NULL;
	struct cursor c;
	TSS2_RC rc = Esys_NV_Read(t->tss.esys, nv, nv, session, ESYS_TR_NONE, ESYS_TR_NONE, 8, 0, &got);

	if (rc)
		return seal_tpm_fail(t, rc, "for a counter's value");
	c = cursor_over(got->buffer, got->size);
	*value = cursor_be(&c, 8);
	Esys_Free(got);
	return cursor_ok(&c) ? 0 : seal_say(t->said, -EBADMSG, "a counter of less than 8 bytes");
}

/* The first that is asked is taken at its word. */
static int known(struct ward_seal_tpm *tpm, const struct seal_tpm *t)
{
	static const uint8_t unknown[SEAL_NAME_LEN];

	if (!memcmp(tpm->name, unknown, sizeof(unknown)))
		memcpy(tpm->name, t->name, sizeof(tpm->name));
	return memcmp(tpm->name, t->name, sizeof(tpm->name)) ?
	       seal_say(tpm->said, -EXDEV, "another TPM counted, or this one's owner hierarchy was "
			"cleared since") : 0;
}

static int with(struct ward_seal_tpm *tpm, uint32_t index, int may_make, uint64_t *value)
{
	ESYS_TR session = ESYS_TR_NONE, nv = ESYS_TR_NONE;
	struct seal_tpm t;
	int err;

	if (index >> 24 != TPM2_HT_NV_INDEX)
		return seal_say(tpm->said, -EINVAL, "an NV index is 0x01000000 to 0x01ffffff");
	err = seal_tpm_open(tpm->where, &t, tpm->said);
	if (err)
		return err;
	err = known(tpm, &t) ?: seal_tpm_session(&t, TPM2_SE_HMAC, 0, &session) ?:
	      find(&t, session, index, may_make, &nv);
	if (!err)
		err = value ? value_of(&t, session, nv, value) : step(&t, session, nv);
	if (nv != ESYS_TR_NONE)
		Esys_TR_Close(t.tss.esys, &nv);
	tss_flush(&t.tss, &session);
	seal_tpm_close(&t);
	return err;
}

int ward_seal_counter(struct ward_seal_tpm *tpm, uint32_t index, int may_make, uint64_t *value)
{
	return with(tpm, index, may_make, value);
}

int ward_seal_counter_step(struct ward_seal_tpm *tpm, uint32_t index)
{
	return with(tpm, index, 0, NULL);
}
