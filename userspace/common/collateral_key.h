/* SPDX-License-Identifier: MIT */
/*
 * Where a piece of collateral stands in a cache of wardctl fetch: its path below the
 * folder. Who fills the cache and who reads it ask here.
 */
#ifndef WARD_COMMON_COLLATERAL_KEY_H
#define WARD_COMMON_COLLATERAL_KEY_H

#include <stdbool.h>

#include "wardverify.h"

#define COLLATERAL_KEY_MAX 256

/** struct collateral_key - @item, and its issuers in @chain; "" = they stand elsewhere */
struct collateral_key {
	char item[COLLATERAL_KEY_MAX];
	char chain[COLLATERAL_KEY_MAX];
};

/** collateral_key_ca, _crl - of enum wv_product @product, the side of VLEK or VCEK */
void collateral_key_ca(struct collateral_key *key, int product, bool vlek);
void collateral_key_crl(struct collateral_key *key, int product, bool vlek);

/** collateral_key_vcek - @chip_len as of collateral_chip_len() */
void collateral_key_vcek(struct collateral_key *key, int product, const uint8_t *chip,
			 size_t chip_len, const struct wv_tcb *tcb);

/** collateral_chip_len - how much of @r's chip id names a chip of @product; 0 = it is masked */
size_t collateral_chip_len(const struct wv_snp_report *r, int product);

/** collateral_key_tcb_info - of an FMSPC, 12 lower-case digits */
void collateral_key_tcb_info(struct collateral_key *key, const char *fmspc);
void collateral_key_qe_identity(struct collateral_key *key);
/** collateral_key_pck_crl - of the Platform CA, else the Processor CA */
void collateral_key_pck_crl(struct collateral_key *key, bool platform);
void collateral_key_root_crl(struct collateral_key *key);

#endif /* WARD_COMMON_COLLATERAL_KEY_H */
