/* SPDX-License-Identifier: MIT */
#ifndef WARD_ROOTS_H
#define WARD_ROOTS_H

#include <openssl/x509.h>

#include "cert.h"

/**
 * struct anchor - one trusted key
 * @spki: SHA-256 over its SubjectPublicKeyInfo
 * @product: the only product line that it may speak for, or unknown = any
 * @simulated: the subject of the named root says SIMULATED
 */
struct anchor {
	uint8_t spki[32];
	int product;
	int named;
	int simulated;
};

/** roots_find - the anchor whose key is that of @cert, or NULL */
const struct anchor *roots_find(const struct wv_roots *roots, const X509 *cert);

/** roots_certs - the named roots' certificates; they may fill in for a missing ARK */
const struct cert_list *roots_certs(const struct wv_roots *roots);

#endif /* WARD_ROOTS_H */
