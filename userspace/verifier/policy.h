/* SPDX-License-Identifier: MIT */
#ifndef WARD_POLICY_H
#define WARD_POLICY_H

#include <stdbool.h>

#include "wardverify.h"

#define POLICY_LIST_MAX 1024

/** struct policy_set - accepted values of @width bytes; count 0 = not checked */
struct policy_set {
	size_t count;
	size_t width;
	uint8_t *values;
};

/** struct policy_tcb - least levels; @has has a bit for each part, in order of wv_tcb */
struct policy_tcb {
	unsigned int has;
	struct wv_tcb min;
};

/* Bits of wv_policy.tee. */
#define POLICY_TEE_SNP		(1u << 0)
#define POLICY_TEE_SIMULATED	(1u << 1)
#define POLICY_TEE_OTHER	(1u << 2)	/* named, not verified by this version */

/** struct wv_policy - formats.md section 7; numbers in sets are little endian u32 */
struct wv_policy {
	struct policy_set measurement;	/* 48 */
	int accept_unmeasured;
	uint32_t purpose;		/* 0 = not checked */
	struct policy_set uid;		/* 4 */
	struct policy_set gid;		/* 4 */
	struct policy_set cgroup;	/* 32: SHA-256 of the path */
	struct policy_set declared;	/* 64 */
	struct policy_set exe;		/* 64, zero padded */
	int allow_debug;
	uint32_t vmpl_max;
	struct policy_set host_data;	/* 32 */
	struct policy_tcb min_tcb[WV_PRODUCT_TURIN + 1];
	uint64_t posture;
	uint64_t taint_mask;
	unsigned int tee;
	uint64_t lease_max;		/* seconds; 0 = not checked */
	struct policy_set lease_anchor;	/* 32 */
};

/** policy_has - @set is not checked at all, or has @value */
bool policy_has(const struct policy_set *set, const uint8_t *value);

/** policy_report - what the policy says of the TEE's report; 0 or a reason */
int policy_report(const struct wv_policy *p, const struct wv_snp_report *r,
		  struct wv_fault *fault);

/** policy_worker - what it says of the caller; 0 or a reason */
int policy_worker(const struct wv_policy *p, const struct wv_claims *k, struct wv_fault *fault);

/** policy_machine - what it says of the machine's posture; 0 or a reason */
int policy_machine(const struct wv_policy *p, const struct wv_claims *k, struct wv_fault *fault);

/** policy_lease - what it says of the session's lease; 0 or a reason */
int policy_lease(const struct wv_policy *p, const struct wv_claims *k, struct wv_fault *fault);

/** policy_empty - the policy that stands in for none at all */
extern const struct wv_policy policy_empty;

#endif /* WARD_POLICY_H */
