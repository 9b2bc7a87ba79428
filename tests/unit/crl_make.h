/* SPDX-License-Identifier: MIT */
/*
 * Revocation lists for tests.
 */
#ifndef TEST_CRL_MAKE_H
#define TEST_CRL_MAKE_H

#include <openssl/x509.h>

#include "support.h"

/**
 * struct crl_recipe - what to make
 * @issuer: whose name it carries; @key: what signs it
 * @pss: as AMD signs, else as Intel does; @salt_len: of RSA-PSS, 0 = 48; @md: NULL = the vendor's
 * @from, @to: seconds since the epoch; @to 0 = no nextUpdate
 * @revoked, @revoked_count: certificates whose serial numbers it lists
 * @aki: subject key identifier of this certificate; NULL = no such extension
 * @critical: add a critical extension that nobody knows
 * @critical_entry: the same in each entry
 * @beside: the algorithm beside the signature is written in another way than the signed one
 */
struct crl_recipe {
	X509 *issuer;
	EVP_PKEY *key;
	bool pss;
	int salt_len;
	const EVP_MD *md;
	int64_t from, to;
	X509 *revoked[4];
	size_t revoked_count;
	X509 *aki;
	bool critical, critical_entry, beside;
};

/** crl_make - DER; ut_free() it */
struct wv_bytes crl_make(const struct crl_recipe *recipe);

/** crl_pem - the same bytes as PEM; ut_free() it */
struct wv_bytes crl_pem(struct wv_bytes der);

#endif /* TEST_CRL_MAKE_H */
