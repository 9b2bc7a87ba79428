/* SPDX-License-Identifier: MIT */
#ifndef WARD_ROOTS_H
#define WARD_ROOTS_H

#include <openssl/x509.h>

#include "cert.h"

/* Whose evidence an anchor vouches for. */
enum vendor { VENDOR_AMD, VENDOR_INTEL, VENDOR_AWS, VENDOR_NVIDIA };

/**
 * struct anchor - one trusted key
 * @vendor: the only one for whose evidence it counts; a named root counts for all
 * @spki: SHA-256 over its SubjectPublicKeyInfo
 * @cert: SHA-256 over the certificate that is known of it; zero = none is
 * @product: the only product line that it may speak for, or unknown = any
 * @simulated: the subject of the named root says SIMULATED
 */
struct anchor {
	uint8_t spki[32];
	uint8_t cert[32];
	enum vendor vendor;
	int product;
	int named;
	int simulated;
};

/** roots_find - the anchor of @vendor's evidence whose key is that of @cert, or NULL */
const struct anchor *roots_find(const struct wv_roots *roots, const X509 *cert,
				enum vendor vendor);

/**
 * roots_known - this very certificate is built in, not only its key: its own signature
 *	could say no more of it, and need not be verified
 */
bool roots_known(const struct anchor *a, const X509 *cert);

/** roots_named - the anchor of a certificate that the caller named (roots_certs()), or NULL */
const struct anchor *roots_named(const struct wv_roots *roots, const X509 *cert);

/** roots_certs - the named roots' certificates; they may fill in for a missing ARK */
const struct cert_list *roots_certs(const struct wv_roots *roots);

#endif /* WARD_ROOTS_H */
