/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last answer of a session, kept for who asks the same again. What makes it
 * the same is asked here; the words of an answer are attest.c's.
 */
#ifndef WARD_KEPT_H
#define WARD_KEPT_H

#include "evidence.h"
#include "policy.h"
#include "ward.h"

/**
 * struct ward_answer - all that WARD_ATTEST hands out; owned by whoever made it
 * @claims: see there
 * @path: from their leaf to the root
 * @path_len: bytes
 * @index: of the leaf
 * @leaves: of the tree; 0 = it is raw, over no claims that anybody is shown
 * @evidence: over the root
 * @age_ns: since the claims were composed; 0 = for this request
 */
struct ward_answer {
	const struct ward_claims *claims;
	const void *path;
	size_t path_len;
	u32 index;
	u32 leaves;
	const struct ward_evidence_set *evidence;
	u64 age_ns;
};

/**
 * struct ward_moment - what an answer stands and falls with
 * @acts: of the session's own that changed what claims say of it
 * @providers: that came or went
 * @policies: that were set
 */
struct ward_moment {
	u64 acts;
	u64 providers;
	u64 policies;
};

static inline struct ward_moment ward_moment_now(const struct ward_account *acct)
{
	return (struct ward_moment) {
		.acts = READ_ONCE(acct->acts),
		.providers = ward_ledger_providers(),
		.policies = ward_policy_count(),
	};
}

/* The moment before the claims were composed; current asked. May fail: it is lost. */
void ward_kept_put_by(struct ward_session *session, const struct ward_attest *cmd,
		      const struct ward_moment *moment, const struct ward_answer *answer);
/*
 * The kept answer to @cmd of current, into @answer; NULL = there is none that holds.
 * Followed by release().
 */
struct ward_kept *ward_kept_find(struct ward_session *session,
				 const struct ward_attest *cmd,
				 struct ward_answer *answer);
void ward_kept_release(struct ward_kept *kept);

#endif /* WARD_KEPT_H */
