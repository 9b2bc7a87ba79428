// SPDX-License-Identifier: MIT
#include <cbor.h>
#include <stdio.h>
#include <string.h>

#include "cbor_read.h"
#include "fault.h"

enum kind { KIND_OTHER, KIND_UINT, KIND_BYTES, KIND_TEXT, KIND_ARRAY, KIND_MAP };

static const char *const kind_names[] = {
	"something else", "an unsigned integer", "a byte string", "text", "an array", "a map",
};

/* @value: the integer, or the count of bytes, elements or pairs. */
struct item {
	enum kind kind;
	uint64_t value;
	const uint8_t *data;
	size_t at;
};

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

/* Tags, indefinite lengths, floats and the rest stay KIND_OTHER. */
static struct cbor_callbacks callbacks(void)
{
	struct cbor_callbacks cb = cbor_empty_callbacks;

	cb.uint8 = on_u8;
	cb.uint16 = on_u16;
	cb.uint32 = on_u32;
	cb.uint64 = on_u64;
	cb.byte_string = on_bytes;
	cb.string = on_text;
	cb.array_start = on_array;
	cb.map_start = on_map;
	return cb;
}

/* The head in its shortest form, as libcbor writes it. */
static size_t shortest(const struct item *i, uint8_t *out, size_t room)
{
	switch (i->kind) {
	case KIND_UINT:
		return cbor_encode_uint(i->value, out, room);
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

static int next(struct item_in *in, const char *field, struct item *i)
{
	struct cbor_callbacks cb = callbacks();
	struct cbor_decoder_result r;
	uint8_t head[9];
	size_t n;

	*i = (struct item){ .at = in->c.at };
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
	int rc = next(in, field, i);

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

int item_end(struct item_in *in)
{
	if (cursor_done(&in->c))
		return WV_OK;
	return fault_set(in->fault, in->reason, "end", (int64_t)in->c.at,
			 "%zu bytes follow the end", cursor_left(&in->c));
}
