// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_rc.h>

#include "vtpm_link.h"
#include "vtpm_tpm.h"

#define AGAIN_NS	20000000ull	/* between two tries of a command */
#define TRY_NS		100000000ull	/* a try that began is to end before the deadline */

/*
 * tpm2-tss writes what it thinks of each failure to stderr, unless told not to;
 * we say it once. Before main(), since the environment is everybody's later.
 */
__attribute__((constructor)) static void quiet(void)
{
	setenv("TSS2_LOG", "all+NONE", 0);
}

void vtpm_bytes_free(struct vtpm_bytes *b)
{
	free(b->data);
	*b = (struct vtpm_bytes){ NULL, 0 };
}

int vtpm_tpm_open(const struct ward_sys *sys, const char *where, struct vtpm_tpm *tpm,
		  struct trouble *why)
{
	struct vtpm_tpm opened = { .sys = sys };
	TSS2_RC rc;
	int err = vtpm_link_open(sys, where, &opened.link, why);

	if (err)
		return err;
	rc = Esys_Initialize(&opened.esys, vtpm_link_tcti(opened.link), NULL);
	if (rc) {
		err = vtpm_failed(&opened, rc, "to begin", why);
		vtpm_link_close(opened.link);
		return err;
	}
	*tpm = opened;
	return 0;
}

void vtpm_tpm_close(struct vtpm_tpm *tpm)
{
	if (tpm->esys)
		Esys_Finalize(&tpm->esys);
	vtpm_link_close(tpm->link);
	memset(tpm, 0, sizeof(*tpm));
}

void vtpm_tpm_deadline(struct vtpm_tpm *tpm, uint64_t deadline_ns)
{
	tpm->deadline_ns = deadline_ns;
	vtpm_link_deadline(tpm->link, deadline_ns);
}

bool vtpm_tpm_lost(const struct vtpm_tpm *tpm)
{
	return !tpm->link || vtpm_link_broken(tpm->link);
}

/* A code of the TPM itself, or of the kernel's resource manager that speaks for it. */
static bool from_tpm(TSS2_RC rc)
{
	TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;

	return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER;
}

/* Without the layer, and without what names the parameter, handle or session. */
static TSS2_RC bare(TSS2_RC rc)
{
	rc &= ~TSS2_RC_LAYER_MASK;
	return rc & TPM2_RC_FMT1 ? rc & (TPM2_RC_FMT1 | 0x3f) : rc;
}

static bool transient(TSS2_RC rc)
{
	if (!from_tpm(rc))
		return false;
	switch (bare(rc)) {
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

bool vtpm_again(struct vtpm_tpm *tpm, TSS2_RC rc)
{
	return transient(rc) && tpm->deadline_ns > TRY_NS &&
	       backend_wait(tpm->sys, AGAIN_NS, tpm->deadline_ns - TRY_NS);
}

bool vtpm_absent(TSS2_RC rc)
{
	if (!from_tpm(rc))
		return false;
	switch (bare(rc)) {
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
	if (vtpm_absent(rc))
		return -ENXIO;
	if (!from_tpm(rc))
		return (rc & 0xffff) == TSS2_BASE_RC_MEMORY ? -ENOMEM : -EBADMSG;
	switch (bare(rc)) {
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

int vtpm_failed(const struct vtpm_tpm *tpm, TSS2_RC rc, const char *what, struct trouble *why)
{
	const char *broken = tpm->link ? vtpm_link_broken(tpm->link) : NULL;

	if (broken)
		return trouble_set(why, strstr(broken, "gone") ? -ENXIO : -EIO,
				   "TPM, asked %s: %s", what, broken);
	return trouble_set(why, errno_of(rc), "TPM, asked %s: %s", what, Tss2_RC_Decode(rc));
}

void vtpm_flush(struct vtpm_tpm *tpm, ESYS_TR *handle)
{
	if (*handle != ESYS_TR_NONE && !vtpm_tpm_lost(tpm))
		Esys_FlushContext(tpm->esys, *handle);
	*handle = ESYS_TR_NONE;
}

uint32_t vtpm_number(struct vtpm_tpm *tpm, uint32_t property)
{
	TPMS_CAPABILITY_DATA *got = NULL;
	uint32_t value = 0;
	TSS2_RC rc;

	rc = Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				TPM2_CAP_TPM_PROPERTIES, property, 1, NULL, &got);
	if (!rc && got->data.tpmProperties.count &&
	    got->data.tpmProperties.tpmProperty[0].property == property)
		value = got->data.tpmProperties.tpmProperty[0].value;
	Esys_Free(got);
	return value;
}
