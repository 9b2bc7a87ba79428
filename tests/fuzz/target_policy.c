// SPDX-License-Identifier: MIT
/* A policy. */
#include "fuzz.h"

int fuzz_one(struct wv_bytes in)
{
	struct wv_policy *policy;
	struct wv_fault fault;
	int rc = fuzz_refusal(wv_policy_parse(in, &policy, &fault), &fault);

	if (!rc)
		wv_policy_warnings(policy);
	wv_policy_free(policy);
	return rc;
}
