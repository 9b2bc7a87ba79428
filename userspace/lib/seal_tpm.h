/* SPDX-License-Identifier: MIT */
/* An open TPM for sealing: the way to it, its primary key, a session that nobody reads along. */
#ifndef WARD_SEAL_TPM_H
#define WARD_SEAL_TPM_H

#include "seal_private.h"
#include "tss.h"

/**
 * struct seal_tpm - one that is open; seal_tpm_close() it
 * @primary: storage key on P-256 under the owner hierarchy, the same each time
 * @name: its name
 */
struct seal_tpm {
	struct tss tss;
	ESYS_TR primary;
	uint8_t name[SEAL_NAME_LEN];
	char *said;
};

/** seal_tpm_open - and derive the primary; 0 or -errno with @said */
int seal_tpm_open(const char *where, struct seal_tpm *t, char said[WARD_SEAL_SAID]);
void seal_tpm_close(struct seal_tpm *t);

/**
 * seal_tpm_session - salted to the primary
 * @type: TPM2_SE_*
 * @hide: TPMA_SESSION_DECRYPT, _ENCRYPT: what goes to the TPM, or comes back, is encrypted
 */
int seal_tpm_session(struct seal_tpm *t, TPM2_SE type, TPMA_SESSION hide, ESYS_TR *out);

/** seal_tpm_fail - say what @rc means, seal_tpm_trouble - what @err does: an errno */
int seal_tpm_fail(struct seal_tpm *t, TSS2_RC rc, const char *what);
int seal_tpm_trouble(struct seal_tpm *t, int err, const struct trouble *why);

/** seal_pcr_read - values one after another, and how many bytes they are; 0 or -errno */
int seal_pcr_read(struct seal_tpm *t, uint32_t pcrs, uint16_t bank, uint8_t *values,
		  size_t room);

#endif /* WARD_SEAL_TPM_H */
