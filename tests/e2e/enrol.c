// SPDX-License-Identifier: MIT
/*
 * enrol SOCKET HANDLE: what a machine's owner does once, before it is handed over: a
 * restricted signing key (ECDSA, P-256) is made in the TPM behind a Unix socket and
 * stays there under a persistent handle. Prints SHA-256 of its public part, as a
 * policy's tpm.ak has it.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <tss2/tss2_mu.h>

#include "tss.h"

#define LONG_NS 60000000000ull

static const TPM2B_PUBLIC template = { .publicArea = {
	.type = TPM2_ALG_ECC,
	.nameAlg = TPM2_ALG_SHA256,
	.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
			    TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT,
	.parameters.eccDetail = {
		.symmetric.algorithm = TPM2_ALG_NULL,
		.scheme = { .scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256 },
		.curveID = TPM2_ECC_NIST_P256,
		.kdf.scheme = TPM2_ALG_NULL,
	},
} };

static TSS2_RC keep(ESYS_CONTEXT *esys, TPM2_HANDLE handle, TPM2B_PUBLIC **public)
{
	const TPM2B_SENSITIVE_CREATE sensitive = { .size = 0 };
	const TPML_PCR_SELECTION pcrs = { .count = 0 };
	const TPM2B_DATA outside = { .size = 0 };
	ESYS_TR key, kept;
	TSS2_RC rc;

	rc = Esys_CreatePrimary(esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				ESYS_TR_NONE, &sensitive, &template, &outside, &pcrs, &key, public,
				NULL, NULL, NULL);
	if (rc)
		return rc;
	rc = Esys_EvictControl(esys, ESYS_TR_RH_OWNER, key, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			       ESYS_TR_NONE, handle, &kept);
	Esys_FlushContext(esys, key);
	return rc;
}

static int show(const TPM2B_PUBLIC *public)
{
	uint8_t bytes[1024], digest[32];
	size_t len = 0;

	if (Tss2_MU_TPMT_PUBLIC_Marshal(&public->publicArea, bytes, sizeof(bytes), &len) ||
	    !EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL))
		return 1;
	for (size_t i = 0; i < sizeof(digest); i++)
		printf("%02x", digest[i]);
	return putchar('\n') == EOF;
}

int main(int argc, char **argv)
{
	TPM2B_PUBLIC *public = NULL;
	struct trouble why;
	struct tss tpm;
	TSS2_RC rc;
	int bad;

	if (argc != 3) {
		fprintf(stderr, "usage: enrol unix:SOCKET HANDLE\n");
		return 1;
	}
	if (tss_open(&ward_sys_real, argv[1], &tpm, &why)) {
		fprintf(stderr, "enrol: %s\n", why.text);
		return 1;
	}
	tss_deadline(&tpm, ward_sys_now(&ward_sys_real) + LONG_NS);
	rc = keep(tpm.esys, (TPM2_HANDLE)strtoul(argv[2], NULL, 16), &public);
	bad = rc ? 1 : show(public);
	if (rc)
		fprintf(stderr, "enrol: the TPM says 0x%x\n", rc);
	Esys_Free(public);
	tss_close(&tpm);
	return bad;
}
