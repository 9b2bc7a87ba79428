/* SPDX-License-Identifier: MIT */
/*
 * One field of a table, and what it becomes: a number, a moment, one of some words. Nothing
 * is copied out of protected memory.
 *
 * A field may stand in double quotes, with a doubled one inside for each of its own
 * (RFC 4180 section 2); blanks outside of them do not count. It may not hold a line's end.
 */
#ifndef WARD_WORKER_FIELD_H
#define WARD_WORKER_FIELD_H

#include <stdbool.h>
#include <stddef.h>

/**
 * enum field_kind - what is made of a column
 * @FIELD_NUMBER: the number, as number.h reads it
 * @FIELD_SKIP: nothing: any text may stand there
 * @FIELD_TIME: seconds since 1970 of YYYY-MM-DD, a blank or T, HH:MM or HH:MM:SS, maybe Z;
 *	of a date alone its midnight; a number stays what it is
 * @FIELD_WORD: the place of the text among words, from 0; FIELD_OTHER if it is none of them
 * @FIELD_NAME: a number that two equal texts share, and two others do not (but for one pair
 *	in 2^53)
 */
enum field_kind { FIELD_NUMBER, FIELD_SKIP, FIELD_TIME, FIELD_WORD, FIELD_NAME };

#define FIELD_OTHER	(-1.0)

/**
 * struct field_use - what is made of a column
 * @kind: see there
 * @words: of FIELD_WORD; the caller's
 * @count: how many
 */
struct field_use {
	enum field_kind kind;
	const char *const *words;
	size_t count;
};

/**
 * struct field - where a field lies
 * @at: its text, without the quotes around it
 * @len: bytes
 * @quoted: it stood in quotes, and pairs of them inside stand for one
 */
struct field {
	const char *at;
	size_t len;
	bool quoted;
};

/**
 * field_cut() - take the next field off a line
 * @line: the rest of the line; moved behind the field and its delimiter
 * @len: bytes of it
 * @delimiter: between fields
 * @out: filled in
 * @more: a delimiter followed
 *
 * Return: 0; -EINVAL: a quote that is not closed, or text behind one that is.
 */
int field_cut(const char **line, size_t *len, char delimiter, struct field *out, bool *more);

/**
 * field_is() - does it say this
 * @field: field
 * @text: NUL terminated
 *
 * Return: true if so.
 */
bool field_is(const struct field *field, const char *text);

/**
 * field_value() - what becomes of it
 * @field: field, not missing
 * @use: of its column
 * @scratch: as number_parse() takes it
 * @out: filled in; 0 for FIELD_SKIP
 *
 * Return: 0; -EINVAL: neither number nor moment; as number_parse().
 */
int field_value(const struct field *field, const struct field_use *use, char *scratch,
		double *out);

#endif /* WARD_WORKER_FIELD_H */
