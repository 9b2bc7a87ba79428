/* SPDX-License-Identifier: MIT */
/* What cose_make.c and arm_make.c write with: CBOR into one piece of memory. */
#ifndef TEST_COSE_PUT_H
#define TEST_COSE_PUT_H

#include <stdlib.h>

#include "../../userspace/common/cbor_put.h"
#include "cose_make.h"

/* More than any of them has. */
#define PUT_ROOM (32u << 10)

static inline struct cbor_put put_start(void)
{
	struct cbor_put w = { .at = calloc(1, PUT_ROOM) };

	assert_non_null(w.at);
	return w;
}

static inline struct wv_bytes put_bytes(const struct cbor_put *w)
{
	assert_true(w->len <= PUT_ROOM);
	return (struct wv_bytes){ w->at, w->len };
}

static inline void put_int(struct cbor_put *w, int64_t v)
{
	uint8_t head[9];
	size_t n = v < 0 ? cbor_encode_negint((uint64_t)(-1 - v), head, sizeof(head)) :
			   cbor_encode_uint((uint64_t)v, head, sizeof(head));

	cbor_put_raw(w, head, n);
}

static inline void put_tag(struct cbor_put *w, uint64_t tag)
{
	uint8_t head[9];

	cbor_put_raw(w, head, cbor_encode_tag(tag, head, sizeof(head)));
}

#endif /* TEST_COSE_PUT_H */
