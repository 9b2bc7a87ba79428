/* SPDX-License-Identifier: MIT */
/*
 * Quotes as a platform would give them: of an enclave (version 3), of a TD (version 4,
 * version 5 with body 2 or 3), under certificates that intel_make.h makes.
 */
#ifndef TEST_QUOTE_MAKE_H
#define TEST_QUOTE_MAKE_H

#include "intel_make.h"

#define QUOTE_MADE_MAX 16384

/** quote_simulated - intel_default, but every subject says SIMULATED */
extern const struct intel_recipe quote_simulated;

/**
 * struct quote_plan - what to make, to be changed at will before quote_make()
 * @version: 3, 4 or 5; @body: of version 5: 2 or 3
 * @header, @bytes: the header but for version and TEE type; the body: 384, 584 or 648
 *	bytes (quote_body_len())
 * @qe: report of the enclave that quotes, but for its report data
 * @auth: its authentication data
 * @pck: key that signs @qe's report
 * @certs: PEM; NULL = @pki's, leaf first, without a NUL behind
 * @certs_type: 5
 * @bad_hash: the enclave vouches for another attestation key
 * @off_curve: the attestation key is no point of the curve, and vouched for
 */
struct quote_plan {
	const struct intel_pki *pki;
	EVP_PKEY *attestation;
	int version, body;
	uint8_t header[48];
	uint8_t bytes[648];
	uint8_t qe[384];
	uint8_t auth[32];
	size_t auth_len;
	EVP_PKEY *pck;
	struct wv_bytes certs;
	uint16_t certs_type;
	bool bad_hash, off_curve;
};

/* Offsets in the body of a TD, and of an enclave. */
enum {
	TD_TCB_SVN = 0, TD_MRSEAM = 16, TD_MRSIGNERSEAM = 64, TD_SEAM_ATTRIBUTES = 112,
	TD_ATTRIBUTES = 120, TD_XFAM = 128, TD_MRTD = 136, TD_MRCONFIGID = 184, TD_MROWNER = 232,
	TD_MROWNERCONFIG = 280, TD_RTMR0 = 328, TD_REPORT_DATA = 520, TD_TCB_SVN2 = 584,
	TD_MRSERVICETD = 600,
	SGX_ATTRIBUTES = 48, SGX_MRENCLAVE = 64, SGX_MRSIGNER = 128, SGX_PRODID = 256,
	SGX_SVN = 258, SGX_REPORT_DATA = 320,
};

/** quote_plan_new - a quote of a TD or enclave that is in order; quote_plan_free() it */
void quote_plan_new(struct quote_plan *plan, const struct intel_pki *pki, int version, int body);
void quote_plan_free(struct quote_plan *plan);

/** quote_body_len - of this plan's body; quote_body_at - where it starts in the quote */
size_t quote_body_len(const struct quote_plan *plan);
size_t quote_body_at(const struct quote_plan *plan);

/** quote_make - the quote; ut_free() it */
struct wv_bytes quote_make(const struct quote_plan *plan);

#endif /* TEST_QUOTE_MAKE_H */
