/* SPDX-License-Identifier: MIT */
/*
 * Every word and number by which ward says why: verdicts and warnings, records and
 * their reasons, errnos, errors and exit codes of wardctl, checks of doctor, facts
 * of the machine, refusals of a broker.
 */
#ifndef WARDCTL_CODES_H
#define WARDCTL_CODES_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct code - one of them
 * @number: -1 = it has none
 * @word: as results have it
 * @of: what it belongs to, with blanks between: types of records, calls; or NULL
 * @meaning: a sentence
 * @mend: what to do, or NULL
 */
struct code {
	int number;
	const char *word;
	const char *of;
	const char *meaning;
	const char *mend;
};

/** struct code_kind - those of one kind; words may repeat among kinds */
struct code_kind {
	const char *name;
	const struct code *code;
	size_t n;
};

#define CODE_KIND(kind, table) { (kind), (table), sizeof(table) / sizeof((table)[0]) }

extern const struct code_kind code_events;
extern const struct code_kind code_event_reasons;
extern const struct code_kind code_ends;
extern const struct code_kind code_histories;
extern const struct code_kind code_errnos;
extern const struct code_kind code_errors;
extern const struct code_kind code_exits;
extern const struct code_kind code_checks;
extern const struct code_kind code_facts;
extern const struct code_kind code_providers;
extern const struct code_kind code_refusals;
extern const struct code_kind code_values;

/**
 * code_each - call @each with all of them, verdicts and warnings too, kind by kind
 * Returns what @each returned where that is not 0, which ends it.
 */
int code_each(int (*each)(const char *kind, const struct code *code, void *arg), void *arg);

/** code_event_reason - the word of a record's reason, or NULL */
const char *code_event_reason(uint16_t type, uint16_t reason);

#endif /* WARDCTL_CODES_H */
