/* SPDX-License-Identifier: MIT */
/*
 * How an Intel platform stands against what Intel published: TCB info, the identity of
 * the quoting enclave, revocation lists. Order and tables: Intel's DCAP quote
 * verification library, section 4.1.2.4 of its specification.
 */
#ifndef WARD_TCB_H
#define WARD_TCB_H

#include <openssl/x509.h>

#include "judge.h"
#include "store.h"
#include "wardverify_collateral.h"

/**
 * struct tcb_platform - what a verified quote and its PCK certificate say (in)
 * @tdx: the TD that was quoted; NULL = an SGX enclave was
 * @qe: the enclave that quoted
 * @pck: the PCK certificate's extensions
 * @chain: PCK, its CA, root; verified up to a trusted root
 * @pool: of the certificates that were read with the quote, or NULL
 */
struct tcb_platform {
	const struct wv_tdx *tdx;
	const struct wv_enclave *qe;
	const struct wv_pck *pck;
	X509 *const *chain;
	struct cert_pool *pool;
};

/**
 * tcb_appraise - revocation and TCB of a platform, then what the policy says of them
 * @t: of a quote whose signatures and chain were verified
 * @out: to be part of the verdict
 *
 * What there is no collateral for is named in out->unchecked and by warnings of the
 * verdict, unless the policy asks for it.
 */
int tcb_appraise(const struct tcb_platform *t, struct judge *j, struct wv_tcb_status *out);

/**
 * tcb_evaluate - the same without a policy
 * @require_crl: a list that is not there is a refusal
 */
int tcb_evaluate(const struct tcb_platform *t, struct store *s, int64_t now, bool require_crl,
		 struct wv_tcb_status *out, struct wv_fault *fault);

#endif /* WARD_TCB_H */
