// SPDX-License-Identifier: MIT
/*
 * A policy against a session's claims: memory, records, module, age.
 */
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "rule.h"
#include "when.h"

#define NS 1000000000ull

static int limit(struct rules *rules, const char *name, const struct policy_limit *l,
		 uint64_t found, int reason, const char *field, int64_t offset)
{
	return l->given ? rule_most(rules, name, l->most, found, reason, field, offset) : WV_OK;
}

/* Both are kept below what would wrap: no machine has half of 2^64 bytes. */
static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static int refuse_kind(struct rules *rules, const char *name, bool never, uint64_t peak,
		       const char *field, int64_t offset)
{
	char found[48];
	struct wv_rule says = { .name = name, .held = never, .reason = WV_LEDGER_REFUSED,
				.field = field, .offset = offset, .expected = "never held",
				.found = found };

	snprintf(found, sizeof(found), "%llu bytes at once", (unsigned long long)peak);
	return rule(rules, &says, "the session held such memory: %s", found);
}

int policy_ledger(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules)
{
	const struct policy_session *s = &p->session;
	int rc = limit(rules, "ledger.max_live_bytes", &s->live, sum(k->live_a, k->live_shared),
		       WV_LEDGER_REFUSED, "claims.live_a", 584) ?:
		 limit(rules, "ledger.max_peak_bytes", &s->peak, sum(k->peak_a, k->peak_shared),
		       WV_LEDGER_REFUSED, "claims.peak_a", 592);

	if (!rc && s->refuse_class_b)
		rc = refuse_kind(rules, "ledger.class_b",
				 !k->peak_b && !k->live_b && !k->unpinned_buffers, k->peak_b,
				 "claims.peak_b", 640);
	if (!rc && s->refuse_shared)
		rc = refuse_kind(rules, "ledger.shared", !k->peak_shared && !k->live_shared,
				 k->peak_shared, "claims.peak_shared", 608);
	return rc;
}

int policy_sealed(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules)
{
	unsigned int done = k->state & (WARD_STATE_SEALED | WARD_STATE_TOMBSTONE);
	struct wv_rule says = { .name = "sealed", .held = done != 0, .reason = WV_NOT_SEALED,
				.field = "claims.state", .offset = 704,
				.expected = "sealed or ended",
				.found = done & WARD_STATE_TOMBSTONE ? "ended" :
					 done ? "sealed" : "open" };

	if (!p->session.sealed)
		return WV_OK;
	return rule(rules, &says, "the session was neither sealed nor had it ended");
}

int policy_keys(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules)
{
	bool held = wv_keys_kernel(k);
	struct wv_rule says = { .name = "keys", .held = held, .reason = WV_KEYS_IN_USER_SPACE,
				.field = "claims.session_key", .offset = 488,
				.expected = "kernel", .found = held ? "kernel" : "user" };

	if (!p->session.kernel_keys)
		return WV_OK;
	return rule(rules, &says, "the data keys are not the kernel's alone");
}

int policy_dropped(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules)
{
	if (!p->session.refuse_dropped)
		return WV_OK;
	return rule_most(rules, "chain.dropped", 0, k->events_dropped, WV_EVENTS_GAP,
			 "claims.events_dropped", 832);
}

int policy_userns(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules)
{
	return limit(rules, "userns_level_max", &p->session.userns, k->caller.userns_level,
		     WV_WRONG_USERNS, "claims.caller.userns_level", 224);
}

static void version_text(uint32_t v, char out[16])
{
	snprintf(out, 16, "%u.%u.%u", v >> 16, v >> 8 & 0xff, v & 0xff);
}

static int check_min_version(const struct policy_session *s, const struct wv_claims *k,
			     struct rules *rules)
{
	char least[16], expected[32], found[16];
	struct wv_rule says = { .name = "module.min_version",
				.held = k->module_version >= s->min_version,
				.reason = WV_MODULE_REFUSED, .field = "claims.module_version",
				.offset = 888, .expected = expected, .found = found };

	if (!s->has_min_version)
		return WV_OK;
	version_text(s->min_version, least);
	version_text(k->module_version, found);
	snprintf(expected, sizeof(expected), "at least %s", least);
	return rule(rules, &says, "version %s is below %s", found, least);
}

static int check_version(const struct policy_session *s, const struct wv_claims *k,
			 struct rules *rules)
{
	char expected[256] = "", found[16], one[16];
	uint8_t le[4] = { (uint8_t)k->module_version, (uint8_t)(k->module_version >> 8),
			  (uint8_t)(k->module_version >> 16), (uint8_t)(k->module_version >> 24) };
	struct wv_rule says = { .name = "module.version", .held = policy_has(&s->version, le),
				.reason = WV_MODULE_REFUSED, .field = "claims.module_version",
				.offset = 888, .expected = expected, .found = found };
	size_t i, len = 0;

	if (!s->version.count)
		return WV_OK;
	for (i = 0; i < s->version.count && len < sizeof(expected); i++) {
		version_text(policy_number(&s->version, i), one);
		len += (size_t)snprintf(expected + len, sizeof(expected) - len, "%s%s",
					i ? " or " : "", one);
	}
	version_text(k->module_version, found);
	rule_match(rules, says.name, &s->version, le);
	return rule(rules, &says, "version %s is not in the policy's list", found);
}

int policy_module(const struct wv_policy *p, const struct wv_claims *k, struct rules *rules)
{
	const struct policy_session *s = &p->session;

	return check_min_version(s, k, rules) ?: check_version(s, k, rules) ?:
	       rule_set(rules, "module.build_id", &s->build_id, k->build_id, WV_MODULE_REFUSED,
			"claims.build_id", 896);
}

/*
 * The guest's clock follows its host's: a host that sets it ahead when the claims are
 * composed makes old evidence look young. Only a nonce proves that evidence is fresh; this
 * finds what was merely kept for too long, and clocks that are wrong.
 */
int policy_age(const struct wv_policy *p, const struct wv_claims *k, int64_t now,
	       struct rules *rules)
{
	const struct policy_session *s = &p->session;
	int64_t then = (int64_t)(k->real_ns / NS), leeway = (int64_t)s->clock_leeway;
	char expected[WHEN_TEXT_LEN + 16], found[WHEN_TEXT_LEN], first[WHEN_TEXT_LEN];
	struct wv_rule says = { .name = "max_age", .reason = WV_EVIDENCE_OLD,
				.field = "claims.real_ns", .offset = 880,
				.expected = expected, .found = found };
	bool future = then - leeway > now;

	if (!s->max_age)
		return WV_OK;
	says.held = !future && now - then <= (int64_t)s->max_age + leeway;
	when_text(then, found);
	when_text(now - (int64_t)s->max_age - leeway, first);
	snprintf(expected, sizeof(expected), "%s or later", first);
	if (!future)
		return rule(rules, &says, "%lld s old, the policy accepts %llu",
			    (long long)(now - then), (unsigned long long)s->max_age);
	says.reason = WV_EVIDENCE_FUTURE;
	when_text(now + leeway, first);
	snprintf(expected, sizeof(expected), "%s or earlier", first);
	return rule(rules, &says, "%lld s ahead of the time of the verification",
		    (long long)(then - now));
}
