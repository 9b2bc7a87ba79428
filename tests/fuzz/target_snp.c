// SPDX-License-Identifier: MIT
/* An SNP report: read, shown, told by its look. */
#include "fuzz.h"

int fuzz_one(struct wv_bytes in)
{
	struct wv_snp_report report;
	struct wv_fault fault;

	wv_evidence_find(in);
	if (fuzz_refusal(wv_snp_parse(in, &report, &fault), &fault))
		return fault.reason;
	fuzz_text(wv_snp_json(&report));
	return WV_OK;
}
