/* SPDX-License-Identifier: MIT */
/*
 * SEV-SNP attestation reports (AMD 56860) and the certificate table that
 * comes with them (GHCB 56421 section 4.1.8.1).
 */
#ifndef WARD_SNP_H
#define WARD_SNP_H

#include "wardverify.h"

#define SNP_SIGNED_LEN		0x2a0
#define SNP_SIGNATURE		0x2a0	/* r, then s: 72 bytes each, little endian */
#define SNP_COMPONENT_LEN	72
#define SNP_COMPONENT_USED	48	/* P-384; the rest is zero */
#define SNP_KEY_NONE		7

/** snp_set_product - decode the report's TCBs in the layout of @product */
void snp_set_product(struct wv_snp_report *report, int product);

/** snp_tcb - one TCB in the layout of @product */
struct wv_tcb snp_tcb(uint64_t raw, int product);

/** struct snp_bit - a named bit; a list ends with name NULL */
struct snp_bit {
	const char *name;
	unsigned int bit;
};

/** What 56860 (revision 1.58) names in the guest's policy, DEBUG apart, and in platform_info */
extern const struct snp_bit snp_guest_bits[];
extern const struct snp_bit snp_platform_bits[];

/** struct snp_table - views of a certificate table's entries; absent = {NULL, 0} */
struct snp_table {
	struct wv_bytes ark, ask, vcek, vlek;
};

/**
 * snp_table_parse - find the known entries; unknown ones are skipped
 * An empty table is fine. Returns 0 or WV_EVIDENCE_DAMAGED.
 */
int snp_table_parse(struct wv_bytes table, struct snp_table *out, struct wv_fault *fault);

#endif /* WARD_SNP_H */
