/* SPDX-License-Identifier: MIT */
/* AMD's collateral: ARK with ASK or ASVK, a chip's VCEK, the ARK's revocation list. */
#ifndef WARDCTL_FETCH_AMD_H
#define WARDCTL_FETCH_AMD_H

#include <openssl/x509.h>

#include "fetch_item.h"

/**
 * struct fetch_amd - what is wanted
 * @product: enum wv_product
 * @vlek: the side of the VLEK: ASVK in place of ASK
 * @chip, @chip_len, @tcb: of a VCEK
 * @ca: for a VCEK or a list: ASK and ARK in PEM, believed already
 */
struct fetch_amd {
	int product;
	bool vlek;
	uint8_t chip[64];
	size_t chip_len;
	struct wv_tcb tcb;
	struct wv_bytes ca;
};

/** fetch_product - a model as people write it: Milan, genoa, bergamo..; 0 = none */
int fetch_product(const char *word);

/** fetch_amd_ca, _vcek, _crl - items for fetch_get(); @want must outlive them */
void fetch_amd_ca(struct fetch_item *it, const struct fetch_amd *want);
void fetch_amd_vcek(struct fetch_item *it, const struct fetch_amd *want);
void fetch_amd_crl(struct fetch_item *it, const struct fetch_amd *want);

/** fetch_amd_pair - the two certificates of a believed CA item; false = no memory */
bool fetch_amd_pair(struct wv_bytes ca, X509 **intermediate, X509 **ark);

/** fetch_amd_chip - chip and TCB of a report; false = it doesn't say its chip */
bool fetch_amd_chip(const struct wv_snp_report *r, int product, struct fetch_amd *w);

/** fetch_is_vek - a certificate of a chip or an operator, by AMD's extensions */
bool fetch_is_vek(const X509 *cert);

#endif /* WARDCTL_FETCH_AMD_H */
