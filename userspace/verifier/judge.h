/* SPDX-License-Identifier: MIT */
/*
 * One appraisal on its way: what all kinds of evidence share.
 */
#ifndef WARD_JUDGE_H
#define WARD_JUDGE_H

#include "policy.h"
#include "rule.h"

/**
 * struct judge - an appraisal
 * @a, @p, @v: what decides, its policy (never NULL), the verdict
 * @rules: see rule.h
 * @report_data: 64 bytes that the evidence of a bundle must answer; NULL = bare evidence
 * @challenge: bare evidence: the bytes that it must carry; absent = not checked
 * @seen: POLICY_TEE_* of the kinds that were verified
 * @alone: no launch evidence is in the bundle
 * @none: what @p is where the caller has no policy
 */
struct judge {
	const struct wv_appraisal *a;
	const struct wv_policy *p;
	struct wv_verdict *v;
	struct rules rules;
	const uint8_t *report_data;
	struct wv_bytes challenge;
	unsigned int seen;
	bool alone;
	struct wv_policy none;
};

/** judge_start - @v is emptied; 0 or WV_USAGE (no roots) */
int judge_start(struct judge *j, const struct wv_appraisal *a, struct wv_verdict *v);

/** judge_end - what the verdict is; returns its reason */
int judge_end(struct judge *j, int rc);

/* How evidence carries REPORTDATA: doc/formats.md section 2. */
enum judge_form {
	JUDGE_WHOLE,	/* all 64 bytes */
	JUDGE_DIGEST,	/* SHA-256 of them, where the field is shorter */
};

/**
 * judge_fresh - the evidence answers this very challenge
 * @carried: what its signature covers
 * @field, @offset: where it stands
 * Returns 0, WV_REPORT_DATA_MISMATCH, WV_USAGE (a challenge of another length) or
 * WV_NO_MEMORY.
 */
int judge_fresh(struct judge *j, struct wv_bytes carried, enum judge_form form,
		const char *field, int64_t offset);

/**
 * judge_tee - the policy accepts launch evidence of this kind
 * @bit: POLICY_TEE_*; where the verdict is "simulated" that of simulated evidence
 *	counts in its place
 * To be called when the evidence is known to be authentic.
 */
int judge_tee(struct judge *j, unsigned int bit);
/**
 * judge_beside - the same for what stands beside the guest: only a simulator's must be named
 * @field, @what: whose root it is, for the fault
 */
int judge_beside(struct judge *j, const char *field, const char *what);

#endif /* WARD_JUDGE_H */
