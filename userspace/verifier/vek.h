/* SPDX-License-Identifier: MIT */
#ifndef WARD_VEK_H
#define WARD_VEK_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "wardverify.h"

#define VEK_ANY_KIND (-1)

/**
 * vek_open - wv_vek_open() for a report's key
 * @report: where neither @collateral->vek nor @table names a VEK, the one is taken out of
 *	@collateral's items that this report may be signed by, and whose chain holds. Empty =
 *	items are not looked through
 * @kind: the only kind to take out of the certificate table, enum wv_vek_kind or VEK_ANY_KIND
 */
int vek_open(const struct wv_roots *roots, const struct wv_collateral *collateral,
	     struct wv_bytes table, struct wv_bytes report, int kind, int64_t now,
	     struct wv_vek **out, struct wv_fault *fault);

/**
 * vek_fits - whether a certificate is of @r's product, chip and reported TCB, and of the
 *	kind that signed it. A VLEK names no chip, nor does a report whose chip id is masked
 * @is_vek: out: it is that of a VCEK or VLEK
 */
bool vek_fits(const X509 *cert, const struct wv_snp_report *r, bool *is_vek);

#endif /* WARD_VEK_H */
