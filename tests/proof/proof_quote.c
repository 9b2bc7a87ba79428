// SPDX-License-Identifier: MIT
/* Quotes of every length and content: what is taken apart lies in the quote. */
#include "contract.h"
#include "../../userspace/verifier/quote_parse.c"
#include "proof.h"

static __attribute__((unused)) void of_body(struct wv_bytes in, struct quote *q)
{
	struct cursor c = cursor_over(in.data, in.len);
	struct wv_fault fault;

	read_header(&c, &q->header);
	if (check_header(&c, &q->header, &fault) || read_body(&c, q, &fault))
		return;
	reached();
	__CPROVER_assert(cursor_ok(&c) && c.at <= in.len, "inside of the quote");
	__CPROVER_assert(q->signed_part.data == in.data && q->signed_part.len == c.at, "signed part");
	__CPROVER_assert(q->header.version >= 3 && q->header.version <= 5, "a version that is known");
}

static __attribute__((unused)) void of_quote(struct wv_bytes in, const struct quote *q)
{
	struct wv_bytes key = { q->key, 64 }, signature = { q->signature, 64 },
			report = { q->qe_report, QUOTE_ENCLAVE_LEN },
			by_qe = { q->qe_signature, 64 };

	__CPROVER_assert(there(key, in) && key.data, "the key lies in it");
	__CPROVER_assert(there(signature, in) && signature.data, "so does the signature");
	__CPROVER_assert(there(report, in) && report.data, "and the enclave's report");
	__CPROVER_assert(there(by_qe, in) && by_qe.data, "and its signature");
	__CPROVER_assert(there(q->qe_auth, in), "and what it vouches for");
	__CPROVER_assert(there(q->certs, in), "and the certificates");
	__CPROVER_assert(there(q->signed_part, in), "and what was signed");
	__CPROVER_assert(q->header.version >= 3 && q->header.version <= 5, "a version that is known");
}

void proof(void)
{
	struct wv_bytes in = any_bytes(LENGTH_ANY);
	struct quote q;
	struct wv_fault fault;

#ifdef PROOF_BODY
	of_body(in, &q);
	return;
#endif
	if (quote_parse(in, &q, &fault))
		return;
	reached();
	of_quote(in, &q);
}
