/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: what a report of SEV-SNP says. Part of wardverify.h.
 */
#ifndef WARDVERIFY_SNP_H
#define WARDVERIFY_SNP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum wv_product {
	WV_PRODUCT_UNKNOWN = 0,
	WV_PRODUCT_MILAN = 1,
	WV_PRODUCT_GENOA = 2,
	WV_PRODUCT_TURIN = 3,
};

/** wv_product_text - "milan", "genoa", "turin" or "unknown" */
WV_API const char *wv_product_text(int product);

/** struct wv_tcb - security patch levels; @fmc on Turin only, else 0 */
struct wv_tcb {
	uint8_t fmc;
	uint8_t bootloader;
	uint8_t tee;
	uint8_t snp;
	uint8_t microcode;
};

enum wv_vek_kind { WV_VEK_VCEK = 0, WV_VEK_VLEK = 1 };

/**
 * struct wv_snp_report - an SNP report, parsed (out); AMD 56860 table "ATTESTATION_REPORT"
 * @product: by CPUID family and model (version 3 on); version 2 says
 *	WV_PRODUCT_UNKNOWN until its certificate tells
 */
struct wv_snp_report {
	uint32_t version;
	uint32_t guest_svn;
	uint64_t policy;
	uint8_t family_id[16];
	uint8_t image_id[16];
	uint32_t vmpl;
	uint32_t signature_algo;
	uint64_t platform_info;
	uint32_t key_info;
	uint32_t signing_key;		/* enum wv_vek_kind, or 7 = none */
	uint8_t report_data[64];
	uint8_t measurement[48];
	uint8_t host_data[32];
	uint8_t id_key_digest[48];
	uint8_t author_key_digest[48];
	uint8_t report_id[32];
	uint8_t report_id_ma[32];
	uint8_t cpuid_family;
	uint8_t cpuid_model;
	uint8_t cpuid_stepping;
	uint8_t chip_id[64];
	uint8_t current_version[3];	/* build, minor, major */
	uint8_t committed_version[3];
	uint64_t launch_mit_vector;	/* version 5 */
	uint64_t current_mit_vector;
	int product;
	uint64_t raw_current_tcb;
	uint64_t raw_reported_tcb;
	uint64_t raw_committed_tcb;
	uint64_t raw_launch_tcb;
	struct wv_tcb current_tcb;
	struct wv_tcb reported_tcb;
	struct wv_tcb committed_tcb;
	struct wv_tcb launch_tcb;
};

#define WV_SNP_POLICY_SMT	(1ull << 16)
#define WV_SNP_POLICY_DEBUG	(1ull << 19)

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_SNP_H */
