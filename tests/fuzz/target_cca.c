// SPDX-License-Identifier: MIT
/* An Arm CCA token. */
#include "fuzz.h"

int fuzz_one(struct wv_bytes in)
{
	static const struct fuzz_kind kind = { .tee = "cca" };

	return fuzz_evidence(&kind, in);
}
