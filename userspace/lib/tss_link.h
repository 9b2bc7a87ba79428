/* SPDX-License-Identifier: MIT */
/*
 * The way to a TPM, as tpm2-tss takes it (a TCTI), with a deadline: those of
 * tpm2-tss wait for an answer for ever.
 */
#ifndef WARD_LIB_TSS_LINK_H
#define WARD_LIB_TSS_LINK_H

#include <tss2/tss2_tcti.h>

#include "sys.h"
#include "trouble.h"

struct tss_link;

/**
 * tss_link_open() - reach a TPM
 * @sys: its clock
 * @where: "device:PATH", or "unix:PATH" of a socket that takes TPM commands as
 *	they are, as swtpm's does
 * @out: closed by tss_link_close()
 *
 * Return: 0; -ENOENT (nothing is there), -EINVAL (@where), -ENOMEM, or -errno.
 */
int tss_link_open(const struct ward_sys *sys, const char *where, struct tss_link **out,
		  struct trouble *why);
void tss_link_close(struct tss_link *link);

/** tss_link_tcti() - for Esys_Initialize(); the link's own */
TSS2_TCTI_CONTEXT *tss_link_tcti(struct tss_link *link);

/** tss_link_deadline() - of every answer from now on, CLOCK_BOOTTIME */
void tss_link_deadline(struct tss_link *link, uint64_t deadline_ns);

/** tss_link_broken() - NULL, or why no further command can go this way */
const char *tss_link_broken(const struct tss_link *link);

#endif /* WARD_LIB_TSS_LINK_H */
