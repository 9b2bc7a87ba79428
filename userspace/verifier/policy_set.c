// SPDX-License-Identifier: MIT
/*
 * Lists of accepted values, each maybe with a name: doc/policy.md, "Names".
 */
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "fault.h"
#include "hex.h"
#include "policy_read.h"

static const char *const named[] = { "name", "value", NULL };

bool policy_hex_element(json_t *v, uint8_t *out, size_t width)
{
	return json_is_string(v) && hex_decode(json_string_value(v), out, width);
}

bool policy_id_element(json_t *v, uint8_t *out, size_t width)
{
	json_int_t n = json_is_integer(v) ? json_integer_value(v) : -1;
	size_t i;

	for (i = 0; i < width; i++)
		out[i] = (uint8_t)(n >> 8 * i);
	return n >= 0 && n <= UINT32_MAX;
}

bool policy_path_element(json_t *v, uint8_t *out, size_t width)
{
	struct wv_bytes path;

	(void)width;
	if (!json_is_string(v) || json_string_value(v)[0] != '/')
		return false;
	path = PIECE(json_string_value(v), json_string_length(v));
	return digest_sha256(out, &path, 1);
}

/* Names are shown to people, on terminals too. */
static int read_name(struct doc_in *in, json_t *v, char out[WV_NAME_LEN])
{
	int rc = doc_known(in, v, named) ?: doc_text(in, v, "name", out, WV_NAME_LEN);
	size_t i;

	for (i = 0; !rc && out[i]; i++)
		if (out[i] < ' ' || out[i] > '~')
			rc = doc_fault(in, "name", "printable ASCII is expected");
	return rc;
}

/* Values and, behind them, a name for each: one piece of memory, freed by its @values. */
static bool make_room(struct policy_set *set, size_t count, size_t width)
{
	set->width = width;
	set->values = calloc(count, width + WV_NAME_LEN);
	if (set->values)
		set->names = (char (*)[WV_NAME_LEN])(set->values + count * width);
	return set->values != NULL;
}

/* A digit too few is hard to see in 96 of them. */
static int not_fit(struct doc_in *in, const char *key, size_t n, const char *what, json_t *v)
{
	const char *text = json_string_value(v);

	if (!text || !strstr(what, "digits"))
		return doc_fault(in, key, "element %zu is not %s", n, what);
	return doc_fault(in, key, "element %zu is not %s%s: it has %zu characters", n, what,
			 strncmp(text, "0x", 2) ? "" : " (without 0x)", json_string_length(v));
}

int policy_read_set(struct doc_in *in, json_t *object, const char *key, size_t width,
		    policy_element_fn element, const char *what, struct policy_set *set)
{
	json_t *list, *v;
	size_t i;
	int rc = doc_list(in, object, key, POLICY_LIST_MAX, &list);

	if (rc || !list)
		return rc;
	if (!make_room(set, json_array_size(list), width))
		return fault_set(in->fault, WV_NO_MEMORY, key, -1, "no memory");
	json_array_foreach(list, i, v) {
		if (json_is_object(v)) {
			rc = read_name(in, v, set->names[i]);
			if (rc)
				return rc;
			v = json_object_get(v, "value");
		}
		in->object = object;
		if (!element(v, set->values + i * width, width))
			return not_fit(in, key, i + 1, what, v);
	}
	set->count = json_array_size(list);
	return WV_OK;
}

static const uint8_t *find(const struct policy_set *set, const uint8_t *value, size_t *at)
{
	for (*at = 0; *at < set->count; (*at)++)
		if (!memcmp(set->values + *at * set->width, value, set->width))
			return set->values + *at * set->width;
	return NULL;
}

bool policy_has(const struct policy_set *set, const uint8_t *value)
{
	size_t at;

	return !set->count || find(set, value, &at);
}

uint32_t policy_number(const struct policy_set *set, size_t i)
{
	const uint8_t *v = set->values + i * set->width;

	return (uint32_t)(v[0] | v[1] << 8 | v[2] << 16) | (uint32_t)v[3] << 24;
}

const char *policy_name(const struct policy_set *set, const uint8_t *value)
{
	size_t at;

	return set->names && find(set, value, &at) && *set->names[at] ? set->names[at] : NULL;
}
