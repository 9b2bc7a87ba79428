/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: the rules of a policy, one by one. Part of wardverify.h.
 */
#ifndef WARDVERIFY_RULE_H
#define WARDVERIFY_RULE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct wv_rule - one rule of the policy that was looked at
 * @name: its member, "min_tcb.milan.snp"
 * @held: it holds
 * @reason: of the refusal where it does not
 * @field, @offset: as in struct wv_fault: what it looked at
 * @expected, @found: as text; NULL = nothing to show
 */
struct wv_rule {
	const char *name;
	int held;
	int reason;
	const char *field;
	int64_t offset;
	const char *expected;
	const char *found;
};

/** wv_rule_fn - told of each rule; @rule ends with the call */
typedef void (*wv_rule_fn)(void *context, const struct wv_rule *rule);

#define WV_NAME_LEN	64	/* of a value in a policy, with its NUL */
#define WV_MATCHED_MAX	32

/**
 * struct wv_matched - a value of the policy that matched, and has a name there
 * @member: of the policy, "measurement" or "tpm.pcrs.4"
 */
struct wv_matched {
	char member[32];
	char name[WV_NAME_LEN];
};

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_RULE_H */
