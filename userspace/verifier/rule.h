/* SPDX-License-Identifier: MIT */
/*
 * A policy's rules as they are looked at. Every rule goes through rule(), so that
 * who asks sees each of them with what was expected and found, and so that the
 * verdict is the same whether somebody looks on or not: the first refusal.
 */
#ifndef WARD_RULE_H
#define WARD_RULE_H

#include "policy.h"

/**
 * struct rules - the rules of one appraisal
 * @each, @context: who is told; NULL = nobody, and the first refusal ends it
 * @fault: the verdict's
 * @v: where the names of values that matched are put; NULL = nowhere
 * @first: the first refusal, while others are still being looked at; reason 0 = none
 */
struct rules {
	wv_rule_fn each;
	void *context;
	struct wv_fault *fault;
	struct wv_verdict *v;
	struct wv_fault first;
};

/**
 * rule - tell of one rule, and refuse if it does not hold
 * @says: name, held, reason, field, offset; expected and found may be NULL
 * @fmt: the sentence of the refusal
 * Returns 0, also for a rule that does not hold while somebody looks on;
 * says->reason else.
 */
int rule(struct rules *rules, const struct wv_rule *says, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * rule_set - @found is among the accepted values, or any is
 * Nothing is told of a set that was not given. Texts are hexadecimal. Where the policy
 * has a name for @found, the verdict has it as well.
 */
int rule_set(struct rules *rules, const char *name, const struct policy_set *set,
	     const uint8_t *found, int reason, const char *field, int64_t offset);

/** rule_match - what the policy calls @found, if @set has it, goes into the verdict */
void rule_match(struct rules *rules, const char *member, const struct policy_set *set,
		const uint8_t *found);

/** rule_ids - the same of numbers (policy_id_element); texts are decimal */
int rule_ids(struct rules *rules, const char *name, const struct policy_set *set, uint32_t found,
	     int reason, const char *field, int64_t offset);

/** rule_most - @found is at most @most */
int rule_most(struct rules *rules, const char *name, uint64_t most, uint64_t found, int reason,
	      const char *field, int64_t offset);

/**
 * rule_least - @found is at least @least
 */
int rule_least(struct rules *rules, const char *name, uint64_t least, uint64_t found, int reason,
	       const char *field, int64_t offset);

/** rules_end - what the appraisal that ends with @rc comes to */
int rules_end(struct rules *rules, int rc);

#endif /* WARD_RULE_H */
