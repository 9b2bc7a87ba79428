/* SPDX-License-Identifier: MIT */
/*
 * What cbor_read.c and cbor_map.c share: one item's head.
 */
#ifndef WARD_CBOR_ITEM_H
#define WARD_CBOR_ITEM_H

#include "cbor_read.h"

enum kind {
	KIND_OTHER, KIND_UINT, KIND_NINT, KIND_BYTES, KIND_TEXT, KIND_ARRAY, KIND_MAP,
	KIND_TAG, KIND_NULL, KIND_OPEN_ARRAY, KIND_OPEN_MAP, KIND_BREAK,
};

/**
 * struct item - a head, and what a string holds
 * @value: the integer (a negative one is -1 - @value), the tag, or the count of bytes,
 *	elements or pairs
 * @data: of a string
 * @at: where it stands
 */
struct item {
	enum kind kind;
	uint64_t value;
	const uint8_t *data;
	size_t at;
};

/** item_next - whatever comes next, in its shortest form; 0 or in->reason */
int item_next(struct item_in *in, const char *field, struct item *i);

/** item_kind_text - what it is called in a fault: "a map" */
const char *item_kind_text(enum kind kind);

#endif /* WARD_CBOR_ITEM_H */
