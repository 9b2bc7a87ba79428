/* SPDX-License-Identifier: MIT */
/* The logs that explain a TPM's registers, as the kernel has them. */
#ifndef WARDD_VTPM_LOG_H
#define WARDD_VTPM_LOG_H

#include "vtpm_nv.h"

#define VTPM_LOG_SIZE_MAX (16u << 20)	/* longer ones are counted up to here */

/**
 * struct vtpm_log - the beginning of a log
 * @kept: as much as there was room for
 * @size: bytes of the whole log
 */
struct vtpm_log {
	struct vtpm_bytes kept;
	uint64_t size;
};

/**
 * vtpm_log_read() - the first @room bytes of a log
 * @path: NULL = none
 * @out: freed by vtpm_bytes_free(&out->kept). A log that is not there is empty
 *
 * Return: 0; -ENOMEM; -EIO.
 */
int vtpm_log_read(const char *path, size_t room, struct vtpm_log *out, struct trouble *why);

#endif /* WARDD_VTPM_LOG_H */
