/* SPDX-License-Identifier: MIT */
/*
 * X.509 certificates as AMD issues them (57230): reading, one link of a chain,
 * validity, the extensions of a VCEK or VLEK.
 */
#ifndef WARD_CERT_H
#define WARD_CERT_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

#include "cert_pool.h"

#define CERT_LIST_MAX 16
#define CERT_SIZE_MAX (64u << 10)

/**
 * struct cert_list - certificates that may serve, in the order in which they came
 * @pool: what it reads is kept there, and found there; NULL = nowhere
 */
struct cert_list {
	size_t count;
	X509 *certs[CERT_LIST_MAX];
	struct cert_pool *pool;
};

/**
 * cert_list_add - read one DER certificate or a PEM file with one or more
 * @field: what it is, for the fault
 * Absent bytes add nothing. Returns 0, WV_CERTIFICATE_DAMAGED or WV_NO_MEMORY.
 */
int cert_list_add(struct cert_list *list, struct wv_bytes in, const char *field,
		  struct wv_fault *fault);
void cert_list_clear(struct cert_list *list);

/* Parts of cert_list_add(). @cert is taken over. */
int cert_list_push(struct cert_list *list, X509 *cert, const char *field, struct wv_fault *fault);
int cert_list_add_pem(struct cert_list *list, struct wv_bytes in, const char *field,
		      struct wv_fault *fault);

/** enum cert_form - how a vendor's keys sign certificates and revocation lists */
enum cert_form {
	CERT_AMD,	/* RSA-PSS, SHA-384, MGF1 with SHA-384, salt of 48 bytes, 4096-bit key */
	CERT_INTEL,	/* ECDSA on P-256, SHA-256 */
	CERT_NVIDIA,	/* ECDSA on P-384, SHA-384 */
};

/** cert_form_holds - @key is of that form, and @alg says just that */
bool cert_form_holds(enum cert_form form, EVP_PKEY *key, const X509_ALGOR *alg);

/** cert_signed_as - @cert carries a signature by @issuer's key in that form */
bool cert_signed_as(enum cert_form form, X509 *cert, X509 *issuer);

/** cert_signed_by - cert_signed_as() in AMD's form */
bool cert_signed_by(X509 *cert, X509 *issuer);

/** cert_is_ca - basic constraints say CA */
bool cert_is_ca(X509 *cert);
/** cert_is_leaf - nothing in it says that it may sign certificates */
bool cert_is_leaf(X509 *cert);
/** cert_signs_lists - a CA's, and it may sign revocation lists */
bool cert_signs_lists(X509 *cert);
/** cert_understood - its extensions can be read, none stands twice, critical ones are known */
bool cert_understood(X509 *cert);

/** cert_repeats - an extension is there twice, or there are more than anybody needs (64) */
bool cert_repeats(X509 *cert);
/** cert_is_self_issued - issuer and subject are the same name */
bool cert_is_self_issued(X509 *cert);

/** cert_seconds - a time in seconds since the epoch; false = absent or unreadable */
bool cert_seconds(const ASN1_TIME *t, int64_t *out);

/** cert_times - validity in seconds since the epoch; false = unreadable */
bool cert_times(const X509 *cert, int64_t *not_before, int64_t *not_after);

/**
 * cert_holds - @cert is valid at @now; [*@from, *@to] becomes what it shares with its validity
 * Returns 0, WV_CERTIFICATE_DAMAGED, WV_CERTIFICATE_NOT_YET or WV_CERTIFICATE_EXPIRED.
 */
int cert_holds(const X509 *cert, int64_t now, const char *field, int64_t *from, int64_t *to,
	       struct wv_fault *fault);

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
