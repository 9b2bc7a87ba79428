// SPDX-License-Identifier: MIT
/*
 * Words that stand for bits in a policy.
 */
#include <stdio.h>
#include <string.h>

#include "policy_read.h"

const struct policy_word policy_postures[] = {
	{ "mem-encrypt", WARD_POSTURE_MEM_ENCRYPT },
	{ "module-sig", WARD_POSTURE_MODULE_SIG },
	{ "kexec-loaded", WARD_POSTURE_KEXEC_LOADED },
	{ "hibernation-off", WARD_POSTURE_HIBERNATION_OFF },
	{ "lockdown-integrity", WARD_POSTURE_LOCKDOWN_INTEGRITY },
	{ "lockdown-confidentiality", WARD_POSTURE_LOCKDOWN_CONF },
	{ "exclusive", WARD_POSTURE_EXCLUSIVE },
	{ "init-on-free", WARD_POSTURE_INIT_ON_FREE },
	{ NULL, 0 },
};

static const struct policy_word *find(const struct policy_word *words, const json_t *v)
{
	for (; words->text; words++)
		if (json_is_string(v) && !strcmp(words->text, json_string_value(v)))
			return words;
	return NULL;
}

void policy_words_text(const struct policy_word *words, uint64_t bits, char *out, size_t size)
{
	size_t len = 0;

	snprintf(out, size, "none");
	for (; words->text && len < size; words++)
		if (words->bit & bits)
			len += (size_t)snprintf(out + len, size - len, "%s%s", len ? ", " : "",
						words->text);
}

int policy_read_words(struct doc_in *in, json_t *object, const char *key,
		      const struct policy_word *words, uint64_t *out)
{
	const struct policy_word *w;
	uint64_t bits = 0;
	char known[180];
	json_t *list, *v;
	size_t i;
	int rc = doc_list(in, object, key, POLICY_LIST_MAX, &list);

	if (rc || !list)
		return rc;
	json_array_foreach(list, i, v) {
		w = find(words, v);
		if (w) {
			bits |= w->bit;
			continue;
		}
		policy_words_text(words, ~0ull, known, sizeof(known));
		return doc_fault(in, key, "element %zu is none of %s", i + 1, known);
	}
	*out = bits;
	return WV_OK;
}

int policy_read_choice(struct doc_in *in, json_t *object, const char *key,
		       const struct policy_word *words, uint64_t *out)
{
	json_t *v = json_object_get(object, key);
	const struct policy_word *w = find(words, v);
	char known[180];

	in->object = object;
	if (!v)
		return WV_OK;
	policy_words_text(words, ~0ull, known, sizeof(known));
	if (!w)
		return doc_fault(in, key, "it is none of %s", known);
	*out = w->bit;
	return WV_OK;
}
