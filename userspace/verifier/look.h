/* SPDX-License-Identifier: MIT */
#ifndef WARD_LOOK_H
#define WARD_LOOK_H

#include <stdbool.h>

#include "wardverify.h"

/** look_is_table - the certificate table of an SNP report; one with a VLEK begins as CBOR's maps do */
bool look_is_table(struct wv_bytes in);

/**
 * look_unknown - say what a file looks like that is neither a bundle nor bare evidence
 * Returns WV_EVIDENCE_UNKNOWN.
 */
int look_unknown(struct wv_bytes in, struct wv_fault *fault);

#endif /* WARD_LOOK_H */
