/* SPDX-License-Identifier: MIT */
/* NV indices of a TPM. */
#ifndef WARDD_VTPM_NV_H
#define WARDD_VTPM_NV_H

#include "backend.h"
#include "tss.h"

#define VTPM_NV_MAX 16384u	/* bytes of an index that we read */

/** struct vtpm_bytes - malloc'ed; {NULL, 0} = none */
struct vtpm_bytes {
	uint8_t *data;
	size_t len;
};

void vtpm_bytes_free(struct vtpm_bytes *b);

/**
 * vtpm_nv_read() - an NV index whole
 * @out: the caller's to free
 *
 * Return: 0; -ENOENT (no such index, or never written); -EOVERFLOW (more than
 * VTPM_NV_MAX); -errno.
 */
int vtpm_nv_read(struct tss *tpm, TPM2_HANDLE index, struct vtpm_bytes *out,
		 struct trouble *why);

/**
 * vtpm_nv_write() - an NV index of exactly @len bytes, made when it is not there
 *
 * Return: 0; -EINVAL (it has another size); -EPERM (it is not for us to write); -errno.
 */
int vtpm_nv_write(struct tss *tpm, TPM2_HANDLE index, const uint8_t *data, size_t len,
		  struct trouble *why);

/** vtpm_number() - a property of the TPM's (TPM2_PT_*), 0 when it tells none */
uint32_t vtpm_number(struct tss *tpm, uint32_t property);

#endif /* WARDD_VTPM_NV_H */
