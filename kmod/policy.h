/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The administrator's policy: who may ask for evidence, for what, and on what kind
 * of machine. Canonical form and hash: doc/formats.md section 10.
 */
#ifndef WARD_POLICY_H
#define WARD_POLICY_H

#include "ward.h"

/**
 * struct ward_rule - what a user or a group may ask for
 * @kind: WARD_RULE_UID or WARD_RULE_GID
 * @id: in the initial user namespace
 * @purposes: bit n: WARD_PURPOSE_ n
 */
struct ward_rule {
	u32 kind;
	u32 id;
	u32 purposes;
};

enum { WARD_RULE_UID, WARD_RULE_GID };

/**
 * struct ward_policy - one policy, never changed once in force
 * @rcu: it is freed when nobody reads it
 * @otherwise: purposes of whom no rule names
 * @refuse: WARD_ADVISE_*: a caller with one of them gets nothing
 * @posture: WARD_POSTURE_*: all must be known and true
 * @latches: WARD_LATCH_*
 * @n: rules, in ascending order of kind and id, none twice
 * @hash: of its canonical form
 */
struct ward_policy {
	struct rcu_head rcu;
	u32 otherwise;
	u32 refuse;
	u64 posture;
	u32 latches;
	u32 n;
	u8 hash[32];
	struct ward_rule rules[];
};

#define WARD_RULES_MAX	256u
#define WARD_PURPOSES	(BIT(WARD_PURPOSE_RELEASE) | BIT(WARD_PURPOSE_CHANNEL) | \
			 BIT(WARD_PURPOSE_RECEIPT) | BIT(WARD_PURPOSE_SEAL) | \
			 BIT(WARD_PURPOSE_REPORT))
/* What a policy can allow; raw report data only where it is named. */
#define WARD_PURPOSES_KNOWN	(WARD_PURPOSES | BIT(WARD_PURPOSE_RAW))

/**
 * struct ward_denial - why a policy lets somebody not have evidence
 * @why: WARD_DENIED_*
 * @by: as WARD_DENIED_* says
 */
struct ward_denial {
	u32 why;
	u64 by;
};

/* May sleep. NULL = no memory; freed by kfree() until it is set. */
struct ward_policy *ward_policy_new(u32 rules);
/*
 * Put @policy, whose hash is made here, in the place of the one in force. May
 * sleep. 0, and it is no more the caller's; or -EPERM with *@why, and it still is.
 */
int ward_policy_set(struct ward_policy *policy, const char **why);
/* A copy of the one in force; NULL = no memory. Freed by kfree(). */
struct ward_policy *ward_policy_copy(void);
/* Policies that were set: who reads n is judged by the nth, or by a later one. */
u64 ward_policy_count(void);
/*
 * Before any work is done for it: may current ask for this at all? 0, or -EACCES
 * and *@why.
 */
int ward_policy_admits(u32 purpose, struct ward_denial *why);
/*
 * Is current, as @claims has it, allowed what it asks for on a machine as this?
 * 0 and the hash of the policy that says so is in @claims; or -EACCES and *@why.
 */
int ward_policy_judge(struct ward_claims *claims, struct ward_denial *why);
int ward_policy_init(void);
void ward_policy_exit(void);

#endif /* WARD_POLICY_H */
