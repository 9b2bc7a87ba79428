// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "bytes.h"
#include "collateral_key.h"
#include "hex.h"

static const char *side(bool vlek)
{
	return vlek ? "vlek" : "vcek";
}

void collateral_key_ca(struct collateral_key *key, int product, bool vlek)
{
	*key = (struct collateral_key){ .chain = "" };
	snprintf(key->item, sizeof(key->item), "amd/%s/%s-ca.pem", wv_product_text(product),
		 side(vlek));
}

void collateral_key_crl(struct collateral_key *key, int product, bool vlek)
{
	*key = (struct collateral_key){ .chain = "" };
	snprintf(key->item, sizeof(key->item), "amd/%s/%s-crl.der", wv_product_text(product),
		 side(vlek));
}

/* Trustee's path of a VCEK in its store, so that its folder takes ours. */
void collateral_key_vcek(struct collateral_key *key, int product, const uint8_t *chip,
			 size_t chip_len, const struct wv_tcb *tcb)
{
	char name[129], fmc[16] = "";

	hex_encode(chip, chip_len, name);
	if (product == WV_PRODUCT_TURIN)
		snprintf(fmc, sizeof(fmc), "_fmc%02u", tcb->fmc);
	*key = (struct collateral_key){ .chain = "" };
	snprintf(key->item, sizeof(key->item), "vcek/%s/bl%02u_tee%02u_snp%02u_ucode%02u%s_vcek.der",
		 name, tcb->bootloader, tcb->tee, tcb->snp, tcb->microcode, fmc);
}

/* A Turin chip has 8 bytes of name, the rest is zero. */
size_t collateral_chip_len(const struct wv_snp_report *r, int product)
{
	size_t len = product == WV_PRODUCT_TURIN ? 8 : sizeof(r->chip_id);

	return all_zero(r->chip_id, len) ? 0 : len;
}

void collateral_key_tcb_info(struct collateral_key *key, const char *fmspc)
{
	snprintf(key->item, sizeof(key->item), "intel/%s/tcbinfo.json", fmspc);
	snprintf(key->chain, sizeof(key->chain), "intel/%s/tcbinfo-chain.pem", fmspc);
}

void collateral_key_qe_identity(struct collateral_key *key)
{
	*key = (struct collateral_key){ .item = "intel/qeidentity.json",
					.chain = "intel/qeidentity-chain.pem" };
}

void collateral_key_pck_crl(struct collateral_key *key, bool platform)
{
	const char *ca = platform ? "platform" : "processor";

	snprintf(key->item, sizeof(key->item), "intel/pck-%s.crl", ca);
	snprintf(key->chain, sizeof(key->chain), "intel/pck-%s-chain.pem", ca);
}

void collateral_key_root_crl(struct collateral_key *key)
{
	*key = (struct collateral_key){ .item = "intel/root.crl", .chain = "" };
}
