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
 * enum wv_reason - why something was refused; values are stable: tests/cli/verdicts.frozen
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
	WV_EVIDENCE_REPEATED = 33,	/* two pieces of a kind over the same claims */
	WV_AK_UNFIT = 34,		/* a TPM's key that may sign anything */
	WV_AK_UNTRUSTED = 35,		/* neither pinned nor certified */
	WV_QUOTE_UNFIT = 36,		/* no quote, or of no register */
	WV_PCR_DIGEST_MISMATCH = 37,	/* values against the quote */
	WV_EVENT_LOG_MISMATCH = 38,	/* the firmware's log against the values */
	WV_QE_SIGNATURE_INVALID = 200,	/* the quoting enclave's report against its PCK */
	WV_QE_HASH_MISMATCH = 201,	/* ... against the attestation key */
	WV_PCK_ABSENT = 202,		/* a quote with an encrypted platform id */
	WV_COLLATERAL_FORGED = 210,	/* TCB info or identity without Intel's signature */
	WV_TDX_MODULE_MISMATCH = 211,	/* the TDX module is none that TCB info knows */
	WV_QE_MISMATCH = 212,		/* the quoting enclave is not Intel's */
	WV_CLOCK_SUSPECT = 213,		/* all collateral was issued later */
	WV_RUNTIME_MISMATCH = 220,	/* runtime data of a paravisor against the hardware's report */
	WV_AK_MISMATCH = 221,		/* the key that signed against the one that it names */
	WV_TDREPORT_MISMATCH = 222,	/* a TDREPORT against its digests, or the quote made of it */
	WV_COSE_ALGORITHM = 240,	/* of a COSE message: unknown, of another curve, unsigned */
	WV_BINDER_MISMATCH = 241,	/* the halves of a CCA token */
	WV_PLATFORM_KEY_UNTRUSTED = 242,	/* neither pinned nor certified */
	WV_FWID_MISMATCH = 260,		/* a GPU's firmware against its certificate */
	WV_JWT_SIGNATURE_INVALID = 280,	/* tokens of attestation services */
	WV_JWT_ALGORITHM_REFUSED = 281,	/* "none", symmetric, or not known */
	WV_JWT_KEY_UNKNOWN = 282,	/* no key of its kid */
	WV_JWT_KEY_UNFIT = 283,		/* a key for something else, or a weak one */
	WV_JWT_EXPIRED = 284,
	WV_JWT_NOT_YET_VALID = 285,
	WV_JWT_FROM_FUTURE = 286,	/* issued later: the verifier's clock is behind */
	WV_JWT_ISSUER_MISMATCH = 287,
	WV_JWT_AUDIENCE_MISMATCH = 288,
	WV_JWT_UNSUPPORTED = 289,	/* asks for, or speaks of, what is not known */
	WV_JWT_NOT_COMPLIANT = 290,	/* the service itself says so */
	WV_JWT_CLAIM_MISSING = 291,

	/* collateral could not be had: exit code 3 */
	WV_COLLATERAL_MISSING = 40,
	WV_COLLATERAL_EXPIRED = 300,
	WV_COLLATERAL_NOT_YET = 301,
	WV_COLLATERAL_FOREIGN = 302,	/* TCB info, but of other platforms */
	WV_CRL_MISSING = 303,

	/* revocation: exit code 4 */
	WV_CERTIFICATE_REVOKED = 50,
	WV_CRL_INVALID = 51,
	WV_TCB_LEVEL_REVOKED = 350,	/* of platform, TDX module or quoting enclave */

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
	WV_EVIDENCE_MISSING = 87,	/* of a kind that is asked for */
	WV_PCR_MISMATCH = 88,		/* registers of a TPM */
	WV_PCR_MISSING = 89,
	WV_PCR_BANK_REFUSED = 90,
	WV_TD_MODULE_REFUSED = 400,	/* the TDX module */
	WV_TD_CONFIG_REFUSED = 401,	/* attributes, XFAM, owner's and configuration's ids of a TD */
	WV_ENCLAVE_REFUSED = 402,	/* signer, product, attributes of an SGX enclave */
	WV_TCB_STATUS_REFUSED = 410,
	WV_ADVISORY_REFUSED = 411,
	WV_COLLATERAL_AGED = 412,	/* older than the policy takes */
	WV_TCB_UNSUPPORTED = 413,	/* below every level that Intel lists */
	WV_VM_REFUSED = 420,		/* which VM of Azure's */
	WV_VM_CONFIG_REFUSED = 421,	/* how it was set up */
	WV_ID_KEY_REFUSED = 430,	/* SNP reports, from here to 443 */
	WV_AUTHOR_KEY_REFUSED = 431,
	WV_ID_BLOCK_MISSING = 432,
	WV_AUTHOR_KEY_MISSING = 433,
	WV_IMAGE_ID_REFUSED = 434,	/* family or image id */
	WV_CHIP_REFUSED = 435,
	WV_FIRMWARE_BELOW_POLICY = 436,	/* version or build */
	WV_FIRMWARE_PROVISIONAL = 437,	/* not committed: the host can take it back */
	WV_GUEST_POLICY_REFUSED = 438,
	WV_PLATFORM_INFO_REFUSED = 439,
	WV_MITIGATION_MISSING = 440,
	WV_GUEST_SVN_BELOW_POLICY = 441,
	WV_REPORT_ID_REFUSED = 442,
	WV_PRODUCT_REFUSED = 443,
	WV_LIFECYCLE_REFUSED = 450,	/* of a platform with Arm's root of trust */
	WV_COMPONENT_REFUSED = 451,	/* a measured component of its firmware */
	WV_IDENTITY_REFUSED = 452,	/* which platform or module it is */
	WV_GPU_REFUSED = 465,		/* which GPU */
	WV_GPU_VERSION_REFUSED = 466,	/* its driver or VBIOS */
	WV_GPU_MEASUREMENT_MISMATCH = 467,
	WV_MODULE_REFUSED = 475,	/* version or build of ward.ko */
	WV_LEDGER_REFUSED = 476,	/* memory that a session holds or held */
	WV_EVIDENCE_OLD = 477,		/* by the claims' own time */
	WV_EVIDENCE_FUTURE = 478,	/* likewise: one clock is wrong */
	WV_WRONG_USERNS = 479,
	WV_KEYS_IN_USER_SPACE = 480,

	/* damaged input: exit code 7 */
	WV_BUNDLE_DAMAGED = 100,
	WV_CLAIMS_DAMAGED = 101,
	WV_EVIDENCE_DAMAGED = 102,
	WV_CERTIFICATE_DAMAGED = 103,
	WV_POLICY_DAMAGED = 104,
	WV_RELEASE_DAMAGED = 105,
	WV_EVENT_DAMAGED = 106,
	WV_EVENT_LOG_DAMAGED = 107,	/* a TPM's, or of another format */
	WV_COLLATERAL_DAMAGED = 505,
	WV_COLLATERAL_UNKNOWN = 506,	/* a file of no kind that is used */
	WV_HCL_DAMAGED = 510,		/* a paravisor's report */
	WV_GPU_DAMAGED = 530,		/* a GPU's report */
	WV_JWT_DAMAGED = 535,
	WV_JWKS_DAMAGED = 536,
	WV_EVIDENCE_UNKNOWN = 545,	/* neither a bundle nor of a kind that is known */
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
