// SPDX-License-Identifier: MIT
#include <string.h>

#include "policy_words.h"

static const char *const latches[] = { "rules", "posture", "refuse" };
const struct device_words policy_latches = { latches, sizeof(latches) / sizeof(latches[0]) };

static bool bit_of(const char *word, size_t len, const struct device_words *words, uint64_t *bits)
{
	size_t i;

	for (i = 0; i < words->n; i++)
		if (*words->word[i] && strlen(words->word[i]) == len &&
		    !strncmp(words->word[i], word, len)) {
			*bits |= 1ull << i;
			return true;
		}
	return false;
}

bool policy_bits(const char *list, const struct device_words *words, uint64_t *bits)
{
	size_t len;

	if (!strcmp(list, "none"))
		return true;
	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if (!bit_of(list, len, words, bits))
			return false;
		if (!list[len])
			return true;
	}
}

/* Raw report data is named where it is meant: no part of "all". */
bool policy_purposes(const char *list, uint32_t *out)
{
	static const char *const all = "all";
	uint64_t bits = 0;
	size_t len;

	*out = 0;
	if (!strcmp(list, "none"))
		return true;
	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if (len == strlen(all) && !strncmp(list, all, len))
			bits |= WARD_PURPOSES_ALL;
		else if (!bit_of(list, len, &device_purposes, &bits))
			return false;
		if (!list[len])
			break;
	}
	*out = (uint32_t)bits;
	return true;
}
