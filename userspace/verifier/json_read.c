// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "hex.h"
#include "json_place.h"
#include "json_read.h"
#include "near.h"

static void place(struct doc_in *in, size_t offset)
{
	size_t i;

	in->fault->line = 1;
	in->fault->column = 1;
	in->fault->offset = (int64_t)offset;
	for (i = 0; i < offset && i < in->text.len; i++) {
		in->fault->column++;
		if (in->text.data[i] == '\n') {
			in->fault->line++;
			in->fault->column = 1;
		}
	}
}

/* Of the object that was looked at last, or of another that has such a member. */
static void place_key(struct doc_in *in, const char *key)
{
	int64_t at = json_place(in->text, in->root, in->object ? in->object : in->root, key);

	if (at < 0)
		at = json_place(in->text, in->root, NULL, key);
	if (at >= 0)
		place(in, (size_t)at);
}

int doc_fault(struct doc_in *in, const char *key, const char *fmt, ...)
{
	char text[sizeof(in->fault->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fault_set(in->fault, in->reason, key, -1, "%s", text);
	if (in->fault)
		place_key(in, key);
	return in->reason;
}

/* It stands nowhere: the object that lacks it does. */
static int missing(struct doc_in *in, json_t *object, const char *key)
{
	int64_t at = json_place(in->text, in->root, object, NULL);

	fault_set(in->fault, in->reason, key, -1, "the member is missing");
	if (in->fault && at >= 0)
		place(in, (size_t)at);
	return in->reason;
}

int doc_open(struct doc_in *in, struct wv_bytes text, size_t max, int reason,
	      struct wv_fault *fault)
{
	json_error_t err;

	*in = (struct doc_in){ .text = text, .reason = reason, .fault = fault };
	fault_clear(fault);
	if (!text.len || text.len > max)
		return fault_set(fault, reason, "", -1, "%zu bytes; 1 to %zu are expected",
				 text.len, max);
	in->root = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &err);
	if (in->root && json_is_object(in->root))
		return WV_OK;
	if (in->root)
		return fault_set(fault, reason, "", -1, "the document is not a JSON object");
	if (json_lacked_memory(&err))
		return fault_set(fault, WV_NO_MEMORY, "", -1, "no memory");
	fault_set(fault, reason, "", err.position, "%s", err.text);
	if (fault) {
		fault->line = err.line > 0 ? err.line : 0;
		fault->column = err.column > 0 ? err.column : 0;
	}
	return reason;
}

void doc_close(struct doc_in *in)
{
	json_decref(in->root);
	in->root = NULL;
}

/* Few members are told; of many, where they stand. */
static int unknown(struct doc_in *in, const char *key, const char *const *keys)
{
	char known[128] = "";
	size_t i, len = 0;

	for (i = 0; keys[i] && len < sizeof(known); i++)
		len += (size_t)snprintf(known + len, sizeof(known) - len, "%s%s", i ? ", " : "",
					keys[i]);
	if (!i || keys[i] || len >= sizeof(known))
		return doc_fault(in, key, "unknown member");
	return doc_fault(in, key, "unknown member: here may stand %s", known);
}

int doc_known(struct doc_in *in, json_t *object, const char *const *keys)
{
	const char *key;
	const char *meant;
	json_t *value;
	size_t i;

	in->object = object;
	json_object_foreach(object, key, value) {
		for (i = 0; keys[i] && strcmp(keys[i], key); i++)
			;
		meant = keys[i] ? NULL : near_word(key, keys);
		if (meant)
			return doc_fault(in, key, "unknown member; did you mean '%s'?", meant);
		if (!keys[i])
			return unknown(in, key, keys);
	}
	return WV_OK;
}

int doc_number(struct doc_in *in, json_t *object, const char *key, uint64_t max, int needed,
		uint64_t *out)
{
	json_t *v = json_object_get(object, key);

	in->object = object;
	if (!v)
		return needed ? missing(in, object, key) : WV_OK;
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    (uint64_t)json_integer_value(v) > max)
		return doc_fault(in, key, "a whole number from 0 to %llu is expected",
				  (unsigned long long)max);
	*out = (uint64_t)json_integer_value(v);
	return WV_OK;
}

int doc_flag(struct doc_in *in, json_t *object, const char *key, int *out)
{
	json_t *v = json_object_get(object, key);

	in->object = object;
	if (v && !json_is_boolean(v))
		return doc_fault(in, key, "true or false is expected");
	if (v)
		*out = json_is_true(v);
	return WV_OK;
}

int doc_text(struct doc_in *in, json_t *object, const char *key, char *out, size_t size)
{
	json_t *v = json_object_get(object, key);

	in->object = object;
	if (!v)
		return missing(in, object, key);
	if (!json_is_string(v) || !json_string_length(v) || json_string_length(v) >= size)
		return doc_fault(in, key, "text of 1 to %zu bytes is expected", size - 1);
	memcpy(out, json_string_value(v), json_string_length(v) + 1);
	return WV_OK;
}

int doc_hex(struct doc_in *in, json_t *object, const char *key, uint8_t *out, size_t len)
{
	json_t *v = json_object_get(object, key);

	in->object = object;
	if (!v)
		return missing(in, object, key);
	if (!json_is_string(v) || !hex_decode(json_string_value(v), out, len))
		return doc_fault(in, key, "%zu hexadecimal digits are expected", 2 * len);
	return WV_OK;
}

int doc_object(struct doc_in *in, json_t *object, const char *key, const char *const *keys,
	       json_t **out)
{
	json_t *v = json_object_get(object, key);

	*out = v;
	if (!v)
		return WV_OK;
	if (!json_is_object(v))
		return doc_fault(in, key, "an object is expected");
	return doc_known(in, v, keys);
}

int doc_list(struct doc_in *in, json_t *object, const char *key, size_t max, json_t **out)
{
	json_t *v = json_object_get(object, key);

	in->object = object;
	*out = v;
	if (v && (!json_is_array(v) || !json_array_size(v) || json_array_size(v) > max))
		return doc_fault(in, key, "a list of 1 to %zu elements is expected", max);
	return WV_OK;
}
