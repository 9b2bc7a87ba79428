// SPDX-License-Identifier: MIT
/*
 * Names of bits in an SNP report: AMD 56860, tables GUEST_POLICY and "PLATFORM_INFO".
 */
#include "snp.h"

const struct snp_bit snp_guest_bits[] = {
	{ "smt", 16 },
	{ "migrate_ma", 18 },
	{ "single_socket", 20 },
	{ "cxl_allow", 21 },
	{ "mem_aes_256_xts", 22 },
	{ "rapl_dis", 23 },
	{ "ciphertext_hiding_dram", 24 },
	{ "page_swap_disable", 25 },
	{ NULL, 0 },
};

/* Bit 6 as Turin's firmware gives it; what it means is told by peers, not by 1.58. */
const struct snp_bit snp_platform_bits[] = {
	{ "smt", 0 },
	{ "tsme", 1 },
	{ "ecc", 2 },
	{ "rapl_dis", 3 },
	{ "ciphertext_hiding_dram", 4 },
	{ "alias_check_complete", 5 },
	{ "iommu_write_safe", 6 },
	{ "tio", 7 },
	{ NULL, 0 },
};
