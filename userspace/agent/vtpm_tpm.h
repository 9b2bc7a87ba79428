/* SPDX-License-Identifier: MIT */
/* An open TPM: commands through tpm2-tss, troubles in words, NV indices. */
#ifndef WARDD_VTPM_TPM_H
#define WARDD_VTPM_TPM_H

#include <tss2/tss2_esys.h>

#include "backend.h"

struct vtpm_link;

#define VTPM_NV_MAX 16384u	/* bytes of an index that we read */

/**
 * struct vtpm_tpm - an open TPM
 * @deadline_ns: of what is done now, CLOCK_BOOTTIME
 */
struct vtpm_tpm {
	const struct ward_sys *sys;
	struct vtpm_link *link;
	ESYS_CONTEXT *esys;
	uint64_t deadline_ns;
};

/** struct vtpm_bytes - malloc'ed; {NULL, 0} = none */
struct vtpm_bytes {
	uint8_t *data;
	size_t len;
};

void vtpm_bytes_free(struct vtpm_bytes *b);

/**
 * vtpm_tpm_open() - open the TPM at @where (vtpm_link_open())
 *
 * Return: as vtpm_link_open(), -EIO.
 */
int vtpm_tpm_open(const struct ward_sys *sys, const char *where, struct vtpm_tpm *tpm,
		  struct trouble *why);

/** vtpm_tpm_close() - and zero it; also one that was not opened, if it is zeroes */
void vtpm_tpm_close(struct vtpm_tpm *tpm);

/** vtpm_tpm_deadline() - of every command from now on */
void vtpm_tpm_deadline(struct vtpm_tpm *tpm, uint64_t deadline_ns);

/** vtpm_tpm_lost() - nothing more will come of it: it must be opened anew */
bool vtpm_tpm_lost(const struct vtpm_tpm *tpm);

/**
 * vtpm_again() - a command's code says that it is to be given again, and there is
 *	time: waits a moment
 */
bool vtpm_again(struct vtpm_tpm *tpm, TSS2_RC rc);

/**
 * vtpm_failed() - what @rc of the command @what means
 *
 * Return: -errno out of backend.h's, with @why.
 */
int vtpm_failed(const struct vtpm_tpm *tpm, TSS2_RC rc, const char *what, struct trouble *why);

/** vtpm_absent() - @rc says that the TPM has no such handle */
bool vtpm_absent(TSS2_RC rc);

/** vtpm_flush() - a transient object or session; leaves ESYS_TR_NONE */
void vtpm_flush(struct vtpm_tpm *tpm, ESYS_TR *handle);

/**
 * vtpm_nv_read() - an NV index whole
 * @out: the caller's to free
 *
 * Return: 0; -ENOENT (no such index, or never written); -EOVERFLOW (more than
 * VTPM_NV_MAX); -errno.
 */
int vtpm_nv_read(struct vtpm_tpm *tpm, TPM2_HANDLE index, struct vtpm_bytes *out,
		 struct trouble *why);

/**
 * vtpm_nv_write() - an NV index of exactly @len bytes, made when it is not there
 *
 * Return: 0; -EINVAL (it has another size); -EPERM (it is not for us to write); -errno.
 */
int vtpm_nv_write(struct vtpm_tpm *tpm, TPM2_HANDLE index, const uint8_t *data, size_t len,
		  struct trouble *why);

/** vtpm_number() - a property of the TPM's (TPM2_PT_*), 0 when it tells none */
uint32_t vtpm_number(struct vtpm_tpm *tpm, uint32_t property);

#endif /* WARDD_VTPM_TPM_H */
