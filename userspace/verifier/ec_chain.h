/* SPDX-License-Identifier: MIT */
/*
 * Chains of ECDSA certificates of any length, by issuer up to a trusted root.
 */
#ifndef WARD_EC_CHAIN_H
#define WARD_EC_CHAIN_H

#include "cert.h"
#include "roots.h"

#define EC_CHAIN_MAX 8

/**
 * struct ec_trust - where a chain may end
 * @named_only: at a root that the caller named, at nobody's built-in one
 * @vendor: else at a built-in root of this vendor, too
 */
struct ec_trust {
	const struct wv_roots *roots;
	bool named_only;
	enum vendor vendor;
};

/**
 * struct ec_chain - a verified chain; the certificates are borrowed
 * @anchor: what it ends at
 * @not_before, @not_after: of the whole chain: latest start, earliest end
 */
struct ec_chain {
	size_t count;
	X509 *certs[EC_CHAIN_MAX];
	const struct anchor *anchor;
	int64_t not_before, not_after;
};

/**
 * ec_chain_build - from @leaf, which is no CA's and may sign, to a root of @trust
 * @pool: what may be its issuers, in any order, beside the named roots
 * @now: when every certificate must be valid
 * Faults name "chain[0]" for the leaf and so on. Returns 0, WV_CHAIN_*,
 * WV_CERTIFICATE_* or WV_COLLATERAL_MISSING (an issuer is not at hand).
 */
int ec_chain_build(X509 *leaf, const struct cert_list *pool, const struct ec_trust *trust,
		   int64_t now, struct ec_chain *out, struct wv_fault *fault);

#endif /* WARD_EC_CHAIN_H */
