// SPDX-License-Identifier: MIT
/*
 * cursor.h: every operation, from every state, with every argument. What moves bytes in a
 * loop is unwound up to the longest input; the others hold for any length of an object.
 */
#include "cursor.h"
#include "proof.h"

#ifndef LEN_MAX
#define LEN_MAX 64	/* --unwind is two more */
#endif

static bool sound(const struct cursor *c)
{
	return c->at <= c->len;
}

/* Sound, and otherwise any: in the middle, at the end, failed, over nothing. */
static struct cursor any_cursor(size_t max)
{
	struct cursor c;
	struct wv_bytes b = ending_bytes(max);

	if (nondet_bool())
		b = (struct wv_bytes){ NULL, 0 };
	c = cursor_over(b.data, b.len);
	__CPROVER_assert(sound(&c) && cursor_ok(&c) && cursor_left(&c) == b.len, "a new cursor");
	c.at = nondet_size_t();
	c.failed = nondet_bool();
	__CPROVER_assume(sound(&c));
	return c;
}

static void moved(const struct cursor *before, const struct cursor *after, size_t n)
{
	bool fits = !before->failed && n <= before->len - before->at;

	__CPROVER_assert(sound(after), "never behind the end");
	__CPROVER_assert(after->data == before->data && after->len == before->len, "same bytes");
	__CPROVER_assert(after->failed == !fits, "fails where, and only where, it does not fit");
	__CPROVER_assert(after->at == before->at + (fits ? n : 0), "moves by what it reads");
	__CPROVER_assert(cursor_left(after) == (fits ? after->len - after->at : 0), "what is left");
	__CPROVER_assert(cursor_done(after) == (fits && after->at == after->len), "done");
}

static void any_length(void)
{
	struct cursor c = any_cursor(LEN_MAX), was = c, s;
	size_t n = nondet_size_t(), at = nondet_size_t(), i = nondet_size_t();
	const uint8_t *p;

	if (nondet_bool()) {
		s = cursor_sub(&c, at, n);
		__CPROVER_assert(sound(&s), "a cursor inside of another is sound");
		__CPROVER_assert(s.failed || (s.len == (c.data ? n : 0) && at <= c.len &&
					      n <= c.len - at), "and is inside");
		__CPROVER_assert(s.failed || i >= s.len || __CPROVER_r_ok(s.data + i, 1),
				 "each of its bytes is there");
		return;
	}
	if (nondet_bool()) {
		cursor_skip(&c, n);
		moved(&was, &c, n);
		return;
	}
	p = cursor_take(&c, n);
	moved(&was, &c, n);
	__CPROVER_assert(!p || i >= n || __CPROVER_r_ok(p + i, 1), "each byte of the view is there");
	__CPROVER_assert(c.failed ? !p : p || !n, "a view, unless it failed");
}

static void loops(void)
{
	struct cursor c = any_cursor(LEN_MAX), was = c;
	size_t n = nondet_size_t(), i = nondet_size_t();
	uint8_t out[LEN_MAX];
	uint64_t v;

	switch (nondet_int()) {
	case 0:
		v = cursor_le(&c, n);
		moved(&was, &c, n);
		__CPROVER_assert(!c.failed || !v, "zero when it failed");
		__CPROVER_assert(c.failed || n != 2 || v == (uint64_t)(c.data[was.at] |
					c.data[was.at + 1] << 8), "little endian");
		break;
	case 1:
		v = cursor_be(&c, n);
		moved(&was, &c, n);
		__CPROVER_assert(!c.failed || !v, "zero when it failed");
		__CPROVER_assert(c.failed || n != 2 || v == (uint64_t)(c.data[was.at] << 8 |
					c.data[was.at + 1]), "big endian");
		break;
	case 2:
		__CPROVER_assume(n <= sizeof(out));
		cursor_copy(&c, out, n);
		moved(&was, &c, n);
		__CPROVER_assume(i < n);
		__CPROVER_assert(out[i] == (c.failed ? 0 : c.data[was.at + i]), "copied, or zero");
		break;
	case 3:
		cursor_zero(&c, n);
		__CPROVER_assert(sound(&c), "never behind the end");
		__CPROVER_assume(i < n);
		__CPROVER_assert(c.failed || !c.data[was.at + i], "all were zero");
		__CPROVER_assert(c.failed || c.at == was.at + n, "and it is behind them");
		break;
	default:
		cursor_u8(&c);
		cursor_le16(&c);
		cursor_le32(&c);
		cursor_le64(&c);
		cursor_be16(&c);
		cursor_be32(&c);
		cursor_be64(&c);
		__CPROVER_assert(sound(&c), "never behind the end");
		if (!was.failed && was.len - was.at >= 29)
			moved(&was, &c, 29);
		else
			__CPROVER_assert(!cursor_ok(&c), "one of them failed");
	}
}

void proof(void)
{
#ifdef PROOF_LOOPS
	loops();
#else
	any_length();
#endif
}
