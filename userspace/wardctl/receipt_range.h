/* SPDX-License-Identifier: MIT */
/* Receipts for all releases of a log that lie in a range of time, in one directory. */
#ifndef WARDCTL_RECEIPT_RANGE_H
#define WARDCTL_RECEIPT_RANGE_H

#include "appraise.h"
#include "releases.h"

/** receipt_range_export - take those that can be had into @dir; an exit code */
int receipt_range_export(struct wardctl *ctl, const struct releases *releases, const char *dir);

/** receipt_range_verify - verify those that are in @dir; an exit code */
int receipt_range_verify(struct wardctl *ctl, struct appraise *a,
			 const struct releases *releases, const char *dir);

/** receipt_records_text - "complete", "gap" or "absent": the records of a verified bundle */
const char *receipt_records_text(const struct wv_verdict *v);

/** receipt_records_missing - how many of the chain's records it lacks */
uint64_t receipt_records_missing(const struct wv_verdict *v);

/** receipt_release_read - the one line of a release log that a file has; an exit code */
int receipt_release_read(struct wardctl *ctl, const char *path, struct wv_release *release);

#endif /* WARDCTL_RECEIPT_RANGE_H */
