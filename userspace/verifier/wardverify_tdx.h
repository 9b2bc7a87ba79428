/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: what Intel's quotes say, of a TD (TDX) and of an enclave (SGX).
 * Part of wardverify.h.
 *
 * Formats: Intel TDX DCAP Quoting Library API (quotes of version 4 and 5), Intel
 * SGX ECDSA Quote Library Reference DCAP API (version 3), Intel SGX PCK Certificate
 * and CRL Profile Specification. Digests and other byte strings are as they lie in
 * the quote; numbers are in host byte order.
 */
#ifndef WARDVERIFY_TDX_H
#define WARDVERIFY_TDX_H

#include <stddef.h>
#include <stdint.h>

#include "wardverify_collateral.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WV_TDX_RTMRS	4

/** struct wv_quote_header - the first 48 bytes of a quote; @qe_svn, @pce_svn: of version 3 */
struct wv_quote_header {
	uint16_t version;
	uint16_t key_type;		/* 2: ECDSA on P-256 */
	uint32_t tee_type;		/* 0: SGX, 0x81: TDX */
	uint16_t qe_svn, pce_svn;
	uint8_t qe_vendor[16];
	uint8_t user_data[20];
};

/** struct wv_enclave - the report of an enclave: one that was attested, or the one that quotes */
struct wv_enclave {
	uint8_t cpu_svn[16];
	uint32_t misc_select;
	uint8_t ext_prod_id[16];
	uint64_t attributes;		/* flags: bit 1 DEBUG */
	uint64_t xfrm;
	uint8_t mr_enclave[32];
	uint8_t mr_signer[32];
	uint8_t config_id[64];
	uint16_t prod_id, svn, config_svn;
	uint8_t family_id[16];
	uint8_t report_data[64];
};

#define WV_SGX_DEBUG		(1ull << 1)	/* of attributes */

/** enum wv_sgx_type - of memory protection, as the PCK certificate says */
enum wv_sgx_type {
	WV_SGX_STANDARD = 0,
	WV_SGX_SCALABLE = 1,
	WV_SGX_SCALABLE_INTEGRITY = 2,
};

/**
 * struct wv_pck - the chain of a platform's certification key, verified (out)
 * @fmspc: family, model, stepping, platform, custom SKU: what TCB information goes by
 * @components, @pce_svn: the TCB that the certificate was issued for
 * @sgx_type: enum wv_sgx_type
 * @named_root: the root was named by the caller, not built in; @simulated: its
 *	subject says SIMULATED
 * @not_before, @not_after: of the whole chain: latest start, earliest end
 * @subject: PCK, intermediate, root: common names
 */
struct wv_pck {
	uint8_t fmspc[6];
	uint8_t pce_id[2];
	uint8_t ppid[16];
	uint8_t cpu_svn[16];
	uint8_t components[16];
	uint16_t pce_svn;
	int sgx_type;
	int named_root;
	int simulated;
	int64_t not_before, not_after;
	char subject[3][128];
};

/**
 * struct wv_tdx - a quote of a TD (out)
 * @body: 2: TD 1.0, 584 bytes; 3: TD 1.5, 648 bytes
 * @tee_tcb_svn2, @mr_service_td: zero unless @body is 3
 * @qe: the enclave that quoted
 * @tcb: the platform against the collateral that was given
 * @trailing: bytes that follow the quote and are not part of it; @trailing_zero: all zero
 */
struct wv_tdx {
	struct wv_quote_header header;
	int body;
	uint8_t tee_tcb_svn[16];
	uint8_t mr_seam[48];
	uint8_t mr_signer_seam[48];
	uint64_t seam_attributes;
	uint64_t attributes;		/* bits 7 to 0: a TD that can be looked into */
	uint64_t xfam;
	uint8_t mr_td[48];
	uint8_t mr_config_id[48];
	uint8_t mr_owner[48];
	uint8_t mr_owner_config[48];
	uint8_t rtmr[WV_TDX_RTMRS][48];
	uint8_t report_data[64];
	uint8_t tee_tcb_svn2[16];
	uint8_t mr_service_td[48];
	struct wv_enclave qe;
	struct wv_pck pck;
	struct wv_tcb_status tcb;
	size_t trailing;
	int trailing_zero;
};

#define WV_TDX_DEBUG		0xffull		/* of attributes: group TUD; bit 0 DEBUG */

/** struct wv_sgx - a quote of an enclave (out); members as in struct wv_tdx */
struct wv_sgx {
	struct wv_quote_header header;
	struct wv_enclave enclave;
	struct wv_enclave qe;
	struct wv_pck pck;
	struct wv_tcb_status tcb;
	size_t trailing;
	int trailing_zero;
};

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_TDX_H */
