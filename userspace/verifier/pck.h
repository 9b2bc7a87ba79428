/* SPDX-License-Identifier: MIT */
/*
 * Intel's certificates: what a PCK certificate says, and the chain from it to a
 * trusted root. Intel SGX PCK Certificate and CRL Profile Specification.
 */
#ifndef WARD_PCK_H
#define WARD_PCK_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

#include "cert.h"
#include "wardverify.h"

#define INTEL_CHAIN 3

/**
 * struct pck - a PCK certificate whose chain was verified; pck_close() in any case
 * @chain: PCK, its CA, root; owned
 * @key: of the PCK certificate; lives as long as @chain
 * @pool: all that came with the quote, for what reads its collateral; owned
 */
struct pck {
	struct wv_pck info;
	X509 *chain[INTEL_CHAIN];
	EVP_PKEY *key;
	struct cert_pool pool;
};

/**
 * pck_open - PCK <- CA <- trusted root, by issuer, out of the quote's own certificates
 * @certs: as they came; the first that is no CA's is the PCK certificate
 * @now: when every certificate must be valid
 * ECDSA on P-256 with SHA-256 is required of every link. Returns 0, WV_CHAIN_*,
 * WV_CERTIFICATE_*, WV_COLLATERAL_MISSING (an issuer is not at hand) or WV_NO_MEMORY.
 */
int pck_open(const struct wv_roots *roots, struct wv_bytes certs, int64_t now, struct pck *out,
	     struct wv_fault *fault);
void pck_close(struct pck *pck);

/** pck_read - the extensions under 1.2.840.113741.1.13.1; 0 or WV_CERTIFICATE_DAMAGED */
int pck_read(const X509 *cert, struct wv_pck *out, struct wv_fault *fault);

/** ecdsa_p256_key - the public key x || y, big endian; NULL = not on the curve, or no memory */
EVP_PKEY *ecdsa_p256_key(const uint8_t xy[64]);

/** ecdsa_p256_signed - r || s, big endian, by @key over SHA-256 of @message */
bool ecdsa_p256_signed(EVP_PKEY *key, const uint8_t rs[64], struct wv_bytes message);

#endif /* WARD_PCK_H */
