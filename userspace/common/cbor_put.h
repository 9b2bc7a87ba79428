/* SPDX-License-Identifier: MIT */
/*
 * Writing deterministic CBOR (RFC 8949 section 4.2.1): heads come from libcbor,
 * which takes the shortest form; definite lengths and the order of keys are the
 * caller's. Counts while @at is NULL, so that one walk sizes and a second writes.
 */
#ifndef WARD_COMMON_CBOR_PUT_H
#define WARD_COMMON_CBOR_PUT_H

#include <cbor.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cbor_put {
	uint8_t *at;
	size_t len;
};

static inline void cbor_put_raw(struct cbor_put *w, const void *data, size_t len)
{
	if (w->at && len)
		memcpy(w->at + w->len, data, len);
	w->len += len;
}

static inline void cbor_put_uint(struct cbor_put *w, uint64_t value)
{
	uint8_t head[9];

	cbor_put_raw(w, head, cbor_encode_uint(value, head, sizeof(head)));
}

static inline void cbor_put_map(struct cbor_put *w, size_t pairs)
{
	uint8_t head[9];

	cbor_put_raw(w, head, cbor_encode_map_start(pairs, head, sizeof(head)));
}

static inline void cbor_put_array(struct cbor_put *w, size_t count)
{
	uint8_t head[9];

	cbor_put_raw(w, head, cbor_encode_array_start(count, head, sizeof(head)));
}

static inline void cbor_put_bytes(struct cbor_put *w, const void *data, size_t len)
{
	uint8_t head[9];

	cbor_put_raw(w, head, cbor_encode_bytestring_start(len, head, sizeof(head)));
	cbor_put_raw(w, data, len);
}

static inline void cbor_put_text(struct cbor_put *w, const char *text)
{
	uint8_t head[9];

	cbor_put_raw(w, head, cbor_encode_string_start(strlen(text), head, sizeof(head)));
	cbor_put_raw(w, text, strlen(text));
}

#endif /* WARD_COMMON_CBOR_PUT_H */
