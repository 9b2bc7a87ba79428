// SPDX-License-Identifier: MIT
/*
 * A policy against a platform that makes Arm's tokens.
 */
#include <stdio.h>
#include <string.h>

#include "arm_token.h"
#include "fault.h"
#include "hex.h"
#include "policy_arm.h"

#define DEBUG_STATES (1u << WV_LIFECYCLE_DEBUG | 1u << WV_LIFECYCLE_RECOVERABLE_DEBUG)

struct naming {
	char name[FIELD_MAX];
	char field[FIELD_MAX];
};

static void name_it(struct naming *n, const struct arm_fields *f, const char *what)
{
	snprintf(n->name, sizeof(n->name), "%s.%s", f->member, what);
	snprintf(n->field, sizeof(n->field), "%s.%s", f->field, what);
}

/* Debug is refused first, and in a word of its own. */
static int check_debug(const struct wv_policy *p, const struct wv_platform *have,
		       const char *field, struct rules *rules)
{
	bool debug = DEBUG_STATES & 1u << have->state;
	struct wv_rule says = { .name = "allow_debug", .held = !debug || p->allow_debug,
				.reason = WV_DEBUG_ALLOWED, .field = field, .offset = -1,
				.expected = p->allow_debug ? "any" : "no debug",
				.found = arm_lifecycle_text(have->state) };

	return rule(rules, &says, "the lifecycle is 0x%04x, %s", have->lifecycle,
		    arm_lifecycle_text(have->state));
}

static int check_lifecycle(const struct wv_policy *p, const struct policy_platform *want,
			   const struct wv_platform *have, const struct naming *n,
			   struct rules *rules)
{
	unsigned int states = want->lifecycle ?: 1u << WV_LIFECYCLE_SECURED |
						 (p->allow_debug ? DEBUG_STATES : 0);
	struct wv_rule says = { .name = n->name,
				.held = have->state != WV_LIFECYCLE_INVALID &&
					states & 1u << have->state,
				.reason = WV_LIFECYCLE_REFUSED, .field = n->field, .offset = -1,
				.expected = want->lifecycle ? "one of the policy's list" : "secured",
				.found = arm_lifecycle_text(have->state) };

	return rule(rules, &says, "the lifecycle is 0x%04x, %s", have->lifecycle,
		    arm_lifecycle_text(have->state));
}

static void pack(const struct wv_hash *h, uint8_t out[POLICY_HASH])
{
	memset(out, 0, POLICY_HASH);
	out[0] = (uint8_t)h->len;
	memcpy(out + 1, h->data, h->len);
}

static void expected_text(const struct policy_set *set, char *out, size_t size)
{
	size_t i, len = 0;

	out[0] = '\0';
	for (i = 0; i < set->count && len + 2 * set->values[i * POLICY_HASH] + 24 < size; i++) {
		const uint8_t *value = set->values + i * POLICY_HASH;

		len += (size_t)snprintf(out + len, size - len, "%s", i ? " or " : "");
		hex_encode(value + 1, value[0], out + len);
		len += 2 * (size_t)value[0];
	}
	if (i < set->count)
		snprintf(out + len, size - len, " or %zu more", set->count - i);
}

int policy_hash(struct rules *rules, const char *name, const struct policy_set *set,
		const struct wv_hash *have, int reason, const char *field)
{
	char found[2 * sizeof(have->data) + 1], expected[512];
	struct wv_rule says = { .name = name, .reason = reason, .field = field, .offset = -1,
				.expected = expected, .found = found };
	uint8_t packed[POLICY_HASH];

	if (!set->count)
		return WV_OK;
	pack(have, packed);
	says.held = policy_has(set, packed);
	if (says.held)
		rule_match(rules, name, set, packed);
	hex_encode(have->data, have->len, found);
	expected_text(set, expected, sizeof(expected));
	return rule(rules, &says, "%s is not in the policy's list", found);
}

/* Each component of a type must be as the policy says, and there must be one. */
static int check_component(const struct policy_component *want, const struct wv_platform *have,
			   const struct naming *n, struct rules *rules)
{
	struct wv_rule says = { .name = n->name, .reason = WV_COMPONENT_REFUSED,
				.field = n->field, .offset = -1, .expected = want->type,
				.found = "none" };
	char field[FIELD_MAX + 24];
	size_t i, seen = 0;
	int rc = WV_OK;

	for (i = 0; !rc && i < have->component_count; i++) {
		const struct wv_component *c = &have->components[i];

		if (want->type[0] && strcmp(want->type, c->type))
			continue;
		seen++;
		snprintf(field, sizeof(field), "%s[%zu]", n->field, i);
		rc = policy_hash(rules, n->name, &want->measurement, &c->measurement,
				 WV_COMPONENT_REFUSED, field) ?:
		     policy_hash(rules, n->name, &want->signer, &c->signer, WV_COMPONENT_REFUSED,
				 field);
	}
	if (rc || seen)
		return rc;
	return rule(rules, &says, "there is no component '%s'", want->type);
}

int policy_platform(const struct wv_policy *p, const struct policy_platform *want,
		    const struct wv_platform *have, const struct arm_fields *f,
		    struct rules *rules)
{
	struct naming n;
	size_t i;
	int rc;

	name_it(&n, f, "lifecycle");
	rc = check_debug(p, have, n.field, rules) ?: check_lifecycle(p, want, have, &n, rules);
	name_it(&n, f, "implementation_id");
	rc = rc ?: rule_set(rules, n.name, &want->implementation_id, have->implementation_id,
			    WV_IDENTITY_REFUSED, n.field, -1);
	name_it(&n, f, "instance_id");
	rc = rc ?: rule_set(rules, n.name, &want->instance_id, have->instance_id,
			    WV_IDENTITY_REFUSED, n.field, -1);
	name_it(&n, f, "sw_components");
	for (i = 0; !rc && i < want->component_count; i++)
		rc = check_component(&want->components[i], have, &n, rules);
	return rc;
}
