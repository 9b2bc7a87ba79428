/* SPDX-License-Identifier: MIT */
/* A folder of collateral, read into memory whole. */
#ifndef BROKER_COLLATERAL_SET_H
#define BROKER_COLLATERAL_SET_H

#include "config.h"
#include "wardverify.h"

#define COLLATERAL_FILE_MAX	(2u << 20)	/* bytes of a file */
#define COLLATERAL_FILES_MAX	4096
#define COLLATERAL_SET_MAX	(64u << 20)	/* bytes of all of them */

/** struct collateral_file - @name: below the folder; @kind: enum wv_item_kind */
struct collateral_file {
	char *name;
	struct wv_bytes data;
	int kind;
};

/**
 * struct collateral_set - the files, in the order of their names in each folder
 * @print: of names, sizes and times: other files have another one
 * @content: SHA-256 of names and bytes: the same for equal files, wherever they lie
 */
struct collateral_set {
	struct collateral_file *files;
	size_t count;
	size_t bytes;
	uint8_t print[32], content[32];
};

/**
 * collateral_set_read - the folder's files, and those of a cache of wardctl fetch in it
 * @out: collateral_set_clear() it, also after a failure
 * Returns 0 or -1, *fault filled: a file can't be read or is damaged, or there is too much.
 */
int collateral_set_read(const char *dir, struct collateral_set *out, struct config_fault *fault);

/** collateral_set_look - @print of what is there now, read no further; likewise */
int collateral_set_look(const char *dir, uint8_t print[32], struct config_fault *fault);

/** collateral_set_find - the file of that name, or NULL */
const struct collateral_file *collateral_set_find(const struct collateral_set *set,
						  const char *name);

void collateral_set_clear(struct collateral_set *set);

#endif /* BROKER_COLLATERAL_SET_H */
