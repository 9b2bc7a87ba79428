/* SPDX-License-Identifier: MIT */
/*
 * What several unit tests need: files, hex, the folder of foreign evidence.
 */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wardverify.h"

/** ut_file - the whole file, or {NULL, 0}; data to be freed with free() */
struct wv_bytes ut_file(const char *path);

/**
 * ut_vector - a file of the evidence folder: $WARD_VECTORS, else the cache,
 *	else ../shared/vectors beside the source tree. {NULL, 0} = not there
 */
struct wv_bytes ut_vector(const char *name);

/** ut_opened - this program has asked ut_vector() for it */
bool ut_opened(const char *name);

/** ut_has_vectors - the folder is there; a test skips and is counted otherwise */
bool ut_has_vectors(void);

/**
 * ut_skip - end the test as skipped, and say what is missing: tests/harness/tap
 *	shows the reason with the result
 */
void ut_skip(const char *why);

/** UT_NO_VECTORS, UT_NO_DATASETS - reasons: what a newcomer may set */
#define UT_NO_VECTORS	"no evidence folder: WARD_VECTORS names it"
#define UT_NO_DATASETS	"no folder with uci_heart_disease: WARD_DATASETS names it"

/** ut_free - free what the functions above gave */
void ut_free(struct wv_bytes b);

/** ut_time - seconds of a calendar date, UTC midnight */
int64_t ut_time(int year, int month, int day);

/** ut_reason - assert an outcome, showing the fault otherwise */
#define ut_reason(want, got, fault) \
	ut_reason_at(want, got, fault, __FILE__, __LINE__)
void ut_reason_at(int want, int got, const struct wv_fault *fault, const char *file, int line);

#endif /* TEST_SUPPORT_H */
