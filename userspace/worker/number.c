// SPDX-License-Identifier: MIT
#include "number.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scrub.h"

/*
 * Where a number has at most 15 significant digits and a small power of ten,
 * both are exact doubles and one rounding gives the nearest result (W. D.
 * Clinger, "How to read floating point numbers accurately", PLDI 1990). That
 * holds where double arithmetic rounds to double.
 */
#define EXACT_POWER	22
#define EXACT_MANTISSA	(1ull << 53)
#define DIGITS_U64	19	/* decimal digits that any uint64_t holds */
#define EXPONENT_CAP	100000

_Static_assert(FLT_EVAL_METHOD == 0, "double arithmetic must round to double");

struct decimal {
	uint64_t mantissa;
	int exponent;
	bool negative;
	bool exact;		/* mantissa holds all digits */
};

static const double powers[EXACT_POWER + 1] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t parse_sign(const char *text, size_t len, bool *negative)
{
	*negative = len && text[0] == '-';
	return len && (text[0] == '-' || text[0] == '+');
}

/* Digits with or without one point. Return: characters taken, 0 = malformed. */
static size_t parse_digits(const char *text, size_t len, struct decimal *d)
{
	size_t at, digits = 0, significant = 0;
	bool point = false;

	d->exact = true;
	for (at = 0; at < len; at++) {
		if (text[at] == '.' && !point) {
			point = true;
			continue;
		}
		if (!is_digit(text[at]))
			break;
		digits++;
		significant += significant || text[at] != '0';
		if (significant > DIGITS_U64) {
			d->exact = false;
			continue;
		}
		d->mantissa = d->mantissa * 10 + (uint64_t)(text[at] - '0');
		d->exponent -= point;
	}
	return digits ? at : 0;
}

/* Return: 0, also where there is none; -EINVAL when it is malformed. */
static int parse_exponent(const char *text, size_t len, struct decimal *d)
{
	bool negative;
	size_t at;
	int value = 0;

	if (!len)
		return 0;
	if (text[0] != 'e' && text[0] != 'E')
		return -EINVAL;
	at = 1 + parse_sign(text + 1, len - 1, &negative);
	if (at == len)
		return -EINVAL;
	for (; at < len; at++) {
		if (!is_digit(text[at]))
			return -EINVAL;
		if (value < EXPONENT_CAP)
			value = value * 10 + (text[at] - '0');
	}
	d->exponent += negative ? -value : value;
	return 0;
}

/* The slow road for the few that need it; strtod() works on the stack. */
static int parse_slowly(const char *text, size_t len, char *scratch, double *out)
{
	double value;

	memcpy(scratch, text, len);
	scratch[len] = '\0';
	value = strtod(scratch, NULL);
	scrub_stack();
	explicit_bzero(scratch, len);
	if (isinf(value))
		return -ERANGE;
	*out = value;
	return 0;
}

int number_parse(const char *text, size_t len, char *scratch, double *out)
{
	struct decimal d = { 0 };
	size_t at, used;
	double value;

	if (len > NUMBER_MAX)
		return -EMSGSIZE;
	at = parse_sign(text, len, &d.negative);
	used = parse_digits(text + at, len - at, &d);
	if (!used || parse_exponent(text + at + used, len - at - used, &d))
		return -EINVAL;
	if (!d.exact || d.mantissa > EXACT_MANTISSA ||
	    d.exponent < -EXACT_POWER || d.exponent > EXACT_POWER)
		return parse_slowly(text, len, scratch, out);
	value = (double)d.mantissa;
	value = d.exponent < 0 ? value / powers[-d.exponent] :
				 value * powers[d.exponent];
	*out = d.negative ? -value : value;
	return 0;
}
