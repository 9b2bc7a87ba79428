/* SPDX-License-Identifier: MIT */
/*
 * Certificate revocation lists: RFC 5280 section 5, complete and direct ones only.
 */
#ifndef WARD_CRL_H
#define WARD_CRL_H

#include "store.h"

/**
 * struct crl_query - is this certificate revoked?
 * @cert: whose serial number is looked up; @issuer: who signed it, and signs the list
 * @form: how that vendor signs
 * @required: a list that is not there is a refusal
 * @field: what @cert is, for the fault
 */
struct crl_query {
	X509 *cert;
	X509 *issuer;
	enum cert_form form;
	int64_t now;
	bool required;
	const char *field;
};

/**
 * crl_check - look @q->cert up in the newest list by @q->issuer that @s has
 * @checked: such a list was there, and does not name the certificate
 * Returns 0, WV_CRL_MISSING, WV_CRL_INVALID, WV_COLLATERAL_EXPIRED,
 * WV_COLLATERAL_NOT_YET, WV_CLOCK_SUSPECT or WV_CERTIFICATE_REVOKED.
 */
int crl_check(struct store *s, const struct crl_query *q, bool *checked,
	      struct wv_fault *fault);

#endif /* WARD_CRL_H */
