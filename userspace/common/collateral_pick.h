/* SPDX-License-Identifier: MIT */
/*
 * Which files of a folder of collateral an appraisal takes: certificates under the names
 * that users of snpguest know, a cache of wardctl fetch, and whatever else lies beside.
 */
#ifndef WARD_COMMON_COLLATERAL_PICK_H
#define WARD_COMMON_COLLATERAL_PICK_H

#include <stdbool.h>

#include "wardverify.h"

/* Files of the folder itself that collateral_pick_named() doesn't take. */
#define COLLATERAL_ITEMS_MAX 64

/**
 * struct collateral_source - the folder, on a disk or in memory
 * @read: the file @name below it; a file that isn't there gives {NULL, 0}. 0, or a number
 *	of the source's own above 0, which ends the search
 * @drop: what @read gave is not wanted
 */
struct collateral_source {
	int (*read)(void *context, const char *name, struct wv_bytes *out);
	void (*drop)(void *context, struct wv_bytes *b);
	void *context;
};

#define COLLATERAL_NO_MEMORY (-1)

/** collateral_is_file - a file that is looked at, by its name */
bool collateral_is_file(const char *name);

/** collateral_is_item - one of them that collateral_pick_named() doesn't take */
bool collateral_is_item(const char *name);

/**
 * collateral_pick_named - ark, and ask with vcek or asvk with vlek, each .pem or .der
 * @kind: enum wv_vek_kind; -1 = VCEK where there is one, else VLEK
 * What is not there stays absent. Returns 0 or what the source returned.
 */
int collateral_pick_named(const struct collateral_source *s, int kind,
			  struct wv_collateral *out);

/** collateral_pick - the file that is called @name and .pem or .der */
int collateral_pick(const struct collateral_source *s, const char *name, struct wv_bytes *out);

/**
 * collateral_pick_cache - to what is in *out, what @evidence needs of a cache
 * out->items is realloc()ed. Returns 0, COLLATERAL_NO_MEMORY or what the source returned.
 */
int collateral_pick_cache(const struct collateral_source *s, struct wv_bytes evidence,
			  struct wv_collateral *out);

#endif /* WARD_COMMON_COLLATERAL_PICK_H */
