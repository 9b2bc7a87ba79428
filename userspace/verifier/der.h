/* SPDX-License-Identifier: MIT */
/*
 * One element of DER at a time: X.690 with definite lengths in their shortest form
 * and tags of one byte. A header alone, as cursor.h is.
 */
#ifndef WARD_DER_H
#define WARD_DER_H

#include "cursor.h"

enum der_tag {
	DER_INTEGER = 0x02,
	DER_OCTETS = 0x04,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_SEQUENCE = 0x30,
};

/* 0x81 and 0x82 are followed by one and two bytes of length; more is not met here. */
static inline size_t der_length(struct cursor *c)
{
	uint8_t first = cursor_u8(c);
	size_t len = first;

	if (first == 0x81 || first == 0x82)
		len = (size_t)cursor_be(c, first & 3u);
	if ((first == 0x81 && len < 0x80) || (first == 0x82 && len < 0x100) || first == 0x80 ||
	    first > 0x82)
		c->failed = true;
	return len;
}

/** der_next - contents of the next element, which must be of @tag; else failed, as is @c */
static inline struct cursor der_next(struct cursor *c, uint8_t tag)
{
	struct cursor in = { .failed = true };
	uint8_t found = cursor_u8(c);
	size_t len = der_length(c);
	const uint8_t *p;

	if (found != tag)
		c->failed = true;
	p = cursor_take(c, len);
	if (p)
		in = cursor_over(p, len);
	return in;
}

/** der_number - a non-negative INTEGER or ENUMERATED (@tag) of at most 32 bits */
static inline uint32_t der_number(struct cursor *c, uint8_t tag)
{
	struct cursor in = der_next(c, tag);
	size_t len = cursor_left(&in);
	uint64_t v = cursor_be(&in, len <= 5 ? len : 0);

	if (!len || len > 5 || in.data[0] & 0x80 || v > UINT32_MAX ||
	    (len > 1 && !in.data[0] && !(in.data[1] & 0x80)))
		c->failed = true;
	return c->failed ? 0 : (uint32_t)v;
}

#endif /* WARD_DER_H */
