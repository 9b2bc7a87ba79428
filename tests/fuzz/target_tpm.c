// SPDX-License-Identifier: MIT
/* A TPM's piece of evidence, data and aux. */
#include "fuzz.h"

int fuzz_one(struct wv_bytes in)
{
	static const struct fuzz_kind kind = { .tee = "tpm", .split = true };

	return fuzz_appraise(&kind, in);
}
