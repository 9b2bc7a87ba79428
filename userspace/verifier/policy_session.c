// SPDX-License-Identifier: MIT
/*
 * What a policy accepts of a session: its memory, its records, the module that keeps
 * them, and the age of what it says (members "ledger", "chain", "module", "sealed", "keys",
 * "userns_level_max", "max_age", "clock_leeway" of doc/policy.md). Read here; held
 * against claims in policy_session_check.c.
 */
#include <stdlib.h>
#include <string.h>

#include "policy_read.h"

static const char *const ledger_members[] = {
	"max_live_bytes", "max_peak_bytes", "class_b", "shared", NULL,
};
static const char *const chain_members[] = { "events", "dropped", NULL };
static const char *const module_members[] = { "min_version", "version", "build_id", NULL };

/* "allow" is the default, so that a bit says what is refused. */
static const struct policy_word allowed[] = { { "allow", 2 }, { "refuse", 1 }, { NULL, 0 } };
static const struct policy_word holders[] = { { "any", 2 }, { "kernel", 1 }, { NULL, 0 } };
static const struct policy_word wanted[] = { { "any", 2 }, { "complete", 1 }, { NULL, 0 } };

static int open_object(struct doc_in *in, const char *key, const char *const *members,
		       json_t **out)
{
	*out = json_object_get(in->root, key);
	if (!*out)
		return WV_OK;
	if (!json_is_object(*out) || !json_object_size(*out))
		return doc_fault(in, key, "an object of one member or more is expected");
	return doc_known(in, *out, members);
}

static int read_choice(struct doc_in *in, json_t *object, const char *key,
		       const struct policy_word *words, int *out)
{
	uint64_t bit = 0;
	int rc = policy_read_choice(in, object, key, words, &bit);

	*out = bit == 1;
	return rc;
}

static int read_limit(struct doc_in *in, json_t *object, const char *key,
		      struct policy_limit *out)
{
	out->given = json_object_get(object, key) != NULL;
	return doc_number(in, object, key, INT64_MAX, 0, &out->most);
}

static int read_ledger(struct doc_in *in, struct policy_session *s)
{
	json_t *object;
	int rc = open_object(in, "ledger", ledger_members, &object);

	if (rc || !object)
		return rc;
	return read_limit(in, object, "max_live_bytes", &s->live) ?:
	       read_limit(in, object, "max_peak_bytes", &s->peak) ?:
	       read_choice(in, object, "class_b", allowed, &s->refuse_class_b) ?:
	       read_choice(in, object, "shared", allowed, &s->refuse_shared);
}

static int read_chain(struct doc_in *in, struct policy_session *s)
{
	json_t *object;
	int rc = open_object(in, "chain", chain_members, &object);

	if (rc || !object)
		return rc;
	return read_choice(in, object, "events", wanted, &s->want_events) ?:
	       read_choice(in, object, "dropped", allowed, &s->refuse_dropped);
}

/* One part of a version, in one spelling: no sign, no zero before it. */
static const char *part(const char *text, uint32_t max, uint32_t *out)
{
	const char *at = text;
	uint32_t n = 0;

	for (; *at >= '0' && *at <= '9' && at - text < 5; at++)
		n = n * 10 + (uint32_t)(*at - '0');
	*out = n;
	return at == text || n > max || (*text == '0' && at - text > 1) ? NULL : at;
}

/* "1.2.3", as the claims have it: 16 bits of major, 8 each of minor and patch. */
static bool version_of(const char *text, uint32_t *out)
{
	uint32_t major, minor, patch;

	text = part(text, UINT16_MAX, &major);
	text = text && *text == '.' ? part(text + 1, UINT8_MAX, &minor) : NULL;
	text = text && *text == '.' ? part(text + 1, UINT8_MAX, &patch) : NULL;
	if (!text || *text)
		return false;
	*out = major << 16 | minor << 8 | patch;
	return true;
}

static bool version_element(json_t *v, uint8_t *out, size_t width)
{
	uint32_t version;
	size_t i;

	if (!json_is_string(v) || !version_of(json_string_value(v), &version))
		return false;
	for (i = 0; i < width; i++)
		out[i] = (uint8_t)(version >> 8 * i);
	return true;
}

/* Of the versions that are listed one must be new enough. */
static bool any_new_enough(const struct policy_session *s)
{
	size_t i;

	for (i = 0; i < s->version.count; i++)
		if (policy_number(&s->version, i) >= s->min_version)
			return true;
	return !s->version.count;
}

static int read_module(struct doc_in *in, struct policy_session *s)
{
	json_t *object, *least;
	int rc = open_object(in, "module", module_members, &object);

	if (rc || !object)
		return rc;
	least = json_object_get(object, "min_version");
	s->has_min_version = least != NULL;
	if (least && (!json_is_string(least) ||
		      !version_of(json_string_value(least), &s->min_version)))
		return doc_fault(in, "min_version", "a version such as \"1.2.3\" is expected");
	rc = policy_read_set(in, object, "version", 4, version_element,
			     "a version such as \"1.2.3\"", &s->version) ?:
	     policy_read_set(in, object, "build_id", 20, policy_hex_element,
			     "40 hexadecimal digits", &s->build_id);
	if (!rc && !any_new_enough(s))
		rc = doc_fault(in, "min_version",
			       "can never hold: every version that is listed is older");
	return rc;
}

static int read_age(struct doc_in *in, struct policy_session *s)
{
	int rc = doc_number(in, in->root, "max_age", UINT32_MAX, 0, &s->max_age) ?:
		 doc_number(in, in->root, "clock_leeway", 86400, 0, &s->clock_leeway);

	if (!rc && !s->max_age && json_object_get(in->root, "max_age"))
		rc = doc_fault(in, "max_age", "at least 1 second is expected");
	return rc;
}

int policy_read_session(struct doc_in *in, struct policy_session *out)
{
	uint64_t level = 0;
	int rc = read_ledger(in, out) ?: read_chain(in, out) ?: read_module(in, out) ?:
		 doc_flag(in, in->root, "sealed", &out->sealed) ?:
		 read_choice(in, in->root, "keys", holders, &out->kernel_keys) ?:
		 read_age(in, out) ?:
		 doc_number(in, in->root, "userns_level_max", UINT32_MAX, 0, &level);

	out->userns.given = json_object_get(in->root, "userns_level_max") != NULL;
	out->userns.most = level;
	return rc;
}

void policy_session_clear(struct policy_session *s)
{
	free(s->version.values);
	free(s->build_id.values);
}
