// SPDX-License-Identifier: MIT
/* A PSA token. */
#include "fuzz.h"

int fuzz_one(struct wv_bytes in)
{
	static const struct fuzz_kind kind = { .tee = "psa" };

	return fuzz_evidence(&kind, in);
}
