/* SPDX-License-Identifier: MIT */
/*
 * What evidence says of the collateral that it needs. Nothing is verified: it only says
 * what to look for.
 */
#ifndef WARD_COMMON_COLLATERAL_NEED_H
#define WARD_COMMON_COLLATERAL_NEED_H

#include <stdbool.h>

#include "wardverify.h"

/**
 * collateral_report - an SNP report: @in itself, in an HCL report, or the first of a bundle
 * Returns 0 or an enum wv_reason.
 */
int collateral_report(struct wv_bytes in, struct wv_snp_report *out, struct wv_fault *fault);

/**
 * struct collateral_platform - of Intel
 * @fmspc: 12 lower-case digits
 * @platform: its PCK is the Platform CA's, else the Processor CA's
 */
struct collateral_platform {
	char fmspc[13];
	bool platform;
};

/**
 * collateral_platform - FMSPC and CA of the PCK certificate in a quote, or in what holds
 *	one; false = there is none
 */
bool collateral_platform(struct wv_bytes in, struct collateral_platform *out);

#endif /* WARD_COMMON_COLLATERAL_NEED_H */
