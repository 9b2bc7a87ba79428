// SPDX-License-Identifier: MIT
#include <string.h>

#include "codes.h"
#include "wardverify.h"

static const struct code_kind *const kinds[] = {
	&code_events, &code_event_reasons, &code_ends,	&code_errnos,	 &code_errors,
	&code_exits,  &code_checks,	   &code_facts, &code_providers, &code_values,
	&code_refusals, &code_histories,
};

static int each_verdict(int (*each)(const char *kind, const struct code *code, void *arg),
			void *arg)
{
	int reason, rc = 0;

	for (reason = wv_reason_next(-1); reason >= 0 && !rc; reason = wv_reason_next(reason)) {
		struct code code = {
			.number = reason,
			.word = wv_reason_text(reason),
			.meaning = wv_reason_explain(reason),
			.mend = wv_reason_mend(reason),
		};

		rc = each("verdict", &code, arg);
	}
	return rc;
}

static int each_warning(int (*each)(const char *kind, const struct code *code, void *arg),
			void *arg)
{
	int i, rc = 0;

	for (i = 0; i < WV_WARN_COUNT && !rc; i++) {
		struct code code = {
			.number = i,
			.word = wv_warning_text(i),
			.meaning = wv_warning_explain(i),
			.mend = wv_warning_mend(i),
		};

		rc = each("warning", &code, arg);
	}
	return rc;
}

int code_each(int (*each)(const char *kind, const struct code *code, void *arg), void *arg)
{
	int rc = each_verdict(each, arg) ?: each_warning(each, arg);
	size_t i, j;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (j = 0; j < kinds[i]->n && !rc; j++)
			rc = each(kinds[i]->name, &kinds[i]->code[j], arg);
	return rc;
}

const char *code_event_reason(uint16_t type, uint16_t reason)
{
	const struct code_kind *kind = &code_event_reasons;
	const char *of = wv_event_type_text(type);
	size_t i;

	for (i = 0; i < kind->n; i++)
		if (kind->code[i].number == reason && !strcmp(kind->code[i].of, of))
			return kind->code[i].word;
	return NULL;
}
