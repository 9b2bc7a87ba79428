/* SPDX-License-Identifier: MIT */
/* A TPM's evidence as it stands: doc/formats.md section 11. */
#ifndef WARD_TPM_H
#define WARD_TPM_H

#include "wardverify.h"

#define TPM_PCR_COUNT	24

/**
 * struct tpm_data - `data` of a piece, views into it
 * @hcl: of a paravisor; {NULL, 0} where @data has none
 * @shared: the key that signed is not wardd's alone, says wardd
 */
struct tpm_data {
	struct wv_bytes ak, hcl, quote, signature;
	struct wv_bytes pcr[TPM_PCR_COUNT];
	size_t pcr_count;
	uint64_t shared;
};

/** tpm_data_parse - read it; @hcl: with a paravisor's report in it. WV_OK or a fault */
int tpm_data_parse(struct wv_bytes data, bool hcl, struct tpm_data *out, struct wv_fault *fault);

#endif /* WARD_TPM_H */
