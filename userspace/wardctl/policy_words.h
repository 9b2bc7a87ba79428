/* SPDX-License-Identifier: MIT */
/* What is said of the kernel's policy in more than one place: "release,receipt". */
#ifndef WARDCTL_POLICY_WORDS_H
#define WARDCTL_POLICY_WORDS_H

#include "device.h"

/** policy_bits - "a,b", or "none"; false = a word that is not among @words */
bool policy_bits(const char *list, const struct device_words *words, uint64_t *bits);

/** policy_purposes - the same for purposes, where "all" are those over claims */
bool policy_purposes(const char *list, uint32_t *out);

/** policy_set_refused - tell why the kernel did not take a policy: a latch, maybe */
int policy_set_refused(struct wardctl *ctl, struct ward_control *control, int err,
		       const char *what);

extern const struct device_words policy_latches;	/* WARD_LATCH_* */

#endif /* WARDCTL_POLICY_WORDS_H */
