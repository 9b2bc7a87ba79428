/* SPDX-License-Identifier: MIT */
/*
 * Arm CCA tokens.
 */
#ifndef WARD_CCA_H
#define WARD_CCA_H

#include "cose.h"
#include "wardverify.h"

#define CCA_TAG		399	/* EAT collection, as platforms make it today */
#define CCA_TAG_CMW	907	/* the same as a CMW collection */

/**
 * struct cca_token - a token taken apart; views into it
 * @nonce: what the platform signed: the digest of @realm_key
 * @realm_key: the realm's public key claim, its bytes as they stand
 */
struct cca_token {
	struct cose_sign1 platform;
	struct cose_sign1 realm;
	struct wv_bytes nonce;
	struct wv_bytes realm_key;
};

/** cca_read - take apart; nothing is verified */
int cca_read(struct wv_bytes token, struct cca_token *t, struct wv_cca *out,
	     struct wv_fault *fault);

/** cca_platform_read, cca_realm_read - the claims of the two halves */
int cca_platform_read(struct cca_token *t, struct wv_cca *out, struct wv_fault *fault);
int cca_realm_read(struct cca_token *t, struct wv_cca *out, struct wv_fault *fault);

#endif /* WARD_CCA_H */
