// SPDX-License-Identifier: MIT
/* Which registers, in words. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vtpm_quote.h"

static const struct {
	const char *name;
	TPMI_ALG_HASH bank;
} banks[] = {
	{ "sha1:", TPM2_ALG_SHA1 },
	{ "sha256:", TPM2_ALG_SHA256 },
	{ "sha384:", TPM2_ALG_SHA384 },
	{ "sha512:", TPM2_ALG_SHA512 },
};

static const char *bank_read(const char *text, TPMI_ALG_HASH *bank)
{
	for (size_t i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
		size_t n = strlen(banks[i].name);

		if (!strncmp(text, banks[i].name, n)) {
			*bank = banks[i].bank;
			return text + n;
		}
	}
	return NULL;
}

/* A number below VTPM_PCR_COUNT, of one or two digits; NULL = none. */
static const char *number_read(const char *text, unsigned int *out)
{
	*out = 0;
	if (*text < '0' || *text > '9')
		return NULL;
	*out = (unsigned int)(*text++ - '0');
	if (*text >= '0' && *text <= '9')
		*out = *out * 10 + (unsigned int)(*text++ - '0');
	return *out < VTPM_PCR_COUNT ? text : NULL;
}

/* "N" or "N-M" */
static const char *range_read(const char *text, uint32_t *mask)
{
	unsigned int from, to;

	text = number_read(text, &from);
	to = from;
	if (text && *text == '-')
		text = number_read(text + 1, &to);
	if (!text || to < from)
		return NULL;
	while (from <= to)
		*mask |= 1u << from++;
	return text;
}

int vtpm_pcrs_read(const char *text, struct vtpm_pcrs *out, struct trouble *why)
{
	struct vtpm_pcrs pcrs = { .mask = 0 };
	const char *at = bank_read(text, &pcrs.bank);

	if (at)
		at = range_read(at, &pcrs.mask);
	while (at && *at == '+')
		at = range_read(at + 1, &pcrs.mask);
	if (!at || *at)
		return trouble_set(why, -EINVAL, "pcrs=%.60s: BANK:N[-M][+N[-M]]... is wanted, "
				   "with registers 0 to 23: sha256:0-15, say", text);
	*out = pcrs;
	return 0;
}
