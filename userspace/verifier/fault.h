/* SPDX-License-Identifier: MIT */
#ifndef WARD_FAULT_H
#define WARD_FAULT_H

#include "wardverify.h"

/**
 * fault_set - fill in *fault (unless NULL) and return @reason
 * @offset: byte offset within @field, or -1
 */
int fault_set(struct wv_fault *fault, int reason, const char *field, int64_t offset,
	      const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/** fault_clear - *fault says WV_OK; returns WV_OK */
int fault_clear(struct wv_fault *fault);

#endif /* WARD_FAULT_H */
