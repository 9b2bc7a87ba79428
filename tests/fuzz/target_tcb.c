// SPDX-License-Identifier: MIT
/* The same quotes, held against what Intel's service publishes. */
#include "fuzz.h"

static void forget(struct wv_verdict *v)
{
	v->tdx.trailing = v->sgx.trailing = 0;
	v->tdx.trailing_zero = v->sgx.trailing_zero = 0;
}

int fuzz_one(struct wv_bytes in)
{
	static const struct fuzz_kind kinds[] = {
		{ .tee = "tdx", .items = true, .forget = forget },
		{ .tee = "sgx", .items = true, .forget = forget },
	};

	return fuzz_appraise(&kinds[in.len && in.data[0] == 3], in);
}
