// SPDX-License-Identifier: MIT
/* The report of Azure's paravisor, alone, of SNP and of TDX; or a whole piece with it. */
#include "fuzz.h"

int fuzz_one(struct wv_bytes in)
{
	static const struct fuzz_kind snp = { .tee = "azure-snp" }, tdx = { .tee = "azure-tdx" };

	return fuzz_evidence(&snp, in) && fuzz_evidence(&tdx, in) ? WV_EVIDENCE_DAMAGED : WV_OK;
}
