// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include <tss2/tss2_rc.h>

#include "tss.h"
#include "tss_link.h"

#define AGAIN_NS	20000000ull	/* between two tries of a command */
#define TRY_NS		100000000ull	/* a try that began is to end before the deadline */

int tss_open(const struct ward_sys *sys, const char *where, struct tss *tpm, struct trouble *why)
{
	struct tss opened = { .sys = sys };
	TSS2_RC rc;
	int err = tss_link_open(sys, where, &opened.link, why);

	if (err)
		return err;
	rc = Esys_Initialize(&opened.esys, tss_link_tcti(opened.link), NULL);
	if (rc) {
		err = tss_failed(&opened, rc, "to begin", why);
		tss_link_close(opened.link);
		return err;
	}
	*tpm = opened;
	return 0;
}

void tss_close(struct tss *tpm)
{
	if (tpm->esys)
		Esys_Finalize(&tpm->esys);
	tss_link_close(tpm->link);
	memset(tpm, 0, sizeof(*tpm));
}

void tss_deadline(struct tss *tpm, uint64_t deadline_ns)
{
	tpm->deadline_ns = deadline_ns;
	tss_link_deadline(tpm->link, deadline_ns);
}

bool tss_lost(const struct tss *tpm)
{
	return !tpm->link || tss_link_broken(tpm->link);
}

/* Of the TPM itself, or of the kernel's resource manager that speaks for it. */
TSS2_RC tss_code(TSS2_RC rc)
{
	TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;

	if (layer != TSS2_TPM_RC_LAYER && layer != TSS2_RESMGR_TPM_RC_LAYER)
		return 0;
	rc &= ~TSS2_RC_LAYER_MASK;
	return rc & TPM2_RC_FMT1 ? rc & (TPM2_RC_FMT1 | 0x3f) : rc;
}

static bool transient(TSS2_RC rc)
{
	switch (tss_code(rc)) {
	case TPM2_RC_RETRY:
	case TPM2_RC_TESTING:
	case TPM2_RC_YIELDED:
	case TPM2_RC_NV_RATE:
	case TPM2_RC_NV_UNAVAILABLE:
	case TPM2_RC_CANCELED:
		return true;
	}
	return false;
}

bool tss_again(struct tss *tpm, TSS2_RC rc)
{
	return transient(rc) && tpm->deadline_ns > TRY_NS &&
	       ward_sys_wait(tpm->sys, AGAIN_NS, tpm->deadline_ns - TRY_NS);
}

bool tss_absent(TSS2_RC rc)
{
	switch (tss_code(rc)) {
	case TPM2_RC_HANDLE:
	case TPM2_RC_REFERENCE_H0:
	case TPM2_RC_REFERENCE_S0:
	case TPM2_RC_INITIALIZE:
		return true;
	}
	return false;
}

static int errno_of(TSS2_RC rc)
{
	if (transient(rc))
		return -EBUSY;
	if (tss_absent(rc))
		return -ENXIO;
	if (!tss_code(rc))
		return (rc & 0xffff) == TSS2_BASE_RC_MEMORY ? -ENOMEM : -EBADMSG;
	switch (tss_code(rc)) {
	case TPM2_RC_AUTH_FAIL:
	case TPM2_RC_BAD_AUTH:
	case TPM2_RC_AUTH_UNAVAILABLE:
	case TPM2_RC_LOCKOUT:
	case TPM2_RC_NV_AUTHORIZATION:
	case TPM2_RC_NV_LOCKED:
	case TPM2_RC_HIERARCHY:
		return -EPERM;
	case TPM2_RC_MEMORY:
	case TPM2_RC_OBJECT_MEMORY:
	case TPM2_RC_SESSION_MEMORY:
	case TPM2_RC_OBJECT_HANDLES:
	case TPM2_RC_SESSION_HANDLES:
		return -ENOMEM;
	}
	return -EIO;
}

int tss_failed(const struct tss *tpm, TSS2_RC rc, const char *what, struct trouble *why)
{
	const char *broken = tpm->link ? tss_link_broken(tpm->link) : NULL;

	if (broken)
		return trouble_set(why, strstr(broken, "gone") ? -ENXIO : -EIO,
				   "TPM, asked %s: %s", what, broken);
	return trouble_set(why, errno_of(rc), "TPM, asked %s: %s", what, Tss2_RC_Decode(rc));
}

void tss_flush(struct tss *tpm, ESYS_TR *handle)
{
	if (*handle != ESYS_TR_NONE && !tss_lost(tpm))
		Esys_FlushContext(tpm->esys, *handle);
	*handle = ESYS_TR_NONE;
}
