// SPDX-License-Identifier: MIT
/*
 * An open TPM. Sessions are salted to its primary key, so that who listens between us and
 * the TPM learns no secret; that this key is the TPM's own, and not his, the name tells
 * which the file has kept.
 */
#include <errno.h>
#include <string.h>

#include "seal_tpm.h"

/* For all that is done: a primary key takes a slow TPM a minute. */
#define WAIT_NS 300000000000ull

/* -EBADMSG is for what a file says. */
int seal_tpm_trouble(struct seal_tpm *t, int err, const struct trouble *why)
{
	return seal_say(t->said, err == -EPERM || err == -ENOMEM ? err : -EIO, "%s", why->text);
}

int seal_tpm_fail(struct seal_tpm *t, TSS2_RC rc, const char *what)
{
	struct trouble why;

	return seal_tpm_trouble(t, tss_failed(&t->tss, rc, what, &why), &why);
}

static int primary(struct seal_tpm *t)
{
	struct trouble why;
	int err = tss_storage(&t->tss, ESYS_TR_RH_OWNER, &t->primary, &why) ?:
		  tss_name(&t->tss, t->primary, t->name, &why);

	if (err == -EPERM)
		return seal_say(t->said, err, "%s (has the owner hierarchy a password?)", why.text);
	return err ? seal_tpm_trouble(t, err, &why) : 0;
}

int seal_tpm_open(const char *where, struct seal_tpm *t, char said[WARD_SEAL_SAID])
{
	struct trouble why;
	int err;

	memset(t, 0, sizeof(*t));
	t->primary = ESYS_TR_NONE;
	t->said = said;
	err = tss_open(&ward_sys_real, where ? where : "device:/dev/tpmrm0", &t->tss, &why);
	if (err)
		return seal_say(said, err, "%s", why.text);
	tss_deadline(&t->tss, ward_sys_now(&ward_sys_real) + WAIT_NS);
	err = primary(t);
	if (err)
		seal_tpm_close(t);
	return err;
}

void seal_tpm_close(struct seal_tpm *t)
{
	if (t->tss.esys)
		tss_flush(&t->tss, &t->primary);
	tss_close(&t->tss);
	memset(t, 0, sizeof(*t));
}

int seal_tpm_session(struct seal_tpm *t, TPM2_SE type, TPMA_SESSION hide, ESYS_TR *out)
{
	struct trouble why;
	int err = tss_session(&t->tss, t->primary, type, hide, out, &why);

	return err ? seal_tpm_trouble(t, err, &why) : 0;
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
		TPML_PCR_SELECTION ask = tss_registers(left, bank), *gave = NULL;
		TPML_DIGEST *got = NULL;
		TSS2_RC rc = Esys_PCR_Read(t->tss.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &ask,
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
