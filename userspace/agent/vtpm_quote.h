/* SPDX-License-Identifier: MIT */
/* A quote: what the TPM signed, and the registers that it signed. */
#ifndef WARDD_VTPM_QUOTE_H
#define WARDD_VTPM_QUOTE_H

#include "vtpm_ak.h"

#define VTPM_PCR_COUNT 24

/** struct vtpm_pcrs - registers: TPM2_ALG_* of the bank, bit n = register n */
struct vtpm_pcrs {
	TPMI_ALG_HASH bank;
	uint32_t mask;
};

/**
 * vtpm_pcrs_read() - out of words: "sha256:0-15", "sha384:0-7+14"
 *
 * Return: 0; -EINVAL.
 */
int vtpm_pcrs_read(const char *text, struct vtpm_pcrs *out, struct trouble *why);

/**
 * struct vtpm_quote - a quote that was looked at
 * @attest: TPMS_ATTEST
 * @pcr: values of the quoted registers, in ascending order
 * @pcr_len: bytes of each
 */
struct vtpm_quote {
	TPM2B_ATTEST attest;
	TPMT_SIGNATURE signature;
	struct vtpm_pcrs pcrs;
	size_t pcr_count;
	size_t pcr_len;
	uint8_t pcr[VTPM_PCR_COUNT][64];
};

/**
 * vtpm_quote() - have the TPM sign 32 bytes and its registers
 * @qualifying: 32 bytes
 *
 * The registers are read, quoted, and read again when they changed between.
 *
 * Return: 0; -EBUSY (they changed each time), -ENXIO (no such bank), -EBADMSG (it is
 * over something else), -errno.
 */
int vtpm_quote(struct tss *tpm, const struct vtpm_ak *ak, const struct vtpm_pcrs *pcrs,
	       const uint8_t *qualifying, struct vtpm_quote *out, struct trouble *why);

#endif /* WARDD_VTPM_QUOTE_H */
