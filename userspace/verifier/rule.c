// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "hex.h"
#include "rule.h"

#define VALUES_TEXT 1024	/* as much of a list as is told */

static void refuse(struct rules *rules, const struct wv_rule *says, const char *sentence)
{
	fault_set(rules->fault, says->reason, says->field, says->offset, "%s", sentence);
	if (rules->each && !rules->first.reason)
		rules->first = *rules->fault;
}

int rule(struct rules *rules, const struct wv_rule *says, const char *fmt, ...)
{
	char sentence[sizeof(rules->fault->text)];
	va_list ap;

	if (rules->each)
		rules->each(rules->context, says);
	if (says->held)
		return WV_OK;
	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	refuse(rules, says, sentence);
	return rules->each ? WV_OK : says->reason;
}

/* As the policy's reader took it: a number, or bytes. */
static size_t value_text(const struct policy_set *set, const uint8_t *v, bool number, char *out)
{
	if (number)
		return (size_t)sprintf(out, "%u", (v[0] | v[1] << 8 | v[2] << 16) |
						  (uint32_t)v[3] << 24);
	hex_encode(v, set->width, out);
	return 2 * set->width;
}

/* What does not fit is counted, not cut in the middle. */
static void list_values(const struct policy_set *set, bool number, char *out, size_t size)
{
	size_t i, len = 0;

	for (i = 0; i < set->count && len + 2 * set->width + WV_NAME_LEN + 24 < size; i++) {
		len += (size_t)snprintf(out + len, size - len, "%s", i ? " or " : "");
		len += value_text(set, set->values + i * set->width, number, out + len);
		if (*set->names[i])
			len += (size_t)snprintf(out + len, size - len, " (%s)", set->names[i]);
	}
	if (i < set->count)
		snprintf(out + len, size - len, " or %zu more", set->count - i);
}

void rule_match(struct rules *rules, const char *member, const struct policy_set *set,
		const uint8_t *found)
{
	const char *name = policy_name(set, found);
	struct wv_verdict *v = rules->v;
	struct wv_matched *m;

	if (!name || !v || v->matched_count >= WV_MATCHED_MAX)
		return;
	m = &v->matched[v->matched_count++];
	snprintf(m->member, sizeof(m->member), "%s", member);
	snprintf(m->name, sizeof(m->name), "%s", name);
}

static int rule_values(struct rules *rules, struct wv_rule *says, const struct policy_set *set,
		       const uint8_t *found, bool number)
{
	char expected[VALUES_TEXT] = "", have[2 * 64 + 1];

	if (!set->count)
		return WV_OK;
	says->held = policy_has(set, found);
	if (says->held)
		rule_match(rules, says->name, set, found);
	if (says->held && !rules->each)
		return WV_OK;
	value_text(set, found, number, have);
	list_values(set, number, expected, sizeof(expected));
	says->expected = expected;
	says->found = have;
	return rule(rules, says, "%s is not in the policy's list", have);
}

int rule_set(struct rules *rules, const char *name, const struct policy_set *set,
	     const uint8_t *found, int reason, const char *field, int64_t offset)
{
	struct wv_rule says = { .name = name, .reason = reason, .field = field,
				.offset = offset };

	return rule_values(rules, &says, set, found, false);
}

int rule_ids(struct rules *rules, const char *name, const struct policy_set *set, uint32_t found,
	     int reason, const char *field, int64_t offset)
{
	struct wv_rule says = { .name = name, .reason = reason, .field = field,
				.offset = offset };
	uint8_t le[4] = { (uint8_t)found, (uint8_t)(found >> 8), (uint8_t)(found >> 16),
			  (uint8_t)(found >> 24) };

	return rule_values(rules, &says, set, le, true);
}

int rule_most(struct rules *rules, const char *name, uint64_t most, uint64_t found, int reason,
	      const char *field, int64_t offset)
{
	char expected[40], have[24];
	struct wv_rule says = { .name = name, .held = found <= most, .reason = reason,
				.field = field, .offset = offset, .expected = expected,
				.found = have };

	snprintf(expected, sizeof(expected), "at most %llu", (unsigned long long)most);
	snprintf(have, sizeof(have), "%llu", (unsigned long long)found);
	return rule(rules, &says, "%s is above %llu", have, (unsigned long long)most);
}

int rule_least(struct rules *rules, const char *name, uint64_t least, uint64_t found, int reason,
	       const char *field, int64_t offset)
{
	char expected[40], have[24];
	struct wv_rule says = { .name = name, .held = found >= least, .reason = reason,
				.field = field, .offset = offset, .expected = expected,
				.found = have };

	snprintf(expected, sizeof(expected), "at least %llu", (unsigned long long)least);
	snprintf(have, sizeof(have), "%llu", (unsigned long long)found);
	return rule(rules, &says, "%s is below %llu", have, (unsigned long long)least);
}

int rules_end(struct rules *rules, int rc)
{
	if (!rules->first.reason)
		return rc;
	*rules->fault = rules->first;
	return rules->first.reason;
}
