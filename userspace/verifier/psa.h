/* SPDX-License-Identifier: MIT */
/*
 * PSA attestation tokens.
 */
#ifndef WARD_PSA_H
#define WARD_PSA_H

#include "cose.h"
#include "wardverify.h"

/** psa_read - take a token apart; nothing is verified */
int psa_read(struct wv_bytes token, struct cose_sign1 *s, struct wv_psa *out,
	     struct wv_fault *fault);

#endif /* WARD_PSA_H */
