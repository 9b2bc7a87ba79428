// SPDX-License-Identifier: MIT
/*
 * Where a member of a JSON object stands in its text. A signature is over bytes: what
 * a parser makes of them and writes again may differ in a space or in a letter's case.
 */
#include "cursor.h"
#include "store.h"

static uint8_t peek(const struct cursor *c)
{
	return cursor_left(c) ? c->data[c->at] : 0;
}

static void skip_space(struct cursor *c)
{
	while (peek(c) == ' ' || peek(c) == '\t' || peek(c) == '\n' || peek(c) == '\r')
		cursor_skip(c, 1);
}

/* From its opening quote to behind the closing one. */
static void skip_string(struct cursor *c)
{
	uint8_t b;

	if (cursor_u8(c) != '"')
		c->failed = true;
	while (!c->failed && (b = cursor_u8(c)) != '"')
		if (b == '\\')
			cursor_skip(c, 1);
}

/* Brackets are not told apart: the parser found them balanced. */
static void skip_nested(struct cursor *c)
{
	size_t depth = 0;

	do {
		uint8_t b = peek(c);

		if (b == '"') {
			skip_string(c);
			continue;
		}
		cursor_skip(c, 1);
		if (b == '{' || b == '[')
			depth++;
		else if (b == '}' || b == ']')
			depth--;
	} while (!c->failed && depth);
}

static void skip_value(struct cursor *c)
{
	uint8_t b = peek(c);

	if (b == '"')
		skip_string(c);
	else if (b == '{' || b == '[')
		skip_nested(c);
	else
		while (cursor_left(c) && b != ',' && b != '}' && b != ' ' && b != '\n' &&
		       b != '\r' && b != '\t') {
			cursor_skip(c, 1);
			b = peek(c);
		}
}

static bool key_is(const struct cursor *c, size_t start, const char *key)
{
	size_t len = strlen(key);

	return !c->failed && c->at - start == len + 2 && !memcmp(c->data + start + 1, key, len);
}

bool json_span(struct wv_bytes text, const char *key, struct wv_bytes *out)
{
	struct cursor c = cursor_over(text.data, text.len);
	size_t start;
	bool found;

	skip_space(&c);
	if (cursor_u8(&c) != '{')
		return false;
	do {
		skip_space(&c);
		start = c.at;
		skip_string(&c);
		found = key_is(&c, start, key);
		skip_space(&c);
		if (cursor_u8(&c) != ':')
			return false;
		skip_space(&c);
		start = c.at;
		skip_value(&c);
		if (found && !c.failed) {
			*out = (struct wv_bytes){ text.data + start, c.at - start };
			return true;
		}
		skip_space(&c);
	} while (cursor_u8(&c) == ',' && !c.failed);
	return false;
}
