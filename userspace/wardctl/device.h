/* SPDX-License-Identifier: MIT */
/* What the verbs that need the device or the module share. */
#ifndef WARDCTL_DEVICE_H
#define WARDCTL_DEVICE_H

#include "libward.h"
#include "wardctl.h"

/**
 * device_error - tell an error of libward: what was tried, what it means, how
 *	it is mended
 * @err: -errno
 * @what: what was tried, "open /dev/ward"
 * Returns EXIT_DEVICE, or EXIT_USAGE for what the caller asked wrongly.
 */
int device_error(struct wardctl *ctl, int err, const char *what);

/**
 * device_refused - the same for the control plane, in the kernel's own words
 *	where it said some
 */
int device_refused(struct wardctl *ctl, struct ward_control *control, int err, const char *what);

/** device_reason - the word for an error of libward */
const char *device_reason(int err);

/**
 * device_no_evidence - the same for a request for evidence on @session, with what
 *	of the administrator's policy denied it
 */
int device_no_evidence(struct wardctl *ctl, const struct ward_session *session, int err,
		       const char *what);

/** device_control - connect to the control plane; an exit code, told if not 0 */
int device_control(struct wardctl *ctl, struct ward_control **out);

/** device_session - open the device; an exit code, told if not 0 */
int device_session(struct wardctl *ctl, struct ward_session **out);

const char *device_level(uint32_t level);
const char *device_tee(uint32_t tee);

/** device_module_version - "1.2.3" */
void device_module_version(struct wardctl *ctl, const char *key, uint32_t version);

/** device_limit - bytes, or null for none */
void device_limit(struct wardctl *ctl, const char *key, uint64_t limit);

/** device_memory - the figures of a ledger as members of what is open */
void device_memory(struct wardctl *ctl, const struct ward_memory *memory);

/** device_bits - names of the bits that are set, as a list */
void device_bits(struct wardctl *ctl, const char *key, uint64_t bits,
		 const char *const *names, size_t n);

/** device_names - the same names as text, with commas between them */
void device_names(uint64_t bits, const char *const *names, size_t n, char *to, size_t room);

/** device_pace - how fast evidence may be asked for, as members of what is open */
void device_pace(struct wardctl *ctl, const struct ward_pace *pace);

/** struct device_words - names of bits, from bit 0 */
struct device_words {
	const char *const *word;
	size_t n;
};

extern const struct device_words device_features;	/* WARD_FEATURE_* */
extern const struct device_words device_postures;	/* WARD_POSTURE_* */
extern const struct device_words device_purposes;	/* bit n: WARD_PURPOSE_ n; [0] is "" */
extern const struct device_words device_refusals;	/* WARD_ADVISE_*, as far as refused */

#endif /* WARDCTL_DEVICE_H */
