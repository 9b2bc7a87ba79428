// SPDX-License-Identifier: MIT
/*
 * Members of a policy that are bits: {"mask": "0x...", "value": "0x..."}. A value
 * without a mask is all of them, a mask without a value asks for zeroes.
 */
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "policy_read.h"
#include "quote_policy.h"

/* "0x" and 1 to 16 digits. */
static bool bits_of(json_t *v, uint64_t *out)
{
	const char *text = json_is_string(v) ? json_string_value(v) : "";
	size_t i, len = strlen(text);

	*out = 0;
	if (len < 3 || len > 18 || strncmp(text, "0x", 2))
		return false;
	for (i = 2; i < len; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0)
			return false;
		*out = *out << 4 | (unsigned int)digit;
	}
	return true;
}

/* Absent = left as it is. */
static int read_number(struct doc_in *in, json_t *object, const char *key, uint64_t *out)
{
	json_t *v = json_object_get(object, key);

	if (!v || bits_of(v, out))
		return WV_OK;
	return doc_fault(in, key, "\"0x\" and 1 to 16 hexadecimal digits are expected");
}

int policy_read_bits(struct doc_in *in, json_t *object, const char *key, struct policy_bits *out)
{
	static const char *const members[] = { "mask", "value", NULL };
	json_t *bits = json_object_get(object, key);
	int rc;

	if (!bits)
		return WV_OK;
	if (!json_is_object(bits) || !json_object_size(bits))
		return doc_fault(in, key, "an object with mask, value or both is expected");
	rc = doc_known(in, bits, members);
	if (rc)
		return rc;
	in->object = bits;
	out->mask = ~0ull;
	rc = read_number(in, bits, "mask", &out->mask) ?:
	     read_number(in, bits, "value", &out->want);
	if (!rc && !out->mask)
		rc = doc_fault(in, "mask", "a mask of no bits asks for nothing");
	if (!rc && out->want & ~out->mask)
		rc = doc_fault(in, "value", "it has bits that the mask leaves out");
	in->object = object;
	return rc;
}

#define BITS_TEXT 64

int policy_bits_rule(struct rules *rules, const char *name, const struct policy_bits *bits,
		     uint64_t found, int reason, const char *field, int64_t offset)
{
	char expected[BITS_TEXT], have[BITS_TEXT];
	struct wv_rule says = { .name = name, .held = (found & bits->mask) == bits->want,
				.reason = reason, .field = field, .offset = offset,
				.expected = expected, .found = have };

	if (!bits->mask)
		return WV_OK;
	snprintf(expected, sizeof(expected), "0x%llx under 0x%llx",
		 (unsigned long long)bits->want, (unsigned long long)bits->mask);
	snprintf(have, sizeof(have), "0x%llx", (unsigned long long)found);
	return rule(rules, &says, "%s is not %s", have, expected);
}

int policy_clear_rule(struct rules *rules, const char *name, uint64_t refused, uint64_t found,
		      int reason, const char *field, int64_t offset, const char *what)
{
	char expected[BITS_TEXT], have[BITS_TEXT];
	struct wv_rule says = { .name = name, .held = !(found & refused), .reason = reason,
				.field = field, .offset = offset, .expected = expected,
				.found = have };

	snprintf(expected, sizeof(expected), "none of 0x%llx", (unsigned long long)refused);
	snprintf(have, sizeof(have), "0x%llx", (unsigned long long)found);
	return rule(rules, &says, "%s: bits 0x%llx are set in %s", what,
		    (unsigned long long)(found & refused), have);
}
