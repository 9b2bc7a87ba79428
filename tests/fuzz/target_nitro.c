// SPDX-License-Identifier: MIT
/* An attestation document of a Nitro enclave. */
#include "fuzz.h"

int fuzz_one(struct wv_bytes in)
{
	static const struct fuzz_kind kind = { .tee = "nitro" };

	return fuzz_evidence(&kind, in);
}
