// SPDX-License-Identifier: MIT
/* contract.h of cursor.h: from every state, over every length that an object may have. */
#include "contract.h"
#include "proof.h"

void proof(void)
{
	struct wv_bytes in = any_bytes(LENGTH_ANY);
	struct cursor c = cursor_over(in.data, in.len);
	size_t n = nondet_size_t();
	uint8_t *out = malloc(n < LENGTH_ANY ? n : 0);

	c.at = nondet_size_t();
	c.failed = nondet_bool();
	__CPROVER_assume(c.at <= c.len);
#if defined(PROOF_LE)
	cursor_le(&c, n);
#elif defined(PROOF_BE)
	cursor_be(&c, n);
#elif defined(PROOF_ZERO)
	cursor_zero(&c, n);
#else
	cursor_copy(&c, out, n);
#endif
}
