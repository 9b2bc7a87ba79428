/* SPDX-License-Identifier: MIT */
/*
 * X.509 certificates as AMD issues them (57230): reading, one link of a chain,
 * validity, the extensions of a VCEK or VLEK.
 */
#ifndef WARD_CERT_H
#define WARD_CERT_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "wardverify.h"

#define CERT_LIST_MAX 16
#define CERT_SIZE_MAX (64u << 10)

/** struct cert_list - certificates that may serve, in the order in which they came */
struct cert_list {
	size_t count;
	X509 *certs[CERT_LIST_MAX];
};

/**
 * cert_list_add - read one DER certificate or a PEM file with one or more
 * @field: what it is, for the fault
 * Absent bytes add nothing. Returns 0, WV_CERTIFICATE_DAMAGED or WV_NO_MEMORY.
 */
int cert_list_add(struct cert_list *list, struct wv_bytes in, const char *field,
		  struct wv_fault *fault);
void cert_list_clear(struct cert_list *list);

/**
 * cert_signed_by - @cert carries a signature by @issuer's key in AMD's form:
 *	RSA-PSS, SHA-384, MGF1 with SHA-384, salt of 48 bytes, 4096-bit key
 */
bool cert_signed_by(X509 *cert, X509 *issuer);

/** cert_is_ca - basic constraints say CA */
bool cert_is_ca(X509 *cert);

/** cert_times - validity in seconds since the epoch; false = unreadable */
bool cert_times(const X509 *cert, int64_t *not_before, int64_t *not_after);

/** cert_common_name - CN of a subject or issuer, as much as fits, printable; "" = none */
void cert_common_name(const X509_NAME *name, char *out, size_t size);

/** cert_spki_digest - SHA-256 over the SubjectPublicKeyInfo */
bool cert_spki_digest(const X509 *cert, uint8_t out[32]);

/**
 * struct cert_vek - what the extensions of a VCEK or VLEK say
 * @kind: enum wv_vek_kind: a VCEK names a chip, a VLEK an operator
 * @product: enum wv_product
 */
struct cert_vek {
	int kind;
	int product;
	struct wv_tcb tcb;
	size_t chip_id_len;
	uint8_t chip_id[64];
};

/** cert_vek_read - 0 or WV_CERTIFICATE_DAMAGED, WV_PRODUCT_MISMATCH (unknown product) */
int cert_vek_read(const X509 *cert, struct cert_vek *out, struct wv_fault *fault);

#endif /* WARD_CERT_H */
