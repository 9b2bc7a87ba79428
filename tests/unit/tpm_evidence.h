/* SPDX-License-Identifier: MIT */
/*
 * A TPM's evidence (doc/formats.md section 11) taken apart and checked with
 * OpenSSL alone: none of the code that made it, and nothing of tpm2-tss.
 */
#ifndef TEST_TPM_EVIDENCE_H
#define TEST_TPM_EVIDENCE_H

#include "support.h"

struct tpm_evidence {
	struct wv_bytes ak, hcl, quote, signature;
	struct wv_bytes pcr[24];
	size_t pcr_count;
	uint64_t shared;
};

struct tpm_aux {
	struct wv_bytes ak_cert, ek_cert, ima_log, event_log;
	uint64_t ima_log_size, event_log_size;
};

/** tpm_evidence_read() - `data`, with `hcl` in it or not; fails the test if it is not right */
void tpm_evidence_read(struct wv_bytes data, bool hcl, struct tpm_evidence *out);

/** tpm_evidence_check() - signature, report data (64 bytes) and registers; or fail the test */
void tpm_evidence_check(const struct tpm_evidence *e, const uint8_t *report_data);

/** tpm_aux_read() - `aux`; fails the test if it is not right */
void tpm_aux_read(struct wv_bytes aux, struct tpm_aux *out);

#endif /* TEST_TPM_EVIDENCE_H */
