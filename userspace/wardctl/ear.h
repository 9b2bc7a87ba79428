/* SPDX-License-Identifier: MIT */
/* Attestation results beside the verdict: --ear, --ear-jwt (doc/results.md). */
#ifndef WARDCTL_EAR_H
#define WARDCTL_EAR_H

#include "wardctl.h"
#include "wardverify.h"

/** struct ear_files - where results go; NULL = nowhere */
struct ear_files {
	const char *json;
	const char *jwt;
	const char *key;
};

/** ear_check - the options fit together, and take the place of no other file; an exit code */
int ear_check(struct wardctl *ctl, const struct ear_files *f);

/**
 * ear_write - the results that were asked for, each whole or not at all
 * @input: the evidence's file, which they never replace
 * @now: the time of the verification
 * Returns an exit code, the error told.
 */
int ear_write(struct wardctl *ctl, const struct ear_files *f, const char *input,
	      const struct wv_verdict *v, const struct wv_policy *policy, int64_t now);

#endif /* WARDCTL_EAR_H */
