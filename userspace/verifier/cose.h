/* SPDX-License-Identifier: MIT */
/*
 * COSE_Sign1 with ECDSA: RFC 9052 section 4.2 and 4.4, RFC 9053 section 2.1.
 */
#ifndef WARD_COSE_H
#define WARD_COSE_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "wardverify.h"

#define COSE_TAG_SIGN1	18
#define COSE_TAG_MAC0	17

enum cose_alg {
	COSE_ES256 = -7,
	COSE_ES384 = -35,
	COSE_ES512 = -36,
};

/**
 * struct cose_sign1 - a message taken apart; views into it
 * @headers: the protected header's bytes, exactly as they stand
 * @alg: enum cose_alg, out of those
 */
struct cose_sign1 {
	struct wv_bytes headers;
	struct wv_bytes payload;
	struct wv_bytes signature;
	int64_t alg;
};

/**
 * cose_sign1_read - take a message apart; nothing is verified
 * @tagged: tag 18 must be there, else it must not
 * @what: what a fault calls it: "platform" gives "platform.payload" and so on
 *
 * The algorithm counts where the signature covers it, in the protected header, and is
 * refused in the other; so is a header that must be understood (crit) and is not.
 * Returns 0, WV_EVIDENCE_DAMAGED or WV_COSE_ALGORITHM.
 */
int cose_sign1_read(struct wv_bytes message, bool tagged, const char *what,
		    struct cose_sign1 *out, struct wv_fault *fault);

/** cose_curve_fits - is @key on the curve that @s was signed on, by its algorithm? */
bool cose_curve_fits(const struct cose_sign1 *s, const EVP_PKEY *key);

/**
 * cose_sign1_check - the signature, by @key, whose curve must be the algorithm's
 * Returns 0, WV_SIGNATURE_INVALID, WV_COSE_ALGORITHM or WV_NO_MEMORY.
 */
int cose_sign1_check(const struct cose_sign1 *s, EVP_PKEY *key, const char *what,
		     struct wv_fault *fault);

/**
 * cose_key_raw - a point 0x04 | x | y on P-256, P-384 or P-521 by its length; NULL = none
 * cose_key_map - a COSE_Key (RFC 9052 section 7) of type EC2 with both coordinates
 */
EVP_PKEY *cose_key_raw(struct wv_bytes point);
EVP_PKEY *cose_key_map(struct wv_bytes map, const char *what, struct wv_fault *fault);

#endif /* WARD_COSE_H */
