/* SPDX-License-Identifier: MIT */
/* What makes AMD's collateral believable; each is a fetch_item's check. */
#ifndef WARDCTL_FETCH_AMD_CHECK_H
#define WARDCTL_FETCH_AMD_CHECK_H

#include "fetch_item.h"

/** fetch_check_ca - ARK by a trusted key of the product, and what it signed; body: both in PEM */
bool fetch_check_ca(struct fetch *f, struct fetch_item *it, char *why);
/** fetch_check_vcek - chain, chip and TCB that were asked for; body: DER */
bool fetch_check_vcek(struct fetch *f, struct fetch_item *it, char *why);
/** fetch_check_amd_crl - signed by the ARK, between its updates; body: DER */
bool fetch_check_amd_crl(struct fetch *f, struct fetch_item *it, char *why);

#endif /* WARDCTL_FETCH_AMD_CHECK_H */
