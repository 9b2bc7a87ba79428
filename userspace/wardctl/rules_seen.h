/* SPDX-License-Identifier: MIT */
/*
 * --explain: each rule of a policy, with what was expected and found.
 */
#ifndef WARDCTL_RULES_SEEN_H
#define WARDCTL_RULES_SEEN_H

#include "wardctl.h"
#include "wardverify.h"

/** struct rules_seen - rules in the order in which they were told; owned rows */
struct rules_seen {
	size_t count;
	struct rule_row *rows;
	bool failed;		/* memory ran out */
};

/** rules_seen_note - a wv_rule_fn; @context is a struct rules_seen */
void rules_seen_note(void *context, const struct wv_rule *rule);

/** rules_seen_show - as member "rules" of the result; an exit code */
int rules_seen_show(struct wardctl *ctl, const struct rules_seen *s);

/** rules_of_policy - the members of a policy as they stand, before any evidence; an exit code */
int rules_of_policy(struct wardctl *ctl, struct wv_bytes policy);

void rules_seen_free(struct rules_seen *s);

#endif /* WARDCTL_RULES_SEEN_H */
