/* SPDX-License-Identifier: MIT */
/*
 * The way to a TPM, as tpm2-tss takes it (a TCTI), with a deadline: those of
 * tpm2-tss wait for an answer for ever.
 */
#ifndef WARDD_VTPM_LINK_H
#define WARDD_VTPM_LINK_H

#include <tss2/tss2_tcti.h>

#include "backend.h"

struct vtpm_link;

/**
 * vtpm_link_open() - reach a TPM
 * @sys: its clock
 * @where: "device:PATH", or "unix:PATH" of a socket that takes TPM commands as
 *	they are, as swtpm's does
 * @out: closed by vtpm_link_close()
 *
 * Return: 0; -ENOENT (nothing is there), -EINVAL (@where), -ENOMEM, or -errno.
 */
int vtpm_link_open(const struct ward_sys *sys, const char *where, struct vtpm_link **out,
		   struct trouble *why);
void vtpm_link_close(struct vtpm_link *link);

/** vtpm_link_tcti() - for Esys_Initialize(); the link's own */
TSS2_TCTI_CONTEXT *vtpm_link_tcti(struct vtpm_link *link);

/** vtpm_link_deadline() - of every answer from now on, CLOCK_BOOTTIME */
void vtpm_link_deadline(struct vtpm_link *link, uint64_t deadline_ns);

/** vtpm_link_broken() - NULL, or why no further command can go this way */
const char *vtpm_link_broken(const struct vtpm_link *link);

#endif /* WARDD_VTPM_LINK_H */
