// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "tss.h"

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

int tss_primary(struct tss *tpm, ESYS_TR hierarchy, const TPM2B_PUBLIC *template, ESYS_TR *out,
		TPMT_PUBLIC *public, struct trouble *why)
{
	const TPM2B_SENSITIVE_CREATE sensitive = { .size = 0 };
	const TPML_PCR_SELECTION pcrs = { .count = 0 };
	const TPM2B_DATA outside = { .size = 0 };
	TPM2B_PUBLIC *made = NULL;
	TSS2_RC rc;

	do
		rc = Esys_CreatePrimary(tpm->esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					ESYS_TR_NONE, &sensitive, template, &outside, &pcrs, out,
					&made, NULL, NULL, NULL);
	while (tss_again(tpm, rc));
	if (rc) {
		*out = ESYS_TR_NONE;
		return tss_failed(tpm, rc, "for a primary key", why);
	}
	if (public)
		*public = made->publicArea;
	Esys_Free(made);
	return 0;
}

int tss_storage(struct tss *tpm, ESYS_TR hierarchy, ESYS_TR *out, struct trouble *why)
{
	return tss_primary(tpm, hierarchy, &storage_template, out, NULL, why);
}

int tss_name(struct tss *tpm, ESYS_TR object, uint8_t name[TSS_NAME_LEN], struct trouble *why)
{
	TPM2B_NAME *got = NULL;
	TSS2_RC rc = Esys_TR_GetName(tpm->esys, object, &got);
	int err = 0;

	if (rc)
		return tss_failed(tpm, rc, "for a key's name", why);
	if (got->size == TSS_NAME_LEN)
		memcpy(name, got->name, TSS_NAME_LEN);
	else
		err = trouble_set(why, -EBADMSG, "TPM: a key has no name of SHA-256");
	Esys_Free(got);
	return err;
}

int tss_session(struct tss *tpm, ESYS_TR storage, TPM2_SE kind, TPMA_SESSION hide, ESYS_TR *out,
		struct trouble *why)
{
	const TPMT_SYM_DEF aes = { .algorithm = TPM2_ALG_AES, .keyBits.aes = 128,
				   .mode.aes = TPM2_ALG_CFB };
	TSS2_RC rc;

	do
		rc = Esys_StartAuthSession(tpm->esys, storage, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, NULL, kind, &aes,
					   TPM2_ALG_SHA256, out);
	while (tss_again(tpm, rc));
	if (rc) {
		*out = ESYS_TR_NONE;
		return tss_failed(tpm, rc, "for a session", why);
	}
	rc = Esys_TRSess_SetAttributes(tpm->esys, *out, TPMA_SESSION_CONTINUESESSION | hide, 0xff);
	return rc ? tss_failed(tpm, rc, "for a session", why) : 0;
}

TPML_PCR_SELECTION tss_registers(uint32_t pcrs, TPM2_ALG_ID bank)
{
	return (TPML_PCR_SELECTION){ .count = 1, .pcrSelections[0] = {
		.hash = bank, .sizeofSelect = 3,
		.pcrSelect = { pcrs & 0xff, pcrs >> 8 & 0xff, pcrs >> 16 & 0xff },
	} };
}
