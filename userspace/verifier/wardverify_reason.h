/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: why something was refused. Part of wardverify.h.
 */
#ifndef WARDVERIFY_REASON_H
#define WARDVERIFY_REASON_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define WV_API __attribute__((visibility("default")))
#else
#define WV_API
#endif

/**
 * enum wv_reason - why something was refused; values are stable
 *
 * wv_reason_text() gives the word that stands in verdicts ("report-data-mismatch"
 * for WV_REPORT_DATA_MISMATCH and so on), wv_reason_explain() a sentence,
 * wv_reason_mend() what to do, wv_reason_exit() the exit code of its class.
 */
enum wv_reason {
	WV_OK = 0,

	/* misuse: exit code 1 */
	WV_USAGE = 1,			/* an argument makes no sense */
	WV_NO_OWN_TIME = 2,		/* "document" time of evidence that carries none */
	WV_NO_MEMORY = 3,

	/* bad signature or evidence: exit code 2 */
	WV_SIGNATURE_INVALID = 20,
	WV_CHAIN_UNTRUSTED = 21,	/* ends at no pinned and no named root */
	WV_CHAIN_INVALID = 22,		/* a certificate's own signature or form */
	WV_CERTIFICATE_EXPIRED = 23,
	WV_CERTIFICATE_NOT_YET = 24,
	WV_TCB_MISMATCH = 25,		/* report against its VCEK or VLEK */
	WV_CHIP_MISMATCH = 26,
	WV_PRODUCT_MISMATCH = 27,
	WV_KEY_KIND_MISMATCH = 28,	/* VCEK where the report says VLEK, or so */
	WV_REPORT_DATA_MISMATCH = 29,
	WV_CHAIN_BROKEN = 30,		/* event chain against its attested head */
	WV_EVENTS_GAP = 31,		/* records are missing, completeness was asked */
	WV_EVIDENCE_UNSUPPORTED = 32,	/* a kind that this version does not verify */

	/* collateral could not be had: exit code 3 */
	WV_COLLATERAL_MISSING = 40,

	/* revocation: exit code 4 */
	WV_CERTIFICATE_REVOKED = 50,
	WV_CRL_INVALID = 51,

	/* policy or expectation refused: exit code 5 */
	WV_GUEST_UNMEASURED = 60,
	WV_MEASUREMENT_MISMATCH = 61,
	WV_TCB_BELOW_POLICY = 62,
	WV_DEBUG_ALLOWED = 63,
	WV_VMPL_REFUSED = 64,
	WV_HOST_DATA_REFUSED = 65,
	WV_SIMULATED_REFUSED = 66,
	WV_TEE_REFUSED = 67,
	WV_WRONG_PURPOSE = 68,
	WV_WRONG_UID = 69,
	WV_WRONG_GID = 70,
	WV_WRONG_CGROUP = 71,
	WV_WRONG_DECLARED = 72,
	WV_WRONG_EXE = 73,
	WV_POSTURE_REFUSED = 74,
	WV_TAINT_REFUSED = 75,
	WV_NONCE_MISMATCH = 76,
	WV_BINDING_MISMATCH = 77,
	WV_WRONG_SESSION = 78,
	WV_WRONG_INSTANCE = 79,
	WV_SESSION_REVOKED = 80,
	WV_NOT_SEALED = 81,		/* receipts */
	WV_MEMORY_LIVE = 82,
	WV_WIPED_SHORT = 83,
	WV_KEYS_LIVE = 84,
	WV_LEASE_EXPIRED = 85,
	WV_LEASE_REFUSED = 86,

	/* damaged input: exit code 7 */
	WV_BUNDLE_DAMAGED = 100,
	WV_CLAIMS_DAMAGED = 101,
	WV_EVIDENCE_DAMAGED = 102,
	WV_CERTIFICATE_DAMAGED = 103,
	WV_POLICY_DAMAGED = 104,
	WV_RELEASE_DAMAGED = 105,
	WV_EVENT_DAMAGED = 106,
};

WV_API const char *wv_reason_text(int reason);
WV_API const char *wv_reason_explain(int reason);
WV_API const char *wv_reason_mend(int reason);
/** wv_reason_exit - exit code of a reason's class: 0, 1, 2, 3, 4, 5, 6 or 7 */
WV_API int wv_reason_exit(int reason);
/** wv_reason_find - the reason that a word names, or -1 */
WV_API int wv_reason_find(const char *text);
/** wv_reason_next - the reason after @reason in rising order, or -1; start with -1 */
WV_API int wv_reason_next(int reason);

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_REASON_H */
