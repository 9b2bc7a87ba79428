// SPDX-License-Identifier: MIT
#include "safetensors_read.h"

#include <stdbool.h>
#include <string.h>

#include "cursor.h"
#include "vector.h"

#define METADATA	"__metadata__"
#define DIMENSIONS_MAX	2

/* A tensor as the header has it: @rows is 0 of a vector. */
struct entry {
	size_t rows;
	size_t columns;
	size_t begin;
	size_t end;
};

/* ---- one tensor -------------------------------------------------------------- */

/* A number of bytes or elements; in a file of 2^63 bytes there would be as many. */
static bool read_size(const json_t *value, size_t *out)
{
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;

	*out = number < 0 ? 0 : (size_t)number;
	return number >= 0;
}

static bool read_shape(const json_t *shape, struct entry *entry)
{
	size_t count = json_array_size(shape);

	entry->rows = 0;
	if (!count || count > DIMENSIONS_MAX)
		return false;
	if (count == 2 && (!read_size(json_array_get(shape, 0), &entry->rows) || !entry->rows))
		return false;
	return read_size(json_array_get(shape, count - 1), &entry->columns) && entry->columns;
}

/* Is the place as long as the shape says? */
static bool fits(const struct entry *entry)
{
	size_t bytes;

	return !__builtin_mul_overflow(entry->rows ? entry->rows : 1, entry->columns, &bytes) &&
	       !__builtin_mul_overflow(bytes, sizeof(double), &bytes) &&
	       entry->begin < entry->end && entry->end - entry->begin == bytes;
}

static int read_entry(const char *name, const json_t *value, struct entry *entry,
		      struct failure *failure)
{
	const char *type = json_string_value(json_object_get(value, "dtype"));
	const json_t *at = json_object_get(value, "data_offsets");

	if (!type || strcmp(type, "F64"))
		return failed(failure, EXIT_DAMAGED, "tensor %s: dtype must be F64", name);
	if (!read_shape(json_object_get(value, "shape"), entry))
		return failed(failure, EXIT_DAMAGED,
			      "tensor %s: shape must be one or two numbers above 0", name);
	if (json_array_size(at) != 2 || !read_size(json_array_get(at, 0), &entry->begin) ||
	    !read_size(json_array_get(at, 1), &entry->end) || !fits(entry))
		return failed(failure, EXIT_DAMAGED,
			      "tensor %s: data_offsets must be begin and end of its numbers", name);
	return 0;
}

/* ---- all of them --------------------------------------------------------------- */

/* The one that begins at @begin. Return: where it ends, or @begin where none does. */
static size_t follow(json_t *header, size_t begin)
{
	struct failure ignored = { 0 };
	struct entry entry;
	const char *name;
	json_t *value;

	json_object_foreach(header, name, value) {
		if (strcmp(name, METADATA) && !read_entry(name, value, &entry, &ignored) &&
		    entry.begin == begin)
			return entry.end;
	}
	return begin;
}

/*
 * From one to the next leads to the end of the data: no gap. And they have no more bytes
 * than that: no overlap.
 */
static int check_places(const struct tensors *tensors, size_t count, size_t bytes,
			struct failure *failure)
{
	size_t at = 0, i;

	for (i = 0; i < count; i++)
		at = follow(tensors->header, at);
	if (at != tensors->len)
		return failed(failure, EXIT_DAMAGED,
			      "the tensors do not cover the data: nothing begins at byte %zu of %zu",
			      at, tensors->len);
	if (bytes != tensors->len)
		return failed(failure, EXIT_DAMAGED, "the tensors overlap");
	return 0;
}

static int check_header(const struct tensors *tensors, struct failure *failure)
{
	struct entry entry;
	const char *name;
	size_t count = 0, bytes = 0;
	json_t *value;

	json_object_foreach(tensors->header, name, value) {
		if (!strcmp(name, METADATA))
			continue;
		if (++count > TENSORS_MOST)
			return failed(failure, EXIT_DAMAGED, "more than %d tensors",
				      TENSORS_MOST);
		if (read_entry(name, value, &entry, failure))
			return -1;
		if (entry.end > tensors->len)
			return failed(failure, EXIT_DAMAGED, "tensor %s: ends behind the file",
				      name);
		bytes += entry.end - entry.begin;
	}
	return check_places(tensors, count, bytes, failure);
}

int tensors_open(const uint8_t *bytes, size_t len, struct tensors *out,
		 struct failure *failure)
{
	struct cursor c = cursor_over(bytes, len);
	uint64_t length = cursor_le64(&c);
	const uint8_t *text;
	json_error_t error;

	*out = (struct tensors){ 0 };
	if (length > TENSORS_HEADER_MAX)
		return failed(failure, EXIT_DAMAGED,
			      "no file of safetensors, or its header is longer than %u bytes",
			      TENSORS_HEADER_MAX);
	text = cursor_take(&c, (size_t)length);
	if (!text)
		return failed(failure, EXIT_DAMAGED, "cut short: %zu bytes", len);
	out->len = cursor_left(&c);
	out->data = cursor_take(&c, out->len);
	out->header = json_loadb((const char *)text, (size_t)length, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(out->header)) {
		tensors_close(out);
		return failed(failure, EXIT_DAMAGED, "header, byte %d: not a JSON object",
			      error.position + 8);
	}
	if (check_header(out, failure)) {
		tensors_close(out);
		return -1;
	}
	return 0;
}

void tensors_close(struct tensors *tensors)
{
	json_decref(tensors->header);
	*tensors = (struct tensors){ 0 };
}

const char *tensors_meta(const struct tensors *tensors, const char *key)
{
	return json_string_value(json_object_get(json_object_get(tensors->header, METADATA), key));
}

int tensors_copy(const struct tensors *tensors, const char *name, size_t rows,
		 size_t columns, double *out, struct failure *failure)
{
	struct cursor c = cursor_over(tensors->data, tensors->len);
	const json_t *value = json_object_get(tensors->header, name);
	struct entry entry;

	if (!value || !strcmp(name, METADATA))
		return failed(failure, EXIT_DAMAGED, "tensor %s is not there", name);
	if (read_entry(name, value, &entry, failure))
		return -1;
	if (entry.rows != rows || entry.columns != columns)
		return failed(failure, EXIT_DAMAGED,
			      "tensor %s: %zu by %zu numbers, wanted are %zu by %zu", name,
			      entry.rows, entry.columns, rows, columns);
	cursor_skip(&c, entry.begin);
	cursor_copy(&c, out, entry.end - entry.begin);
	if (!cursor_ok(&c) || !vector_finite(out, (entry.end - entry.begin) / sizeof(double)))
		return failed(failure, EXIT_DAMAGED, "tensor %s: holds what is no number", name);
	return 0;
}
