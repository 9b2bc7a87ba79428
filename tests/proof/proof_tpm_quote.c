// SPDX-License-Identifier: MIT
/* TPMS_ATTEST of every length and content. */
#include "contract.h"
#include "../../userspace/verifier/tpm_quote.c"
#include "proof.h"

void proof(void)
{
	struct wv_bytes in = any_bytes(LENGTH_ANY), extra, digest;
	struct wv_tpm out = { 0 };
	struct wv_fault fault;

	if (tpm_quote_read(in, &out, &extra, &digest, &fault))
		return;
	reached();
	__CPROVER_assert(extra.len <= DIGEST_MAX && digest.len <= DIGEST_MAX, "as long as digests");
	__CPROVER_assert(there(extra, in) && there(digest, in), "nonce and digest lie in it");
	__CPROVER_assert(out.selected && !(out.selected >> WV_TPM_PCRS), "of registers that there are");
}
