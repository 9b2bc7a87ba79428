/* SPDX-License-Identifier: MIT */
#ifndef WARD_VEK_H
#define WARD_VEK_H

#include "wardverify.h"

#define VEK_ANY_KIND (-1)

/**
 * vek_open - wv_vek_open() that takes only a certificate of @kind (enum
 *	wv_vek_kind or VEK_ANY_KIND) out of the certificate table
 */
int vek_open(const struct wv_roots *roots, const struct wv_collateral *collateral,
	     struct wv_bytes table, int kind, int64_t now, struct wv_vek **out,
	     struct wv_fault *fault);

#endif /* WARD_VEK_H */
