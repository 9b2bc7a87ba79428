// SPDX-License-Identifier: MIT
/*
 * The member "collateral" of a policy: doc/policy.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "policy_read.h"
#include "rule.h"
#include "tcb_status.h"

#define DAY		86400
#define DAYS_MAX	3650

static const char *const members[] = {
	"crl", "tcb_status", "grace_days", "advisories_accepted", "advisories_refused",
	"max_age_days", NULL,
};

/* Zero padded, as in struct wv_tcb_status. */
static bool advisory_element(json_t *v, uint8_t *out, size_t width)
{
	size_t i, len = json_is_string(v) ? json_string_length(v) : 0;
	const char *text = json_string_value(v);

	if (!len || len >= width)
		return false;
	for (i = 0; i < len; i++)
		if (text[i] <= 0x20 || text[i] > 0x7e)
			return false;
	memcpy(out, text, len);
	return true;
}

static void list_levels(unsigned int levels, const char *between, char *out, size_t size)
{
	size_t len = 0;
	int i;

	for (i = WV_TCB_UP_TO_DATE; i < WV_TCB_REVOKED && len < size; i++)
		if (levels & 1u << i)
			len += (size_t)snprintf(out + len, size - len, "%s%s", len ? between : "",
						wv_tcb_level_text(i));
}

#define EVERY_LEVEL ((1u << WV_TCB_REVOKED) - 1)

static int read_levels(struct doc_in *in, json_t *object, struct policy_collateral *out)
{
	char known[256] = "";
	json_t *list, *v;
	size_t i;
	int rc = doc_list(in, object, "tcb_status", POLICY_LIST_MAX, &list);

	if (rc)
		return rc;
	json_array_foreach(list, i, v) {
		int level = json_is_string(v) ? tcb_level_find(json_string_value(v)) : -1;

		if (level < 0 || level == WV_TCB_REVOKED) {
			list_levels(EVERY_LEVEL, ", ", known, sizeof(known));
			return doc_fault(in, "tcb_status", "element %zu is none of %s", i + 1,
					 known);
		}
		out->levels |= 1u << level;
	}
	return WV_OK;
}

static int read_crl(struct doc_in *in, json_t *object, struct policy_collateral *out)
{
	char word[16];
	int rc;

	if (!json_object_get(object, "crl"))
		return WV_OK;
	if (!json_is_string(json_object_get(object, "crl")))
		return doc_fault(in, "crl", "\"required\" or \"if-given\" is expected");
	rc = doc_text(in, object, "crl", word, sizeof(word));
	if (rc)
		return rc;
	out->crl_required = !strcmp(word, "required");
	if (out->crl_required || !strcmp(word, "if-given"))
		return WV_OK;
	return doc_fault(in, "crl", "'%s' is none of required, if-given", word);
}

int policy_read_collateral(struct doc_in *in, struct policy_collateral *out)
{
	json_t *object;
	uint64_t grace = 0, age = 0;
	int rc = doc_object(in, in->root, "collateral", members, &object);

	if (rc || !object)
		return rc;
	rc = read_crl(in, object, out) ?:
	     read_levels(in, object, out) ?:
	     doc_number(in, object, "grace_days", DAYS_MAX, 0, &grace) ?:
	     doc_number(in, object, "max_age_days", DAYS_MAX, 0, &age) ?:
	     policy_read_set(in, object, "advisories_accepted", WV_ADVISORY_LEN, advisory_element,
			     "an advisory's name", &out->accepted) ?:
	     policy_read_set(in, object, "advisories_refused", WV_ADVISORY_LEN, advisory_element,
			     "an advisory's name", &out->refused);
	out->grace_days = (uint32_t)grace;
	out->max_age_days = (uint32_t)age;
	if (!rc && json_object_get(object, "max_age_days") && !age)
		rc = doc_fault(in, "max_age_days", "at least 1 day is expected");
	out->pins = out->levels || grace || age || out->accepted.count || out->refused.count;
	return rc;
}

void policy_collateral_clear(struct policy_collateral *c)
{
	free(c->accepted.values);
	free(c->refused.values);
}

static int check_there(const struct policy_collateral *c, const struct wv_tcb_status *s,
		       struct rules *rules)
{
	bool info = s->unchecked & WV_UNCHECKED_TCB_INFO, qe = s->unchecked & WV_UNCHECKED_QE;
	struct wv_rule says = {
		.name = "collateral", .held = !info && !qe, .reason = WV_COLLATERAL_MISSING,
		.field = info ? "tcb_info" : "qe_identity", .offset = -1,
		.expected = "TCB info and identity", .found = info && qe ? "neither" :
			info ? "identity" : qe ? "TCB info" : "both",
	};

	if (!c->pins)
		return WV_OK;
	return rule(rules, &says, "the policy judges by %s, which is not at hand",
		    info ? "TCB info" : "the identity of the quoting enclave");
}

/* A platform has days to follow a new level: then it counts as if it had followed. */
static bool in_grace(const struct policy_collateral *c, const struct wv_tcb_status *s, int64_t now)
{
	return c->grace_days && tcb_outdated(s->level) && s->outdated_since &&
	       now - s->outdated_since <= (int64_t)c->grace_days * DAY;
}

static int check_level(const struct policy_collateral *c, const struct wv_tcb_status *s,
		       int64_t now, struct rules *rules)
{
	unsigned int levels = c->levels ? c->levels : 1u << WV_TCB_UP_TO_DATE;
	int level = in_grace(c, s, now) ? tcb_without_age(s->level) : s->level;
	char expected[256] = "", since[WHEN_TEXT_LEN] = "";
	struct wv_rule says = {
		.name = "collateral.tcb_status", .held = (levels & 1u << level) != 0,
		.reason = level == WV_TCB_REVOKED ? WV_TCB_LEVEL_REVOKED : WV_TCB_STATUS_REFUSED,
		.field = "tcb", .offset = -1, .expected = expected,
		.found = wv_tcb_level_text(s->level),
	};

	if (level == WV_TCB_UNCHECKED)
		return WV_OK;
	list_levels(levels, " or ", expected, sizeof(expected));
	if (s->outdated_since)
		when_text(s->outdated_since, since);
	return rule(rules, &says, "%s%s%s (platform %s, quoting enclave %s, TDX module %s)",
		    wv_tcb_level_text(s->level), since[0] ? " since " : "", since,
		    wv_tcb_level_text(s->platform), wv_tcb_level_text(s->qe),
		    wv_tcb_level_text(s->module));
}

static int check_advisories(const char *name, const struct policy_set *set, bool listed_is_good,
			    const struct wv_tcb_status *s, struct rules *rules)
{
	const char *bad = NULL;
	struct wv_rule says = {
		.name = name, .reason = WV_ADVISORY_REFUSED, .field = "tcb.advisories",
		.offset = -1, .expected = listed_is_good ? "none but the listed" :
							   "none of the listed",
	};
	size_t i;

	if (!set->count)
		return WV_OK;
	for (i = 0; !bad && i < s->advisory_count; i++)
		if (policy_has(set, (const uint8_t *)s->advisories[i]) != listed_is_good)
			bad = s->advisories[i];
	says.held = !bad;
	says.found = bad;
	return rule(rules, &says, "%s applies to the platform", bad ? bad : "none");
}

static int check_age(const struct policy_collateral *c, const struct wv_tcb_status *s,
		     struct rules *rules)
{
	char expected[32], found[32];
	struct wv_rule says = {
		.name = "collateral.max_age_days",
		.held = s->age <= (int64_t)c->max_age_days * DAY, .reason = WV_COLLATERAL_AGED,
		.field = "tcb.issued", .offset = -1, .expected = expected, .found = found,
	};

	if (!c->max_age_days || !s->issued)
		return WV_OK;
	snprintf(expected, sizeof(expected), "at most %u days", c->max_age_days);
	snprintf(found, sizeof(found), "%lld days", (long long)(s->age / DAY));
	return rule(rules, &says, "it was issued %s ago, the policy takes %s", found, expected);
}

int policy_collateral(const struct wv_policy *p, const struct wv_tcb_status *s, int64_t now,
		      struct rules *rules)
{
	const struct policy_collateral *c = &p->collateral;

	return check_there(c, s, rules) ?: check_level(c, s, now, rules) ?:
	       check_advisories("collateral.advisories_refused", &c->refused, false, s, rules) ?:
	       check_advisories("collateral.advisories_accepted", &c->accepted, true, s, rules) ?:
	       check_age(c, s, rules);
}

int policy_crl(const struct wv_policy *p, uint64_t warnings, struct rules *rules)
{
	bool unchecked = warnings & WV_WARN_CRL_UNCHECKED;
	struct wv_rule says = {
		.name = "collateral.crl", .held = !unchecked, .reason = WV_CRL_MISSING,
		.field = "crl", .offset = -1, .expected = "required",
		.found = unchecked ? "not looked at" : "looked at",
	};

	if (!p->collateral.crl_required)
		return WV_OK;
	return rule(rules, &says, "the policy requires revocation lists, and not all were at hand");
}
