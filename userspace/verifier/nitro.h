/* SPDX-License-Identifier: MIT */
/*
 * Attestation documents of AWS Nitro Enclaves.
 */
#ifndef WARD_NITRO_H
#define WARD_NITRO_H

#include "cose.h"
#include "wardverify.h"

#define NITRO_BUNDLE_MAX 8	/* certificates of a cabundle */

/**
 * struct nitro_document - a document taken apart; views into it
 * @certificate: of the key that signed, DER
 * @cabundle: its issuers, root first
 */
struct nitro_document {
	struct cose_sign1 cose;
	struct wv_bytes certificate;
	size_t bundled;
	struct wv_bytes cabundle[NITRO_BUNDLE_MAX];
};

/** nitro_read - take apart; nothing is verified; 0, WV_EVIDENCE_DAMAGED, WV_COSE_ALGORITHM */
int nitro_read(struct wv_bytes document, struct nitro_document *d, struct wv_nitro *out,
	       struct wv_fault *fault);

#endif /* WARD_NITRO_H */
