/* SPDX-License-Identifier: MIT */
/* Certificates and lists as wardctl fetch holds them for its first look. */
#ifndef WARDCTL_FETCH_POOL_H
#define WARDCTL_FETCH_POOL_H

#include <openssl/x509.h>

#include "fetch.h"

#define FETCH_POOL_MAX 512

/** struct fetch_pool - certificates that may be issuers, in the order in which they came */
struct fetch_pool {
	size_t count;
	X509 *certs[FETCH_POOL_MAX];
};

/** fetch_pool_add - what certificates @in has, PEM (one or more) or DER; how many */
size_t fetch_pool_add(struct fetch_pool *p, struct wv_bytes in);
void fetch_pool_clear(struct fetch_pool *p);

/** fetch_pool_issuer - the CA in @p that signed @cert, valid at @now; NULL = none */
X509 *fetch_pool_issuer(const struct fetch_pool *p, X509 *cert, int64_t now);

/** fetch_cert - one certificate, PEM or DER; X509_free() it */
X509 *fetch_cert(struct wv_bytes in);
/** fetch_crl - one list, PEM or DER; X509_CRL_free() it */
X509_CRL *fetch_crl(struct wv_bytes in);

/** fetch_cert_bytes, fetch_crl_bytes - the other way round; free() what they return */
struct wv_bytes fetch_cert_bytes(X509 *cert, bool pem);
struct wv_bytes fetch_crl_bytes(X509_CRL *crl, bool pem);
/** fetch_pems - two certificates in one PEM file; @b may be NULL */
struct wv_bytes fetch_pems(X509 *a, X509 *b);

/** fetch_key_fits - of the kinds with which vendors sign, others take long: RSA to 4096 bits, P-256 */
bool fetch_key_fits(const EVP_PKEY *key);

/** fetch_self_signed - by its own key, and a CA */
bool fetch_self_signed(X509 *cert);
/** fetch_valid - @now lies in its window */
bool fetch_valid(X509 *cert, int64_t now);
/** fetch_name - the common name, printable */
void fetch_name(const X509_NAME *name, char *out, size_t size);

/** fetch_seconds - seconds since the epoch; false = unreadable */
bool fetch_seconds(const ASN1_TIME *t, int64_t *out);

/**
 * fetch_crl_check - signed by @issuer, and @now between its updates
 * @next: its next update
 */
bool fetch_crl_check(X509_CRL *crl, X509 *issuer, int64_t now, int64_t *next, char *why);

#endif /* WARDCTL_FETCH_POOL_H */
