// SPDX-License-Identifier: MIT
#include "field.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "number.h"

/* ---- where it lies ----------------------------------------------------------- */

static bool is_blank(char c, char delimiter)
{
	return c == ' ' || (c == '\t' && delimiter != '\t');
}

static void trim(struct field *field, char delimiter)
{
	while (field->len && is_blank(field->at[0], delimiter)) {
		field->at++;
		field->len--;
	}
	while (field->len && is_blank(field->at[field->len - 1], delimiter))
		field->len--;
}

/* Behind the quote that closes: bytes from @at, or 0 where none does. */
static size_t quoted_len(const char *at, size_t len)
{
	size_t i;

	for (i = 1; i < len; i++) {
		if (at[i] != '"')
			continue;
		if (i + 1 == len || at[i + 1] != '"')
			return i + 1;
		i++;
	}
	return 0;
}

static size_t leading_blanks(const char *at, size_t len, char delimiter)
{
	size_t i = 0;

	while (i < len && is_blank(at[i], delimiter))
		i++;
	return i;
}

int field_cut(const char **line, size_t *len, char delimiter, struct field *out, bool *more)
{
	size_t blanks = leading_blanks(*line, *len, delimiter), quoted = 0;
	const char *cut;

	if (blanks < *len && (*line)[blanks] == '"') {
		quoted = quoted_len(*line + blanks, *len - blanks);
		if (!quoted)
			return -EINVAL;
		quoted += blanks;
	}
	cut = *len > quoted ? memchr(*line + quoted, delimiter, *len - quoted) : NULL;
	*out = (struct field){ *line, cut ? (size_t)(cut - *line) : *len, quoted };
	*more = cut;
	*line += out->len + !!cut;
	*len -= out->len + !!cut;
	trim(out, delimiter);
	if (!quoted)
		return 0;
	if (out->len != quoted - blanks)
		return -EINVAL;
	out->at++;
	out->len -= 2;
	return 0;
}

/* ---- what it says ------------------------------------------------------------- */

/* The byte at @i, which moves behind it. */
static char take_byte(const struct field *field, size_t *i)
{
	char c = field->at[(*i)++];

	if (field->quoted && c == '"')
		(*i)++;
	return c;
}

bool field_is(const struct field *field, const char *text)
{
	size_t i = 0;

	while (i < field->len && *text) {
		if (take_byte(field, &i) != *text++)
			return false;
	}
	return i >= field->len && !*text;
}

static double word_of(const struct field *field, const struct field_use *use)
{
	size_t i;

	for (i = 0; i < use->count; i++) {
		if (field_is(field, use->words[i]))
			return (double)i;
	}
	return FIELD_OTHER;
}

static double name_of(const struct field *field)
{
	uint64_t hash = 0xcbf29ce484222325ull;	/* FNV-1a */
	size_t i = 0;

	while (i < field->len)
		hash = (hash ^ (uint8_t)take_byte(field, &i)) * 0x100000001b3ull;
	return (double)((hash ^ hash >> 53) & ((1ull << 53) - 1));
}

/* ---- moments --------------------------------------------------------------------- */

/* @digits digits at @*at, then @behind. Return: their number, or -1. */
static int take_digits(const struct field *field, size_t *at, int digits, char behind)
{
	int value = 0;

	for (; digits; digits--, (*at)++) {
		if (*at >= field->len || field->at[*at] < '0' || field->at[*at] > '9')
			return -1;
		value = 10 * value + (field->at[*at] - '0');
	}
	if (!behind)
		return value;
	if (*at >= field->len || field->at[*at] != behind)
		return -1;
	(*at)++;
	return value;
}

/* Days since 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* HH:MM or HH:MM:SS, maybe Z, to the end. Return: seconds, or -1. */
static int time_of_day(const struct field *field, size_t at)
{
	int hour = take_digits(field, &at, 2, ':'), minute = take_digits(field, &at, 2, '\0');
	int second = 0;

	if (at < field->len && field->at[at] == ':') {
		at++;
		second = take_digits(field, &at, 2, '\0');
	}
	at += at < field->len && field->at[at] == 'Z';
	if (at != field->len || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
	    second < 0 || second > 60)
		return -1;
	return 3600 * hour + 60 * minute + second;
}

static int moment_of(const struct field *field, double *out)
{
	size_t at = 0;
	int year = take_digits(field, &at, 4, '-'), month = take_digits(field, &at, 2, '-');
	int day = take_digits(field, &at, 2, '\0'), seconds = 0;

	if (year < 0 || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
		return -EINVAL;
	if (at < field->len) {
		if (field->at[at] != ' ' && field->at[at] != 'T')
			return -EINVAL;
		seconds = time_of_day(field, at + 1);
	}
	if (seconds < 0)
		return -EINVAL;
	*out = (double)days_of(year, month, day) * 86400 + seconds;
	return 0;
}

int field_value(const struct field *field, const struct field_use *use, char *scratch,
		double *out)
{
	*out = 0;
	switch (use->kind) {
	case FIELD_SKIP:
		return 0;
	case FIELD_WORD:
		*out = word_of(field, use);
		return 0;
	case FIELD_NAME:
		*out = name_of(field);
		return 0;
	case FIELD_TIME:
		if (!moment_of(field, out))
			return 0;
		/* fallthrough */
	default:
		return number_parse(field->at, field->len, scratch, out);
	}
}
