/* SPDX-License-Identifier: MIT */
/*
 * Certificates that one appraisal has read, so that it reads none twice: those of a quote
 * come again with each file of its collateral. A certificate is found by all of its bytes;
 * that it was read says nothing of whether it is trusted.
 */
#ifndef WARD_CERT_POOL_H
#define WARD_CERT_POOL_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "wardverify.h"

/** struct cert_pool - begins as zeroes; of one thread; cert_pool_clear() in the end */
struct cert_pool {
	struct cert_pooled *first;
};

/**
 * cert_pool_read - the certificate that @der is, and nothing behind it
 * @pool: NULL = it is read anew, and not kept
 * @more: out: a certificate, but bytes follow it
 * Returns a reference, for X509_free(); the same certificate for the same bytes. NULL = it
 * is none, or there is no memory.
 */
X509 *cert_pool_read(struct cert_pool *pool, struct wv_bytes der, bool *more);
void cert_pool_clear(struct cert_pool *pool);

#endif /* WARD_CERT_POOL_H */
