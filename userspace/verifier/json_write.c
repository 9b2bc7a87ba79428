// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "hex.h"
#include "json_write.h"
#include "when.h"

struct json_out out_start(void)
{
	return (struct json_out){ .object = json_object() };
}

json_t *out_take(struct json_out *o)
{
	json_t *object = o->object;

	o->object = NULL;
	return object;
}

char *out_text_of(struct json_out *o)
{
	char *text = o->object ? json_dumps(o->object, JSON_INDENT(2)) : NULL;

	json_decref(o->object);
	o->object = NULL;
	return text;
}

void out_put(struct json_out *o, const char *key, json_t *value)
{
	if (o->object && value && !json_object_set_new(o->object, key, value))
		return;
	if (!o->object)
		json_decref(value);
	json_decref(o->object);
	o->object = NULL;
}

void out_put_text(struct json_out *o, const char *key, const char *value)
{
	out_put(o, key, value ? json_string(value) : json_null());
}

void out_put_number(struct json_out *o, const char *key, uint64_t value)
{
	char text[24];

	if (value <= INT64_MAX) {
		out_put(o, key, json_integer((json_int_t)value));
		return;
	}
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	out_put_text(o, key, text);
}

void out_put_limit(struct json_out *o, const char *key, uint64_t value)
{
	if (value == UINT64_MAX)
		out_put(o, key, json_null());
	else
		out_put_number(o, key, value);
}

void out_put_bool(struct json_out *o, const char *key, bool value)
{
	out_put(o, key, json_boolean(value));
}

json_t *hex_json(const uint8_t *data, size_t len)
{
	char *text = malloc(2 * len + 1);
	json_t *value = NULL;

	if (text) {
		hex_encode(data, len, text);
		value = json_string(text);
	}
	free(text);
	return value;
}

void out_put_hex(struct json_out *o, const char *key, const uint8_t *data, size_t len)
{
	out_put(o, key, hex_json(data, len));
}

void out_put_when(struct json_out *o, const char *key, int64_t t)
{
	char text[WHEN_TEXT_LEN];

	when_text(t, text);
	out_put_text(o, key, text);
}
