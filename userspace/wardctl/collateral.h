/* SPDX-License-Identifier: MIT */
/* A folder of certificates under the names that users of snpguest know, and whatever else. */
#ifndef WARDCTL_COLLATERAL_H
#define WARDCTL_COLLATERAL_H

#include "wardctl.h"
#include "wardverify.h"

/**
 * collateral_load - ark, and ask with vcek or asvk with vlek, each .pem or .der; every
 *	other .pem, .der, .crt, .cer, .crl and .json file as an item
 * @kind: enum wv_vek_kind; -1 = VCEK where there is one, else VLEK
 * What is not there stays absent. Returns an exit code, the error told.
 */
int collateral_load(struct wardctl *ctl, const char *dir, int kind, struct wv_collateral *out);

/**
 * collateral_load_names - the same names and crl, and nothing else: a folder of snpguest's
 *	may hold reports, requests and whatever its user keeps there
 */
int collateral_load_names(struct wardctl *ctl, const char *dir, int kind,
			  struct wv_collateral *out);

/**
 * collateral_load_cache - to what collateral_load() found in @dir, what @evidence needs of
 *	it as a cache of wardctl fetch; the same returns
 */
int collateral_load_cache(struct wardctl *ctl, const char *dir, struct wv_bytes evidence,
			  struct wv_collateral *out);

void collateral_free(struct wv_collateral *c);

/** collateral_show - what each file says it is, as the list "collateral"; an exit code */
int collateral_show(struct wardctl *ctl, const char *dir);

/** collateral_members - the same of one file, into the object that is open */
void collateral_members(struct output *o, const struct wv_item *item);

#endif /* WARDCTL_COLLATERAL_H */
