/* SPDX-License-Identifier: MIT */
/* Files for readers that take a folder, and not bytes: a folder for each target. */
#ifndef TEST_FUZZ_FOLDER_H
#define TEST_FUZZ_FOLDER_H

#include "fuzz.h"

/** folder_path - of the target's folder, which is made at the first call */
const char *folder_path(void);

/** folder_put - a file in it, whole, by its name, which may have folders before it */
void folder_put(const char *name, struct wv_bytes bytes);

/** folder_drop - it is not there any more */
void folder_drop(const char *name);

#endif /* TEST_FUZZ_FOLDER_H */
