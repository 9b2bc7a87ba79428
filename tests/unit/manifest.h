/* SPDX-License-Identifier: MIT */
/*
 * The rows of the evidence folder's MANIFEST.tsv: name, kind, source ..., what was
 * verified, and "key=value; key=value" of what is expected. `make vectors` makes the files
 * without it: tests of its rows are skipped then, counted, and the rest of them are not.
 */
#ifndef TEST_MANIFEST_H
#define TEST_MANIFEST_H

#include "support.h"

#define UT_NO_MANIFEST	"the evidence folder has no MANIFEST.tsv"

/** manifest_there - the folder is, and has the list */
bool manifest_there(void);

/** manifest_need - skip the test, and say why, where it is not */
void manifest_need(void);

/** manifest_each - @row() for each row whose name begins with @prefix; how many there were */
int manifest_each(const char *prefix, void (*row)(const char *name, const char *kind,
						  const char *row, void *arg), void *arg);

/** manifest_row - of one file, good until the next call; fails the test where there is none */
const char *manifest_row(const char *name);

/**
 * manifest_opened - fails where a file of the rows whose name begins with @prefix was not opened
 *	by this program; a row whose kind begins with @but, which another judges, may be left out
 */
void manifest_opened(const char *prefix, const char *but);

/** manifest_value - of @key in a row, or NULL; good until the next call */
const char *manifest_value(const char *row, const char *key);

/** manifest_hex, manifest_number, manifest_text - the row has @key, and it says just this */
void manifest_hex(const char *row, const char *key, const uint8_t *data, size_t len);
void manifest_number(const char *row, const char *key, uint64_t have);
void manifest_text(const char *row, const char *key, const char *have);

#endif /* TEST_MANIFEST_H */
