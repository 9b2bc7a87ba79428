// SPDX-License-Identifier: MIT
/* SNP reports of every length and content: what is taken has the one length that there is. */
#include "contract.h"
#include "../../userspace/verifier/snp.c"
#include "proof.h"

void proof(void)
{
	struct wv_bytes in = any_bytes(LENGTH_ANY);
	struct wv_snp_report report;
	struct wv_fault fault;
	int rc = wv_snp_parse(in, &report, &fault);

	__CPROVER_assert(rc == WV_OK || rc == WV_EVIDENCE_DAMAGED, "no other reason");
	if (rc)
		return;
	reached();
	__CPROVER_assert(in.len == WV_SNP_REPORT_SIZE, "of that length");
	__CPROVER_assert(report.version >= 2 && report.version <= 5, "of a version that is known");
	__CPROVER_assert(report.signature_algo == 1, "ECDSA");
	__CPROVER_assert(report.product >= WV_PRODUCT_UNKNOWN &&
			 report.product <= WV_PRODUCT_TURIN, "of a product");
}
