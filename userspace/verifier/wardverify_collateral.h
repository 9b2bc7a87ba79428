/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: what vendors publish beside certificates: revocation lists, Intel's
 * TCB info and enclave identities. Part of wardverify.h.
 *
 * Formats: RFC 5280 section 5 (CRLs); Intel's Provisioning Certification Service API
 * version 4 (TCB info version 3, enclave identity version 2).
 */
#ifndef WARDVERIFY_COLLATERAL_H
#define WARDVERIFY_COLLATERAL_H

#include <stddef.h>
#include <stdint.h>

#include "wardverify_reason.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * enum wv_tcb_level - how a platform's patches stand against what its vendor published
 *
 * The words are Intel's (wv_tcb_level_text()), from DCAP's quote verification library.
 */
enum wv_tcb_level {
	WV_TCB_UNCHECKED = 0,		/* nothing to compare with was given */
	WV_TCB_UP_TO_DATE = 1,
	WV_TCB_SW_HARDENING = 2,	/* software in the TEE must help itself */
	WV_TCB_CONFIGURATION = 3,	/* the platform's setup must change */
	WV_TCB_CONFIGURATION_AND_SW_HARDENING = 4,
	WV_TCB_TD_RELAUNCH = 5,		/* patched under the running TD, which must start again */
	WV_TCB_TD_RELAUNCH_CONFIGURATION = 6,
	WV_TCB_OUT_OF_DATE = 7,
	WV_TCB_OUT_OF_DATE_CONFIGURATION = 8,
	WV_TCB_REVOKED = 9,
};

/** wv_tcb_level_text - "UpToDate", "SWHardeningNeeded", ... or "unchecked" */
WV_API const char *wv_tcb_level_text(int level);

#define WV_ADVISORIES_MAX	64
#define WV_ADVISORY_LEN		24

/* What the appraisal had nothing to check with: bits of wv_tcb_status.unchecked. */
#define WV_UNCHECKED_TCB_INFO	(1u << 0)	/* levels of platform and TDX module */
#define WV_UNCHECKED_QE		(1u << 1)	/* identity and level of the quoting enclave */
#define WV_UNCHECKED_PCK_CRL	(1u << 2)	/* revocation of the platform's certificate */
#define WV_UNCHECKED_ROOT_CRL	(1u << 3)	/* revocation of what the root signed */

/**
 * struct wv_tcb_status - a platform against its vendor's collateral (out)
 * @level: enum wv_tcb_level, of everything together
 * @platform, @qe, @module: of the parts; WV_TCB_UNCHECKED = not looked at, and of @module
 *	also: the platform's level speaks for it
 * @unchecked: WV_UNCHECKED_*
 * @tcb_date, @qe_date, @module_date: of the levels that matched; 0 = none
 * @newest_date: of the platform's newest level
 * @outdated_since: since when a newer level has been there, of the part that has been out of
 *	date for longest; 0 = none is
 * @behind_sgx, @behind_tdx: by how much each component is below the newest level
 * @behind_pcesvn, @behind_qe, @behind_module: likewise
 * @advisories, @advisory_count: of all parts, each once
 * @issued, @next_update: of TCB info and identity: the older, the earlier
 * @age: seconds from @issued to the time of the verification
 * @evaluation: tcbEvaluationDataNumber, the lower of both
 */
struct wv_tcb_status {
	int level;
	int platform, qe, module;
	unsigned int unchecked;
	int64_t tcb_date, qe_date, module_date;
	int64_t newest_date;
	int64_t outdated_since;
	uint8_t behind_sgx[16];
	uint8_t behind_tdx[16];
	uint16_t behind_pcesvn, behind_qe, behind_module;
	size_t advisory_count;
	char advisories[WV_ADVISORIES_MAX][WV_ADVISORY_LEN];
	int64_t issued, next_update;
	int64_t age;
	uint32_t evaluation;
};

/** enum wv_item_kind - what a file of collateral is */
enum wv_item_kind {
	WV_ITEM_UNKNOWN = 0,
	WV_ITEM_CERTIFICATES = 1,	/* one or more */
	WV_ITEM_CRL = 2,
	WV_ITEM_TCB_INFO_SGX = 3,
	WV_ITEM_TCB_INFO_TDX = 4,
	WV_ITEM_QE_IDENTITY = 5,	/* of SGX's quoting enclave */
	WV_ITEM_TD_QE_IDENTITY = 6,	/* of TDX's */
	WV_ITEM_QVE_IDENTITY = 7,	/* of Intel's verification enclave: not used here */
};

/** wv_item_text - "certificates", "crl", "tcb-info-sgx", ... or "unknown" */
WV_API const char *wv_item_text(int kind);

/**
 * struct wv_item - a file of collateral as it describes itself (out); nothing is verified
 * @kind: enum wv_item_kind
 * @count: certificates, or serial numbers that a list revokes, or levels
 * @issued, @next_update: the window in which all of it holds; INT64_MAX = no end is named
 * @has_fmspc, @fmspc, @pce_id: of a TCB info
 * @evaluation: tcbEvaluationDataNumber of TCB info and identities
 * @subject, @issuer: common names, of the first certificate or of the list
 */
struct wv_item {
	int kind;
	size_t count;
	int64_t issued, next_update;
	int has_fmspc;
	uint8_t fmspc[6];
	uint8_t pce_id[2];
	uint32_t evaluation;
	char subject[128];
	char issuer[128];
};

struct wv_bytes;
struct wv_fault;

/*
 * What the items of a struct wv_collateral may hold together, so that no set takes over 10 ms
 * (doc/fuzzing.md): bytes of those that are recognised, and of what there is in them. A
 * certificate that is repeated counts once.
 */
#define WV_COLLATERAL_BYTES_MAX		(128u << 10)
#define WV_COLLATERAL_CERTS_MAX		40
#define WV_COLLATERAL_CRLS_MAX		32
#define WV_COLLATERAL_DOCS_MAX		32	/* TCB infos and identities */

/**
 * wv_collateral_describe - what a file is, by its bytes; nothing is verified
 * @item: certificates or CRLs (PEM or DER), or JSON exactly as Intel's service or a PCCS
 *	serves it, with the signature around it
 * Returns 0 (also for WV_ITEM_UNKNOWN), WV_COLLATERAL_DAMAGED, WV_CERTIFICATE_DAMAGED or
 * WV_NO_MEMORY.
 */
WV_API int wv_collateral_describe(struct wv_bytes item, struct wv_item *out,
				  struct wv_fault *fault);

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_COLLATERAL_H */
