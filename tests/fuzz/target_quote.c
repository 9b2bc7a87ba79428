// SPDX-License-Identifier: MIT
/*
 * A quote: of an enclave, or of a TD, by its version. What is accepted without collateral
 * is judged with it, too.
 */
#include "fuzz.h"

/* What follows a quote is counted, and signed by nobody. */
static void forget(struct wv_verdict *v)
{
	v->tdx.trailing = v->sgx.trailing = 0;
	v->tdx.trailing_zero = v->sgx.trailing_zero = 0;
}

int fuzz_one(struct wv_bytes in)
{
	static const struct fuzz_kind kinds[] = {
		{ .tee = "tdx", .forget = forget }, { .tee = "sgx", .forget = forget },
	};
	const struct fuzz_kind *kind = &kinds[in.len && in.data[0] == 3];

	return fuzz_evidence(kind, in);
}
