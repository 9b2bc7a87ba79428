/* SPDX-License-Identifier: MIT */
/*
 * Reading foreign bytes. Every access is checked against the end; the first
 * one that fails marks the cursor, and from then on all reads give zeroes and
 * empty views, so that a parser may read a whole structure and ask once.
 */
#ifndef WARD_CURSOR_H
#define WARD_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * struct cursor - a position in bytes that somebody else owns
 * @data: all of them
 * @len: how many
 * @at: next byte to be read; after a failure the place where it happened
 * @failed: a read went past the end, or a byte that must be zero was not
 */
struct cursor {
	const uint8_t *data;
	size_t len;
	size_t at;
	bool failed;
};

static inline struct cursor cursor_over(const void *data, size_t len)
{
	struct cursor c = { .data = data, .len = data ? len : 0 };

	return c;
}

/** cursor_ok - nothing failed so far */
static inline bool cursor_ok(const struct cursor *c)
{
	return !c->failed;
}

static inline size_t cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : c->len - c->at;
}

/** cursor_done - nothing failed and nothing is left */
static inline bool cursor_done(const struct cursor *c)
{
	return !c->failed && c->at == c->len;
}

/** cursor_take - view of the next @n bytes, or NULL; moves past them */
static inline const uint8_t *cursor_take(struct cursor *c, size_t n)
{
	const uint8_t *p;

	if (c->failed || n > c->len - c->at) {
		c->failed = true;
		return NULL;
	}
	p = c->data ? c->data + c->at : NULL;	/* no arithmetic on what is not there */
	c->at += n;
	return p;
}

/** cursor_copy - the next @n bytes into @out; zeroes when they are not there */
static inline void cursor_copy(struct cursor *c, void *out, size_t n)
{
	const uint8_t *p = cursor_take(c, n);

	if (p)
		memcpy(out, p, n);
	else
		memset(out, 0, n);
}

static inline void cursor_skip(struct cursor *c, size_t n)
{
	cursor_take(c, n);
}

/** cursor_zero - the next @n bytes must be zero; stops at the first that is not */
static inline void cursor_zero(struct cursor *c, size_t n)
{
	size_t i;

	if (c->failed || n > c->len - c->at) {
		c->failed = true;
		return;
	}
	for (i = 0; i < n; i++, c->at++) {
		if (c->data[c->at]) {
			c->failed = true;
			return;
		}
	}
}

/** cursor_sub - a cursor over @n bytes from absolute @offset; failed if outside */
static inline struct cursor cursor_sub(const struct cursor *c, size_t offset, size_t n)
{
	struct cursor s = { .data = NULL, .failed = true };

	if (c->failed || offset > c->len || n > c->len - offset)
		return s;
	return cursor_over(c->data ? c->data + offset : NULL, n);
}

static inline uint64_t cursor_le(struct cursor *c, size_t n)
{
	const uint8_t *p = cursor_take(c, n);
	uint64_t v = 0;

	while (p && n--)
		v = v << 8 | p[n];
	return v;
}

static inline uint64_t cursor_be(struct cursor *c, size_t n)
{
	const uint8_t *p = cursor_take(c, n);
	uint64_t v = 0;

	for (; p && n; n--)
		v = v << 8 | *p++;
	return v;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)cursor_le(c, 1);
}

static inline uint16_t cursor_le16(struct cursor *c)
{
	return (uint16_t)cursor_le(c, 2);
}

static inline uint32_t cursor_le32(struct cursor *c)
{
	return (uint32_t)cursor_le(c, 4);
}

static inline uint64_t cursor_le64(struct cursor *c)
{
	return cursor_le(c, 8);
}

static inline uint16_t cursor_be16(struct cursor *c)
{
	return (uint16_t)cursor_be(c, 2);
}

static inline uint32_t cursor_be32(struct cursor *c)
{
	return (uint32_t)cursor_be(c, 4);
}

static inline uint64_t cursor_be64(struct cursor *c)
{
	return cursor_be(c, 8);
}

#endif /* WARD_CURSOR_H */
