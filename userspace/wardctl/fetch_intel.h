/* SPDX-License-Identifier: MIT */
/* Intel's collateral for a TDX platform: PCS version 4, or a PCCS in front of it. */
#ifndef WARDCTL_FETCH_INTEL_H
#define WARDCTL_FETCH_INTEL_H

#include "../common/collateral_need.h"
#include "fetch_item.h"

/**
 * struct fetch_intel - what is wanted
 * @of: the platform
 * @chain: for the root's list: PEM in which the root stands
 */
struct fetch_intel {
	struct collateral_platform of;
	struct wv_bytes chain;
};

/** fetch_intel_* - items for fetch_get(); @want must outlive them */
void fetch_intel_tcb_info(struct fetch_item *it, const struct fetch_intel *want);
void fetch_intel_qe_identity(struct fetch_item *it, const struct fetch_intel *want);
void fetch_intel_pck_crl(struct fetch_item *it, const struct fetch_intel *want);
void fetch_intel_root_crl(struct fetch_item *it, const struct fetch_intel *want);

/** fetch_intel_quote - collateral_platform() of a file; an exit code, the error told */
int fetch_intel_quote(struct wardctl *ctl, const char *path, struct fetch_intel *out);

/* The items' checks. */
bool fetch_check_tcb_info(struct fetch *f, struct fetch_item *it, char *why);
bool fetch_check_qe_identity(struct fetch *f, struct fetch_item *it, char *why);
bool fetch_check_pck_crl(struct fetch *f, struct fetch_item *it, char *why);
bool fetch_check_root_crl(struct fetch *f, struct fetch_item *it, char *why);

#endif /* WARDCTL_FETCH_INTEL_H */
