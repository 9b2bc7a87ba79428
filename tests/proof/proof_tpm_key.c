// SPDX-License-Identifier: MIT
/* TPMT_PUBLIC and TPMT_SIGNATURE of every length and content. */
#include "contract.h"
#define unfit quote_unfit	/* both files have one */
#include "../../userspace/verifier/tpm_quote.c"
#undef unfit
#include "../../userspace/verifier/tpm_key.c"
#include "proof.h"

static void key(void)
{
	struct wv_bytes in = any_bytes(LENGTH_ANY);
	struct tpm_key k;
	struct wv_fault fault;
	int rc = tpm_key_open(in, &k, &fault);

	__CPROVER_assert(rc ? !k.key : k.key != NULL, "a key, or a refusal");
	if (!rc)
		reached();
	__CPROVER_assert(rc || (k.bits >= 256 && k.bits <= 4096), "of a length that is taken");
}

static void signature(void)
{
	struct tpm_key k = { .key = NULL };
	struct wv_bytes in = any_bytes(LENGTH_ANY), message = any_bytes(LENGTH_ANY);
	struct wv_fault fault;

	k.type = (uint16_t)nondet_uint32();
	k.scheme = (uint16_t)nondet_uint32();
	k.hash = (uint16_t)nondet_uint32();
	k.bits = nondet_uint32();
	__CPROVER_assume(k.bits >= 256 && k.bits <= 4096);
	if (nondet_bool())
		tpm_key_signed(&k, in, message, &fault);
	else
		tpm_key_signed_bare(&k, in, message, &fault);
}

void proof(void)
{
	if (nondet_bool())
		key();
	else
		signature();
}
