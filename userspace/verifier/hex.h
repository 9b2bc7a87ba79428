/* SPDX-License-Identifier: MIT */
/*
 * Hexadecimal text. A header alone, as cursor.h is, so that every room can use
 * it whatever library it links.
 */
#ifndef WARD_HEX_H
#define WARD_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** hex_encode - lower case, with a final NUL: @out has 2 * @len + 1 bytes */
static inline void hex_encode(const uint8_t *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		*out++ = digits[data[i] >> 4];
		*out++ = digits[data[i] & 15];
	}
	*out = '\0';
}

/** hex_digit_lower - value of a digit, upper case is none; -1 = no digit */
static inline int hex_digit_lower(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** hex_digit - value of a digit of either case; -1 = no digit */
static inline int hex_digit(char c)
{
	return hex_digit_lower(c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c);
}

static inline bool hex_decode_by(int (*value)(char c), const char *text, uint8_t *out,
				 size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		int hi = value(text[2 * i]);
		int lo = hi < 0 ? -1 : value(text[2 * i + 1]);

		if (lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return text[2 * len] == '\0';
}

/** hex_decode - exactly 2 * @len digits of either case and nothing after them */
static inline bool hex_decode(const char *text, uint8_t *out, size_t len)
{
	return hex_decode_by(hex_digit, text, out, len);
}

/** hex_decode_lower - the same where only one spelling may pass: lower case */
static inline bool hex_decode_lower(const char *text, uint8_t *out, size_t len)
{
	return hex_decode_by(hex_digit_lower, text, out, len);
}

#endif /* WARD_HEX_H */
