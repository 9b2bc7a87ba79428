/* SPDX-License-Identifier: MIT */
/* A folder of certificates under the names that users of snpguest know. */
#ifndef WARDCTL_COLLATERAL_H
#define WARDCTL_COLLATERAL_H

#include "wardctl.h"
#include "wardverify.h"

/**
 * collateral_load - ark, and ask with vcek or asvk with vlek, each .pem or .der
 * @kind: enum wv_vek_kind; -1 = VCEK where there is one, else VLEK
 * What is not there stays absent. Returns an exit code, the error told.
 */
int collateral_load(struct wardctl *ctl, const char *dir, int kind, struct wv_collateral *out);
void collateral_free(struct wv_collateral *c);

#endif /* WARDCTL_COLLATERAL_H */
