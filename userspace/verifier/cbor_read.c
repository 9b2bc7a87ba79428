// SPDX-License-Identifier: MIT
#include <cbor.h>
#include <stdio.h>
#include <string.h>

#include "cbor_item.h"
#include "fault.h"

static const char kind_names[][30] = {
	"something else", "an unsigned integer", "a negative integer", "a byte string", "text",
	"an array", "a map", "a tag", "null", "an array of indefinite length",
	"a map of indefinite length", "a break",
};

const char *item_kind_text(enum kind kind)
{
	return kind_names[kind];
}

static void got_uint(void *item, enum kind kind, uint64_t value)
{
	struct item *i = item;

	i->kind = kind;
	i->value = value;
}

static void on_u8(void *item, uint8_t v)
{
	got_uint(item, KIND_UINT, v);
}

static void on_u16(void *item, uint16_t v)
{
	got_uint(item, KIND_UINT, v);
}

static void on_u32(void *item, uint32_t v)
{
	got_uint(item, KIND_UINT, v);
}

static void on_u64(void *item, uint64_t v)
{
	got_uint(item, KIND_UINT, v);
}

static void on_nint8(void *item, uint8_t v)
{
	got_uint(item, KIND_NINT, v);
}

static void on_nint16(void *item, uint16_t v)
{
	got_uint(item, KIND_NINT, v);
}

static void on_nint32(void *item, uint32_t v)
{
	got_uint(item, KIND_NINT, v);
}

static void on_nint64(void *item, uint64_t v)
{
	got_uint(item, KIND_NINT, v);
}

static void on_bytes(void *item, cbor_data data, size_t len)
{
	got_uint(item, KIND_BYTES, len);
	((struct item *)item)->data = data;
}

static void on_text(void *item, cbor_data data, size_t len)
{
	got_uint(item, KIND_TEXT, len);
	((struct item *)item)->data = data;
}

static void on_array(void *item, size_t count)
{
	got_uint(item, KIND_ARRAY, count);
}

static void on_map(void *item, size_t count)
{
	got_uint(item, KIND_MAP, count);
}

static void on_tag(void *item, uint64_t v)
{
	got_uint(item, KIND_TAG, v);
}

static void on_null(void *item)
{
	got_uint(item, KIND_NULL, 0);
}

static void on_open_array(void *item)
{
	got_uint(item, KIND_OPEN_ARRAY, 0);
}

static void on_open_map(void *item)
{
	got_uint(item, KIND_OPEN_MAP, 0);
}

static void on_break(void *item)
{
	got_uint(item, KIND_BREAK, 0);
}

/* Strings of indefinite length, floats and the rest stay KIND_OTHER. */
static struct cbor_callbacks callbacks(void)
{
	struct cbor_callbacks cb = cbor_empty_callbacks;

	cb.uint8 = on_u8;
	cb.uint16 = on_u16;
	cb.uint32 = on_u32;
	cb.uint64 = on_u64;
	cb.negint8 = on_nint8;
	cb.negint16 = on_nint16;
	cb.negint32 = on_nint32;
	cb.negint64 = on_nint64;
	cb.byte_string = on_bytes;
	cb.string = on_text;
	cb.array_start = on_array;
	cb.map_start = on_map;
	cb.tag = on_tag;
	cb.null = on_null;
	cb.indef_array_start = on_open_array;
	cb.indef_map_start = on_open_map;
	cb.indef_break = on_break;
	return cb;
}

/* The head in its shortest form, as libcbor writes it. */
static size_t shortest(const struct item *i, uint8_t *out, size_t room)
{
	switch (i->kind) {
	case KIND_UINT:
		return cbor_encode_uint(i->value, out, room);
	case KIND_NINT:
		return cbor_encode_negint(i->value, out, room);
	case KIND_TAG:
		return cbor_encode_tag(i->value, out, room);
	case KIND_BYTES:
		return cbor_encode_bytestring_start(i->value, out, room);
	case KIND_TEXT:
		return cbor_encode_string_start(i->value, out, room);
	case KIND_ARRAY:
		return cbor_encode_array_start(i->value, out, room);
	case KIND_MAP:
		return cbor_encode_map_start(i->value, out, room);
	default:
		return 0;
	}
}

/* Older libcbor refuses tags 6 to 20 as unassigned, which 17 and 18 no longer are. */
static bool small_tag(struct item_in *in, struct item *i)
{
	uint8_t first = in->c.data[in->c.at];

	if (first < 0xc0 || first > 0xd7)
		return false;
	got_uint(i, KIND_TAG, first & 0x1f);
	cursor_skip(&in->c, 1);
	return true;
}

int item_next(struct item_in *in, const char *field, struct item *i)
{
	struct cbor_callbacks cb = callbacks();
	struct cbor_decoder_result r;
	uint8_t head[9];
	size_t n;

	*i = (struct item){ .at = in->c.at };
	if (!cursor_left(&in->c))
		return fault_set(in->fault, in->reason, field, (int64_t)i->at, "cut short");
	if (small_tag(in, i))
		return WV_OK;
	r = cbor_stream_decode(in->c.data + in->c.at, cursor_left(&in->c), &cb, i);
	if (r.status == CBOR_DECODER_NEDATA)
		return fault_set(in->fault, in->reason, field, (int64_t)i->at, "cut short");
	if (r.status != CBOR_DECODER_FINISHED)
		return fault_set(in->fault, in->reason, field, (int64_t)i->at, "not CBOR");
	n = shortest(i, head, sizeof(head));
	if (n && (n > r.read || memcmp(head, in->c.data + i->at, n)))
		return fault_set(in->fault, in->reason, field, (int64_t)i->at,
				 "a number or length is not in its shortest form");
	cursor_skip(&in->c, r.read);
	return WV_OK;
}

static int next_kind(struct item_in *in, const char *field, enum kind want, struct item *i)
{
	int rc = item_next(in, field, i);

	if (!rc && i->kind != want)
		rc = fault_set(in->fault, in->reason, field, (int64_t)i->at,
			       "%s was expected, %s found", kind_names[want],
			       kind_names[i->kind]);
	return rc;
}

static int next_sized(struct item_in *in, const char *field, enum kind want, uint64_t min,
		      uint64_t max, struct item *i)
{
	int rc = next_kind(in, field, want, i);

	if (!rc && (i->value < min || i->value > max))
		rc = fault_set(in->fault, in->reason, field, (int64_t)i->at,
			       "%llu is outside of %llu to %llu", (unsigned long long)i->value,
			       (unsigned long long)min, (unsigned long long)max);
	return rc;
}

int item_uint(struct item_in *in, const char *field, uint64_t min, uint64_t max, uint64_t *out)
{
	struct item i;
	int rc = next_sized(in, field, KIND_UINT, min, max, &i);

	*out = rc ? 0 : i.value;
	return rc;
}

int item_bytes(struct item_in *in, const char *field, size_t min, size_t max,
	       struct wv_bytes *out)
{
	struct item i;
	int rc = next_sized(in, field, KIND_BYTES, min, max, &i);

	*out = rc ? (struct wv_bytes){ NULL, 0 } : (struct wv_bytes){ i.data, i.value };
	return rc;
}

int item_array(struct item_in *in, const char *field, size_t min, size_t max, size_t *out)
{
	struct item i;
	int rc = next_sized(in, field, KIND_ARRAY, min, max, &i);

	*out = rc ? 0 : i.value;
	return rc;
}

int item_map(struct item_in *in, const char *field, size_t pairs)
{
	struct item i;

	return next_sized(in, field, KIND_MAP, pairs, pairs, &i);
}

int item_key(struct item_in *in, const char *key)
{
	struct item i;
	int rc = next_kind(in, key, KIND_TEXT, &i);

	if (!rc && (i.value != strlen(key) || memcmp(i.data, key, i.value)))
		rc = fault_set(in->fault, in->reason, key, (int64_t)i.at,
			       "the key '%s' belongs here", key);
	return rc;
}

int item_name(struct item_in *in, const char *field, char *out, size_t size)
{
	struct item i;
	int rc = next_sized(in, field, KIND_TEXT, 1, size - 1, &i);
	size_t n;

	out[0] = '\0';
	if (rc)
		return rc;
	for (n = 0; n < i.value; n++)
		if (i.data[n] < 0x20 || i.data[n] > 0x7e)
			return fault_set(in->fault, in->reason, field, (int64_t)i.at,
					 "text with characters beyond printable ASCII");
	memcpy(out, i.data, i.value);
	out[i.value] = '\0';
	return WV_OK;
}

int item_tag(struct item_in *in, const char *field, uint64_t tag)
{
	struct item i;

	return next_sized(in, field, KIND_TAG, tag, tag, &i);
}

int item_int(struct item_in *in, const char *field, int64_t min, int64_t max, int64_t *out)
{
	struct item i;
	int rc = item_next(in, field, &i);

	*out = 0;
	if (!rc && i.kind != KIND_UINT && i.kind != KIND_NINT)
		return fault_set(in->fault, in->reason, field, (int64_t)i.at,
				 "an integer was expected, %s found", kind_names[i.kind]);
	if (!rc && i.value <= INT64_MAX)
		*out = i.kind == KIND_NINT ? -1 - (int64_t)i.value : (int64_t)i.value;
	if (!rc && (i.value > INT64_MAX || *out < min || *out > max))
		rc = fault_set(in->fault, in->reason, field, (int64_t)i.at,
			       "the integer is outside of %lld to %lld", (long long)min,
			       (long long)max);
	return rc;
}

int item_text(struct item_in *in, const char *field, size_t min, size_t max,
	      struct wv_bytes *out)
{
	struct item i;
	int rc = next_sized(in, field, KIND_TEXT, min, max, &i);

	*out = rc ? (struct wv_bytes){ NULL, 0 } : (struct wv_bytes){ i.data, i.value };
	return rc;
}

int item_bytes_or_null(struct item_in *in, const char *field, size_t min, size_t max,
		       struct wv_bytes *out)
{
	struct item_in ahead = *in;
	struct item i;

	*out = (struct wv_bytes){ NULL, 0 };
	ahead.fault = NULL;
	if (!item_next(&ahead, field, &i) && i.kind == KIND_NULL) {
		in->c = ahead.c;
		return WV_OK;
	}
	return item_bytes(in, field, min, max, out);
}

int item_end(struct item_in *in)
{
	if (cursor_done(&in->c))
		return WV_OK;
	return fault_set(in->fault, in->reason, "end", (int64_t)in->c.at,
			 "%zu bytes follow the end", cursor_left(&in->c));
}
