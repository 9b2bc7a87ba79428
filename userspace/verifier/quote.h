/* SPDX-License-Identifier: MIT */
/*
 * Intel's quotes: of a TD (TDX, version 4 and 5) and of an enclave (SGX, version 3).
 * doc/formats.md section 12.
 */
#ifndef WARD_QUOTE_H
#define WARD_QUOTE_H

#include "pck.h"
#include "wardverify.h"

#define QUOTE_MAX		(64u << 10)
#define QUOTE_HEADER_LEN	48
#define QUOTE_TD10_LEN		584
#define QUOTE_TD15_LEN		648
#define QUOTE_ENCLAVE_LEN	384
#define QUOTE_TEE_SGX		0x00u
#define QUOTE_TEE_TDX		0x81u
#define QUOTE_CERTS_PEM		5	/* type of certification data: a chain in PEM */

/**
 * struct quote - a quote taken apart; views into the caller's bytes
 * @tdx: filled in where header.tee_type is QUOTE_TEE_TDX, @sgx where it is QUOTE_TEE_SGX
 *	(but for their members pck)
 * @body_at: offset of the body
 * @signed_part: header and body, what @signature is over
 * @signature, @key: r || s and x || y of the attestation key
 * @qe_report, @qe_signature, @qe_auth: of the enclave that vouches for @key
 * @certs: PEM, without the zeroes that may end it
 */
struct quote {
	struct wv_quote_header header;
	union {
		struct wv_tdx tdx;
		struct wv_sgx sgx;
	};
	size_t body_at;
	struct wv_bytes signed_part;
	const uint8_t *signature, *key, *qe_report, *qe_signature;
	struct wv_bytes qe_auth, certs;
};

/** quote_qe - the report of the enclave that quoted, of either kind */
const struct wv_enclave *quote_qe(const struct quote *q);

/** quote_is - do these bytes begin as a quote does? Nothing else is looked at */
bool quote_is(struct wv_bytes in);

/**
 * quote_parse - take a quote apart; nothing is verified
 * Returns 0, WV_EVIDENCE_DAMAGED, WV_EVIDENCE_UNSUPPORTED (a version, key type, body or
 * type of certification data) or WV_PCK_ABSENT (certification data that is a PPID).
 */
int quote_parse(struct wv_bytes in, struct quote *out, struct wv_fault *fault);

/**
 * quote_verify - parse, and verify up to a trusted root: attestation key over the quote,
 *	enclave's report over the attestation key, PCK over that report, PCK's chain
 * @now: when every certificate must be valid
 * @out: the member pck of its tdx or sgx is filled in, too
 * @pck: pck_close() in any case
 *
 * What the quote says is authentic then. Whether the platform's firmware is current
 * and unrevoked is not looked at: see tcb.h.
 */
int quote_verify(struct wv_bytes in, const struct wv_roots *roots, int64_t now,
		 struct quote *out, struct pck *pck, struct wv_fault *fault);

#endif /* WARD_QUOTE_H */
