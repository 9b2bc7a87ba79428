// SPDX-License-Identifier: MIT
/* Claims of every length and content. */
#include "contract.h"
#include "../../userspace/verifier/claims.c"
#include "proof.h"

void proof(void)
{
	struct wv_bytes in = any_bytes(LENGTH_ANY);
	struct wv_claims claims;
	struct wv_fault fault;

	if (wv_claims_parse(in, &claims, &fault))
		return;
	reached();
	__CPROVER_assert(in.len == WARD_CLAIMS_SIZE, "of the one length");
	__CPROVER_assert(claims.nonce_len <= sizeof(claims.nonce), "the nonce fits");
}
