/* SPDX-License-Identifier: MIT */
/*
 * What the operations of cursor.h that go through bytes promise, for buffers of any length:
 * proof_contract.c proves it of them, and the proofs of parsers have it in their place.
 * Which bytes there were is not said: parsers are proved for any.
 */
#ifndef TEST_PROOF_CONTRACT_H
#define TEST_PROOF_CONTRACT_H

#include "cursor.h"

#define WAS(x)		__CPROVER_old(x)
#define THERE(c)	(__CPROVER_rw_ok(c, sizeof(*(c))) && (c)->at <= (c)->len && \
			 (!(c)->len || __CPROVER_r_ok((c)->data, (c)->len)))
#define FITS		(!WAS(c->failed) && n <= WAS(c->len) - WAS(c->at))
#define MOVED		(c->failed == !FITS && c->at == WAS(c->at) + (FITS ? n : 0))

static inline uint64_t cursor_le(struct cursor *c, size_t n)
__CPROVER_requires(THERE(c) && (n <= 8 || c->failed))
__CPROVER_assigns(c->at, c->failed)
__CPROVER_ensures(MOVED && (!c->failed || !__CPROVER_return_value))
__CPROVER_ensures(n >= 8 || !(__CPROVER_return_value >> 8 * n));

static inline uint64_t cursor_be(struct cursor *c, size_t n)
__CPROVER_requires(THERE(c) && (n <= 8 || c->failed))
__CPROVER_assigns(c->at, c->failed)
__CPROVER_ensures(MOVED && (!c->failed || !__CPROVER_return_value))
__CPROVER_ensures(n >= 8 || !(__CPROVER_return_value >> 8 * n));

static inline void cursor_copy(struct cursor *c, void *out, size_t n)
__CPROVER_requires(THERE(c) && __CPROVER_w_ok(out, n))
__CPROVER_assigns(c->at, c->failed, __CPROVER_object_upto(out, n))
__CPROVER_ensures(MOVED);

static inline void cursor_zero(struct cursor *c, size_t n)
__CPROVER_requires(THERE(c))
__CPROVER_assigns(c->at, c->failed)
__CPROVER_ensures(c->at >= WAS(c->at) && c->at <= c->len && (FITS || c->failed))
__CPROVER_ensures(c->failed || MOVED);

/* Of a parser's copies: into no other member than the one that is named. */
#ifdef PROOF_PARSER
#define cursor_copy(c, out, n) \
	(__CPROVER_assert((n) <= sizeof(out), "no more than the member holds"), \
	 (cursor_copy)(c, out, n))
#endif

#endif /* TEST_PROOF_CONTRACT_H */
