/* SPDX-License-Identifier: MIT */
/*
 * Base64url without padding (RFC 7515 appendix C), and plain base64 where others use it. A
 * header alone, as hex.h is, so that every room can use it whatever library it links.
 */
#ifndef WARD_B64_H
#define WARD_B64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** B64_TEXT_LEN - room for @n bytes as base64url, with the final NUL */
#define B64_TEXT_LEN(n)	(((n) * 4 + 2) / 3 + 1)
/** B64_DATA_LEN - room for what @n characters can hold */
#define B64_DATA_LEN(n)	((n) / 4 * 3 + 3)

/** b64url_encode - @out has B64_TEXT_LEN(len) bytes */
static inline void b64url_encode(const uint8_t *data, size_t len, char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	int count = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | data[i];
		for (count += 8; count >= 6; count -= 6)
			*out++ = digits[bits >> (count - 6) & 63];
	}
	if (count)
		*out++ = digits[bits << (6 - count) & 63];
	*out = '\0';
}

/** b64_digit - value of a character, -1 = none; @plain: '+' and '/' are some, too */
static inline int b64_digit(char c, bool plain)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-' || (plain && c == '+'))
		return 62;
	return c == '_' || (plain && c == '/') ? 63 : -1;
}

static inline bool b64_decode_by(bool plain, const char *text, size_t n, uint8_t *out, size_t *len)
{
	uint32_t bits = 0;
	int count = 0, v;

	*len = 0;
	if (n % 4 == 1)
		return false;
	for (size_t i = 0; i < n; i++) {
		v = b64_digit(text[i], plain);
		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		out[(*len)++] = (uint8_t)(bits >> count);
	}
	return !(bits & ((1u << count) - 1));
}

/**
 * b64url_decode - of @n characters, in one spelling alone: no padding, no other
 *	character, no bits left over; @out has B64_DATA_LEN(n) bytes
 */
static inline bool b64url_decode(const char *text, size_t n, uint8_t *out, size_t *len)
{
	return b64_decode_by(false, text, n, out, len);
}

/** b64_decode - the same of base64 or base64url, padded or not */
static inline bool b64_decode(const char *text, size_t n, uint8_t *out, size_t *len)
{
	if (n && n % 4 == 0 && text[n - 1] == '=')
		n -= text[n - 2] == '=' ? 2 : 1;
	return b64_decode_by(true, text, n, out, len);
}

#endif /* WARD_B64_H */
