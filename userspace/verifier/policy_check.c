// SPDX-License-Identifier: MIT
/*
 * A policy against AMD's report.
 */
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "rule.h"

static int check_debug(const struct wv_policy *p, const struct wv_snp_report *r,
		       struct rules *rules)
{
	bool debug = r->policy & WV_SNP_POLICY_DEBUG;
	struct wv_rule says = { .name = "allow_debug", .held = !debug || p->allow_debug,
				.reason = WV_DEBUG_ALLOWED, .field = "report.policy",
				.offset = 0x08, .expected = p->allow_debug ? "any" : "no debug",
				.found = debug ? "debug" : "no debug" };

	return rule(rules, &says, "bit 19 (DEBUG) is set in the guest policy 0x%llx",
		    (unsigned long long)r->policy);
}

static int check_vmpl(const struct wv_policy *p, const struct wv_snp_report *r,
		      struct rules *rules)
{
	char expected[24], found[16];
	struct wv_rule says = { .name = "vmpl_max", .held = r->vmpl <= p->vmpl_max,
				.reason = WV_VMPL_REFUSED, .field = "report.vmpl",
				.offset = 0x30, .expected = expected, .found = found };

	snprintf(expected, sizeof(expected), "at most %u", p->vmpl_max);
	snprintf(found, sizeof(found), "%u", r->vmpl);
	return rule(rules, &says, "VMPL %u, the policy accepts up to %u", r->vmpl, p->vmpl_max);
}

int policy_report(const struct wv_policy *p, const struct wv_snp_report *r, struct rules *rules)
{
	const struct tcb_rule tcb = { "min_tcb", p->min_tcb, r->product, &r->reported_tcb,
				      "report.reported_tcb", 0x180 };

	return check_debug(p, r, rules) ?: check_vmpl(p, r, rules) ?: policy_tcb(rules, &tcb) ?:
	       rule_set(rules, "host_data", &p->host_data, r->host_data, WV_HOST_DATA_REFUSED,
			"report.host_data", 0xc0) ?:
	       rule_set(rules, "measurement", &p->measurement, r->measurement,
			WV_MEASUREMENT_MISMATCH, "report.measurement", 0x90) ?:
	       policy_snp(&p->snp, r, rules);
}
