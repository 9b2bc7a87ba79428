// SPDX-License-Identifier: MIT
/*
 * An Azure VM's piece of evidence, data and aux, of SNP or, where the first byte is odd, of
 * TDX; and its runtime data alone, which a digest would hide from the fuzzer.
 */
#include "fuzz.h"
#include "hcl.h"
#include "tdreport.h"

int fuzz_one(struct wv_bytes in)
{
	static const struct fuzz_kind kinds[] = {
		{ .tee = "azure-snp", .head = 1, .split = true, .items = true },
		{ .tee = "azure-tdx", .head = 1, .split = true, .items = true },
	};
	struct hcl hcl = { .runtime = in };
	static struct wv_azure said;
	struct wv_fault fault;

	fuzz_refusal(hcl_read_text(&hcl, &said, &fault), &fault);
	fuzz_refusal(tdreport_check(in, &fault), &fault);
	return fuzz_evidence(&kinds[in.len && in.data[0] & 1], in);
}
