// SPDX-License-Identifier: MIT
/*
 * Of many files, the certificate that a report may be signed by.
 */
#include <string.h>

#include "bytes.h"
#include "cert.h"
#include "vek.h"

static bool of_chip(const struct cert_vek *c, const struct wv_snp_report *r)
{
	size_t len = c->chip_id_len;

	return !len || all_zero(r->chip_id, sizeof(r->chip_id)) ||
	       (!memcmp(c->chip_id, r->chip_id, len) &&
		all_zero(r->chip_id + len, sizeof(r->chip_id) - len));
}

static bool of_tcb(const struct wv_tcb *a, const struct wv_tcb *b)
{
	return a->fmc == b->fmc && a->bootloader == b->bootloader && a->tee == b->tee &&
	       a->snp == b->snp && a->microcode == b->microcode;
}

bool vek_fits(const X509 *cert, const struct wv_snp_report *r, bool *is_vek)
{
	struct cert_vek c;

	*is_vek = !cert_vek_read(cert, &c, NULL);
	return *is_vek && (uint32_t)c.kind == r->signing_key &&
	       (r->version < 3 || c.product == r->product) && of_chip(&c, r) &&
	       of_tcb(&c.tcb, &r->reported_tcb);
}
