/* SPDX-License-Identifier: MIT */
/*
 * One CBOR item at a time out of deterministic CBOR (RFC 8949 section 4.2.1):
 * libcbor reads it, this sees to it that it has the one form that is allowed.
 * Nothing is copied or allocated.
 */
#ifndef WARD_CBOR_READ_H
#define WARD_CBOR_READ_H

#include "cursor.h"
#include "wardverify.h"

/**
 * struct item_in - where the reading stands
 * @reason: what a fault is called: WV_BUNDLE_DAMAGED, say
 * @open: maps and arrays of indefinite length are let pass by what reads them pair by
 *	pair (cbor_map.h)
 */
struct item_in {
	struct cursor c;
	int reason;
	struct wv_fault *fault;
	bool open;
};

/*
 * Each returns 0 or in->reason with the fault filled in; @field names what is
 * read, @min and @max are inclusive.
 */
int item_uint(struct item_in *in, const char *field, uint64_t min, uint64_t max, uint64_t *out);
int item_bytes(struct item_in *in, const char *field, size_t min, size_t max,
	       struct wv_bytes *out);
int item_array(struct item_in *in, const char *field, size_t min, size_t max, size_t *out);
int item_map(struct item_in *in, const char *field, size_t pairs);

/** item_key - the text key @key must come next */
int item_key(struct item_in *in, const char *key);

/** item_name - text of 1 to @size - 1 printable ASCII characters, NUL added */
int item_name(struct item_in *in, const char *field, char *out, size_t size);

/** item_tag - the tag @tag must come next, before what it tags */
int item_tag(struct item_in *in, const char *field, uint64_t tag);

/** item_int - an integer of either sign */
int item_int(struct item_in *in, const char *field, int64_t min, int64_t max, int64_t *out);

/** item_text - text as it stands, of @min to @max bytes */
int item_text(struct item_in *in, const char *field, size_t min, size_t max,
	      struct wv_bytes *out);

/** item_bytes_or_null - a byte string, or null: *out is {NULL, 0} then */
int item_bytes_or_null(struct item_in *in, const char *field, size_t min, size_t max,
		       struct wv_bytes *out);

/** item_end - nothing may follow */
int item_end(struct item_in *in);

#endif /* WARD_CBOR_READ_H */
