// SPDX-License-Identifier: MIT
/*
 * An open TPM. Sessions are salted to its primary key, so that who listens between us and
 * the TPM learns no secret; that this key is the TPM's own, and not his, the name tells
 * which the file has kept.
 */
#include <errno.h>
#include <string.h>
#include <tss2/tss2_rc.h>

#include "seal_tpm.h"

static const TPM2B_PUBLIC storage_template = { .publicArea = {
	.type = TPM2_ALG_ECC,
	.nameAlg = TPM2_ALG_SHA256,
	.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			    TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SENSITIVEDATAORIGIN |
			    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_DECRYPT,
	.parameters.eccDetail = {
		.symmetric = { .algorithm = TPM2_ALG_AES, .keyBits.aes = 128,
			       .mode.aes = TPM2_ALG_CFB },
		.scheme.scheme = TPM2_ALG_NULL,
		.curveID = TPM2_ECC_NIST_P256,
		.kdf.scheme = TPM2_ALG_NULL,
	},
} };

static const TPMT_SYM_DEF session_cipher = {
	.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB,
};

TSS2_RC seal_tpm_code(TSS2_RC rc)
{
	TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;

	if (layer != TSS2_TPM_RC_LAYER && layer != TSS2_RESMGR_TPM_RC_LAYER)
		return 0;
	rc &= ~TSS2_RC_LAYER_MASK;
	return rc & TPM2_RC_FMT1 ? rc & (TPM2_RC_FMT1 | 0x3f) : rc;
}

int seal_tpm_fail(struct seal_tpm *t, TSS2_RC rc, const char *what)
{
	int err = -EIO;

	switch (seal_tpm_code(rc)) {
	case TPM2_RC_AUTH_FAIL:
	case TPM2_RC_BAD_AUTH:
	case TPM2_RC_LOCKOUT:
	case TPM2_RC_NV_AUTHORIZATION:
	case TPM2_RC_HIERARCHY:
		err = -EPERM;
	}
	return seal_say(t->said, err, "the TPM, asked %s: %s", what, Tss2_RC_Decode(rc));
}

void seal_tpm_flush(struct seal_tpm *t, ESYS_TR *handle)
{
	if (*handle != ESYS_TR_NONE)
		Esys_FlushContext(t->esys, *handle);
	*handle = ESYS_TR_NONE;
}

static int primary(struct seal_tpm *t)
{
	const TPM2B_SENSITIVE_CREATE sensitive = { .size = 0 };
	const TPML_PCR_SELECTION pcrs = { .count = 0 };
	const TPM2B_DATA outside = { .size = 0 };
	TPM2B_NAME *name = NULL;
	TSS2_RC rc;

	rc = Esys_CreatePrimary(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				ESYS_TR_NONE, &sensitive, &storage_template, &outside, &pcrs,
				&t->primary, NULL, NULL, NULL, NULL);
	if (rc) {
		t->primary = ESYS_TR_NONE;
		return seal_tpm_fail(t, rc, "for a primary key of the owner hierarchy (has it a password?)");
	}
	rc = Esys_TR_GetName(t->esys, t->primary, &name);
	if (rc || name->size != SEAL_NAME_LEN) {
		Esys_Free(name);
		return rc ? seal_tpm_fail(t, rc, "for its name") :
			    seal_say(t->said, -EBADMSG, "the primary key has no name of SHA-256");
	}
	memcpy(t->name, name->name, SEAL_NAME_LEN);
	Esys_Free(name);
	return 0;
}

int seal_tpm_open(const char *where, struct seal_tpm *t, char said[WARD_SEAL_SAID])
{
	TSS2_RC rc;
	int err;

	memset(t, 0, sizeof(*t));
	t->primary = ESYS_TR_NONE;
	t->said = said;
	err = seal_link_open(where ? where : "device:/dev/tpmrm0", &t->link, said);
	if (err)
		return err;
	rc = Esys_Initialize(&t->esys, seal_link_tcti(t->link), NULL);
	err = rc ? seal_tpm_fail(t, rc, "to begin") : primary(t);
	if (err)
		seal_tpm_close(t);
	return err;
}

void seal_tpm_close(struct seal_tpm *t)
{
	if (t->esys) {
		seal_tpm_flush(t, &t->primary);
		Esys_Finalize(&t->esys);
	}
	seal_link_close(t->link);
	memset(t, 0, sizeof(*t));
}

int seal_tpm_session(struct seal_tpm *t, TPM2_SE type, TPMA_SESSION hide, ESYS_TR *out)
{
	TSS2_RC rc;

	rc = Esys_StartAuthSession(t->esys, t->primary, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   ESYS_TR_NONE, NULL, type, &session_cipher, TPM2_ALG_SHA256, out);
	if (rc) {
		*out = ESYS_TR_NONE;
		return seal_tpm_fail(t, rc, "for a session");
	}
	rc = Esys_TRSess_SetAttributes(t->esys, *out, TPMA_SESSION_CONTINUESESSION | hide,
				      0xff);
	return rc ? seal_tpm_fail(t, rc, "for a session") : 0;
}

TPML_PCR_SELECTION seal_pcr_selection(uint32_t pcrs, uint16_t bank)
{
	TPML_PCR_SELECTION s = { .count = 1 };

	s.pcrSelections[0] = (TPMS_PCR_SELECTION){
		.hash = bank, .sizeofSelect = 3,
		.pcrSelect = { pcrs & 0xff, pcrs >> 8 & 0xff, pcrs >> 16 & 0xff },
	};
	return s;
}

/* The TPM gives as many at a time as it likes: what it gave is taken off @left. */
static int take_values(const TPML_PCR_SELECTION *gave, const TPML_DIGEST *got, uint32_t *left,
		       uint8_t *values, size_t *at, size_t room)
{
	uint32_t mask = gave->count ? gave->pcrSelections[0].pcrSelect[0] |
		(uint32_t)gave->pcrSelections[0].pcrSelect[1] << 8 |
		(uint32_t)gave->pcrSelections[0].pcrSelect[2] << 16 : 0;

	if (!mask || mask & ~*left || seal_pcr_count(mask) != got->count ||
	    (mask & -mask) != (*left & -*left))
		return -EBADMSG;
	for (UINT32 i = 0; i < got->count; i++) {
		if (got->digests[i].size > room - *at)
			return -EBADMSG;
		memcpy(values + *at, got->digests[i].buffer, got->digests[i].size);
		*at += got->digests[i].size;
	}
	*left &= ~mask;
	return 0;
}

int seal_pcr_read(struct seal_tpm *t, uint32_t pcrs, uint16_t bank, uint8_t *values, size_t room)
{
	size_t want = seal_pcr_count(pcrs) * seal_digest_len(bank), at = 0;
	uint32_t left = pcrs;

	for (int i = 0; left && i < WARD_SEAL_PCRS; i++) {
		TPML_PCR_SELECTION ask = seal_pcr_selection(left, bank), *gave = NULL;
		TPML_DIGEST *got = NULL;
		TSS2_RC rc = Esys_PCR_Read(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &ask,
					   NULL, &gave, &got);
		int err = rc ? seal_tpm_fail(t, rc, "for PCRs") :
			  take_values(gave, got, &left, values, &at, room);

		Esys_Free(gave);
		Esys_Free(got);
		if (err == -EBADMSG)
			break;
		if (err)
			return err;
	}
	return !left && at == want ? 0 : seal_say(t->said, -EINVAL, "the TPM has no such bank of "
						  "PCRs (--bank names another)");
}
