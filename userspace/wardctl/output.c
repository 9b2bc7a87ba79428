// SPDX-License-Identifier: MIT
/*
 * Results as one JSON tree, printed as JSON or, walked, as text.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

#define OUT_DEPTH 16

/*
 * stack[0] is the root object; depth is the level that is open. Sentences for
 * people are kept in the tree under keys that start with '#': JSON leaves
 * them out.
 */
struct output {
	FILE *stream;
	bool json;
	bool compact;
	bool failed;
	int depth;
	unsigned int lines;
	json_t *stack[OUT_DEPTH];
};

struct output *out_new(FILE *stream, bool json)
{
	struct output *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->stream = stream;
	o->json = json;
	o->stack[0] = json_object();
	if (!o->stack[0]) {
		free(o);
		return NULL;
	}
	return o;
}

void out_compact(struct output *o)
{
	o->compact = true;
}

void out_free(struct output *o)
{
	if (!o)
		return;
	json_decref(o->stack[0]);
	free(o);
}

void out_reset(struct output *o)
{
	json_object_clear(o->stack[0]);
	o->depth = 0;
}

/* Takes over the reference to @value. */
static void put(struct output *o, const char *key, json_t *value)
{
	json_t *top = o->stack[o->depth];
	int rc;

	if (json_is_array(top))
		rc = json_array_append_new(top, value);
	else
		rc = key ? json_object_set_new(top, key, value) : -1;
	if (rc)
		o->failed = true;
}

static void push(struct output *o, const char *key, json_t *level)
{
	if (!level || o->depth + 1 >= OUT_DEPTH) {
		o->failed = true;
		json_decref(level);
		return;
	}
	put(o, key, level);
	o->stack[++o->depth] = level;
}

void out_object(struct output *o, const char *key)
{
	push(o, key, json_object());
}

void out_list(struct output *o, const char *key)
{
	push(o, key, json_array());
}

void out_close(struct output *o)
{
	if (o->depth > 0)
		o->depth--;
	else
		o->failed = true;
}

/* Bytes that are not UTF-8 have no place in JSON: every one becomes '?'. */
static json_t *text_value(const char *s)
{
	json_t *v = json_string(s);
	char *copy, *p;

	if (v)
		return v;
	copy = strdup(s);
	if (!copy)
		return NULL;
	for (p = copy; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	v = json_string(copy);
	free(copy);
	return v;
}

void out_text(struct output *o, const char *key, const char *value)
{
	put(o, key, value ? text_value(value) : json_null());
}

void out_textf(struct output *o, const char *key, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out_text(o, key, text);
}

/* JSON numbers are doubles to many readers: what exceeds 2^63-1 goes as text. */
void out_uint(struct output *o, const char *key, uint64_t value)
{
	if (value > INT64_MAX)
		out_textf(o, key, "%llu", (unsigned long long)value);
	else
		put(o, key, json_integer((json_int_t)value));
}

void out_int(struct output *o, const char *key, int64_t value)
{
	put(o, key, json_integer(value));
}

void out_real(struct output *o, const char *key, double value)
{
	put(o, key, json_real(value));
}

void out_bool(struct output *o, const char *key, bool value)
{
	put(o, key, json_boolean(value));
}

void out_null(struct output *o, const char *key)
{
	put(o, key, json_null());
}

void out_hex(struct output *o, const char *key, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = data;
	char *s = malloc(2 * len + 1);
	size_t i;

	if (!s) {
		o->failed = true;
		return;
	}
	for (i = 0; i < len; i++) {
		s[2 * i] = digits[p[i] >> 4];
		s[2 * i + 1] = digits[p[i] & 15];
	}
	s[2 * len] = '\0';
	put(o, key, json_string(s));
	free(s);
}

void out_line(struct output *o, const char *fmt, ...)
{
	char text[2048], key[16];
	va_list ap;

	if (o->json)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(key, sizeof(key), "#%u", o->lines++);
	put(o, key, text_value(text));
}

bool out_parsed(struct output *o, const char *key, const char *json)
{
	json_t *v = json_loads(json, JSON_REJECT_DUPLICATES, NULL);

	if (!v)
		return false;
	if (key || json_is_array(o->stack[o->depth])) {
		put(o, key, v);
		return true;
	}
	if (json_object_update(o->stack[o->depth], v))
		o->failed = true;
	json_decref(v);
	return true;
}

static void indent(FILE *f, int level)
{
	fprintf(f, "%*s", 2 * level, "");
}

/* C0, DEL, and C1 in UTF-8: a terminal obeys them. */
static size_t control_len(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	if (*p < 0x20 || *p == 0x7f)
		return 1;
	return p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0 ? 2 : 0;
}

void out_tame(char *text)
{
	char *to = text;

	while (*text) {
		size_t n = *text == '\n' || *text == '\t' ? 0 : control_len(text);

		*to++ = n ? '?' : *text;
		text += n ? n : 1;
	}
	*to = 0;
}

/* Control characters never reach a terminal. */
static void show_string(FILE *f, const char *s)
{
	while (*s) {
		size_t n = control_len(s);

		fputc(n ? '?' : *s, f);
		s += n ? n : 1;
	}
}

static void show_scalar(FILE *f, const json_t *v)
{
	if (json_is_string(v))
		show_string(f, json_string_value(v));
	else if (json_is_integer(v))
		fprintf(f, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		fprintf(f, "%g", json_real_value(v));
	else
		fputs(json_is_true(v) ? "yes" : json_is_false(v) ? "no" : "-", f);
}

static void show_key(FILE *f, const char *key)
{
	for (; *key; key++)	/* it may be a member of a stranger's JSON */
		fputc(*key == '_' ? ' ' : control_len(key) ? '?' : *key, f);
}

static int key_width(json_t *object)
{
	const char *key;
	json_t *v;
	int width = 0;

	json_object_foreach(object, key, v)
		if (*key != '#' && !json_is_object(v) && !json_is_array(v) &&
		    (int)strlen(key) > width)
			width = (int)strlen(key);
	return width;
}

static void show_list(FILE *f, json_t *list, int level);
static void show_object(FILE *f, json_t *object, int level, bool begun);

/* @begun: the first line is indented already, behind the dash of a list. */
static void show(FILE *f, json_t *v, int level, bool begun)
{
	if (json_is_object(v) && json_object_size(v)) {
		show_object(f, v, level, begun);
	} else if (json_is_array(v) && json_array_size(v)) {
		if (begun)
			fputc('\n', f);
		show_list(f, v, level);
	} else if (begun) {
		show_scalar(f, v);
		fputc('\n', f);
	}
}

static void show_list(FILE *f, json_t *list, int level)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		indent(f, level);
		fputs("- ", f);
		show(f, v, level + 1, true);
	}
}

static void show_object(FILE *f, json_t *object, int level, bool begun)
{
	int width = key_width(object);
	const char *key;
	json_t *v;

	json_object_foreach(object, key, v) {
		if (!begun)
			indent(f, level);
		begun = false;
		if (*key == '#') {
			show_string(f, json_string_value(v));
		} else if (json_is_object(v) || json_is_array(v)) {
			show_key(f, key);
			fputs(json_object_size(v) || json_array_size(v) ? ":\n" : ": -\n", f);
			show(f, v, level + 1, false);
			continue;
		} else {
			show_key(f, key);
			fprintf(f, ":%*s", width - (int)strlen(key) + 1, "");
			show_scalar(f, v);
		}
		fputc('\n', f);
	}
}

/* 15 digits: 2.74 is written as that, and every figure of ours is exact. */
static size_t json_flags(const struct output *o)
{
	return (o->compact ? JSON_COMPACT : JSON_INDENT(2)) | JSON_REAL_PRECISION(15);
}

bool out_finish(struct output *o)
{
	if (o->failed)
		return false;
	if (!json_object_size(o->stack[0]))
		return fflush(o->stream) == 0;
	if (!o->json)
		show(o->stream, o->stack[0], 0, false);
	else if (json_dumpf(o->stack[0], o->stream, json_flags(o)) || fputc('\n', o->stream) == EOF)
		return false;
	return fflush(o->stream) == 0 && !ferror(o->stream);
}
