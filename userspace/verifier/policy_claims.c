// SPDX-License-Identifier: MIT
/*
 * A policy against claims: the worker, its machine, its lease.
 */
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "policy_read.h"
#include "rule.h"

#define NS 1000000000ull

/* A kernel that could not digest the file says so; there is nothing to compare then. */
static int check_exe(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules)
{
	struct wv_rule says = { .name = "exe", .reason = WV_WRONG_EXE,
				.field = "claims.exe_digest", .offset = 360,
				.expected = "a digest", .found = "none" };

	if (p->exe.count && k->exe_kind == WARD_EXE_NONE)
		return rule(rules, &says, "the executable has no digest");
	return rule_set(rules, "exe", &p->exe, k->exe_digest, WV_WRONG_EXE, "claims.exe_digest",
			360);
}

int policy_worker(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules)
{
	return rule_ids(rules, "uid", &p->uid, k->caller.uid, WV_WRONG_UID, "claims.caller.uid",
			208) ?:
	       rule_ids(rules, "gid", &p->gid, k->caller.gid, WV_WRONG_GID, "claims.caller.gid",
			212) ?:
	       rule_set(rules, "cgroup", &p->cgroup, k->caller.cgroup_hash, WV_WRONG_CGROUP,
			"claims.caller.cgroup_hash", 240) ?:
	       rule_set(rules, "declared", &p->declared, k->declared, WV_WRONG_DECLARED,
			"claims.declared", 424) ?:
	       check_exe(p, k, rules) ?: policy_userns(p, k, rules);
}

/* A fact that the kernel could not find out is none. */
static int check_posture(const struct wv_policy *p, const struct wv_claims *k,
			 struct rules *rules)
{
	uint64_t missing = p->posture & ~(k->posture & k->posture_known);
	char expected[160], found[160], lacks[160];
	struct wv_rule says = { .name = "posture", .held = !missing,
				.reason = WV_POSTURE_REFUSED, .field = "claims.posture",
				.offset = 528, .expected = expected, .found = found };

	if (!p->posture)
		return WV_OK;
	policy_words_text(policy_postures, p->posture, expected, sizeof(expected));
	policy_words_text(policy_postures, k->posture & k->posture_known, found,
			  sizeof(found));
	policy_words_text(policy_postures, missing, lacks, sizeof(lacks));
	return rule(rules, &says, "not known to be true: %s", lacks);
}

static int check_taint(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules)
{
	char expected[48], found[24];
	struct wv_rule says = { .name = "taint_mask", .held = !(k->taint & p->taint_mask),
				.reason = WV_TAINT_REFUSED, .field = "claims.taint",
				.offset = 544, .expected = expected, .found = found };

	if (!p->taint_mask)
		return WV_OK;
	snprintf(expected, sizeof(expected), "none of 0x%llx", (unsigned long long)p->taint_mask);
	snprintf(found, sizeof(found), "0x%llx", (unsigned long long)k->taint);
	return rule(rules, &says, "taint 0x%llx, of which the policy refuses 0x%llx",
		    (unsigned long long)k->taint, (unsigned long long)(k->taint & p->taint_mask));
}

int policy_machine(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules)
{
	return check_posture(p, k, rules) ?: check_taint(p, k, rules) ?:
	       policy_module(p, k, rules);
}

/* Seconds that the lease runs on, from when the claims were composed. */
static uint64_t lease_left(const struct wv_claims *k)
{
	return k->lease_expires_ns > k->boot_ns ? k->lease_expires_ns - k->boot_ns : 0;
}

static int check_lease_max(const struct wv_policy *p, const struct wv_claims *k,
			   struct rules *rules)
{
	uint64_t left = lease_left(k), most = p->lease_max * NS;
	char expected[40], found[32] = "no lease";
	struct wv_rule says = { .name = "lease_max", .held = k->lease_expires_ns && left <= most,
				.reason = WV_LEASE_REFUSED, .field = "claims.lease_expires_ns",
				.offset = 928, .expected = expected, .found = found };

	if (!p->lease_max)
		return WV_OK;
	snprintf(expected, sizeof(expected), "at most %llu s", (unsigned long long)p->lease_max);
	if (!k->lease_expires_ns)
		return rule(rules, &says, "the session has no lease");
	snprintf(found, sizeof(found), "%llu s", (unsigned long long)(left / NS));
	return rule(rules, &says, "the lease runs for %llu s more, the policy accepts %llu",
		    (unsigned long long)(left / NS), (unsigned long long)p->lease_max);
}

int policy_lease(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules)
{
	return check_lease_max(p, k, rules) ?:
	       rule_set(rules, "lease_anchor", &p->lease_anchor, k->lease_anchor,
			WV_LEASE_REFUSED, "claims.lease_anchor", 720);
}
