// SPDX-License-Identifier: MIT
#include "seal_words.h"

#include <stdlib.h>
#include <string.h>

#include "libward_seal.h"

int seal_words_pcrs(const char *text, uint32_t *pcrs)
{
	unsigned long n;
	char *end;

	*pcrs = 0;
	if (!strcmp(text, "none"))
		return 0;
	do {
		if (*text < '0' || *text > '9')
			return -1;
		n = strtoul(text, &end, 10);
		if (n >= WARD_SEAL_PCRS || (*end && *end != ','))
			return -1;
		*pcrs |= 1u << n;
		text = end + 1;
	} while (*end);
	return 0;
}

struct word {
	const char *word;
	uint32_t field;
	uint32_t bind;
};

static const struct word words[] = {
	{ "measurement", WARD_SEAL_SNP_MEASUREMENT, 0 },
	{ "policy", WARD_SEAL_SNP_POLICY, 0 },
	{ "image", WARD_SEAL_SNP_IMAGE, 0 },
	{ "family", WARD_SEAL_SNP_FAMILY, 0 },
	{ "svn", WARD_SEAL_SNP_SVN, 0 },
	{ "tcb", WARD_SEAL_SNP_TCB, 0 },
	{ "uid", 0, WARD_SEAL_BIND_UID },
	{ "cgroup", 0, WARD_SEAL_BIND_CGROUP },
	{ "module", 0, WARD_SEAL_BIND_MODULE },
};

static const struct word *find_word(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strlen(words[i].word) == len && !memcmp(words[i].word, text, len))
			return &words[i];
	}
	return NULL;
}

int seal_words_bind(const char *text, uint32_t *fields, uint32_t *bind)
{
	const struct word *word;
	size_t len;

	*fields = *bind = 0;
	for (;; text += len + 1) {
		len = strcspn(text, ",");
		word = find_word(text, len);
		if (!word)
			return -1;
		*fields |= word->field;
		*bind |= word->bind;
		if (!text[len])
			return 0;
	}
}
