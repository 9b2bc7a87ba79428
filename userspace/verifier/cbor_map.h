/* SPDX-License-Identifier: MIT */
/*
 * CBOR maps as COSE and the evidence in it have them: integer or text keys in any
 * order, keys that nobody here knows, a few of indefinite length (RFC 8949).
 */
#ifndef WARD_CBOR_MAP_H
#define WARD_CBOR_MAP_H

#include "cbor_read.h"

#define ITEM_PAIRS_MAX	48
#define ITEM_DEPTH_MAX	8
#define FIELD_MAX	sizeof(((struct wv_fault *)0)->field)

/** struct item_label - a key: @text where its data is not NULL, else @number */
struct item_label {
	struct wv_bytes text;
	int64_t number;
};

/**
 * struct item_pairs - a map being read
 * @open: of indefinite length, and not at its end
 * @left: pairs to come, of a map that says how many it has
 * @seen: the keys so far: none may come twice
 */
struct item_pairs {
	const char *field;
	bool open;
	size_t left;
	size_t count;
	struct item_label seen[ITEM_PAIRS_MAX];
};

/** item_pairs - the head of a map; of indefinite length where @in allows it */
int item_pairs(struct item_in *in, const char *field, struct item_pairs *p);

/** item_pair - the next key, whose value must be read then; *more is false at the end */
int item_pair(struct item_in *in, struct item_pairs *p, bool *more, struct item_label *label);

/** item_skip - any one item, up to ITEM_DEPTH_MAX deep; its bytes to @out unless NULL */
int item_skip(struct item_in *in, const char *field, struct wv_bytes *out);

enum map_type {
	MAP_ANY,		/* the item's own bytes, head and all */
	MAP_BYTES,
	MAP_BYTES_OR_NULL,	/* null counts as absent */
	MAP_TEXT,
	MAP_INT,
};

/**
 * struct map_member - what a map may have
 * @name: for faults; with @by_name it is the key
 * @key: else
 * @min, @max: of the length or of the integer, inclusive
 */
struct map_member {
	const char *name;
	int64_t key;
	bool by_name;
	bool needed;
	enum map_type type;
	int64_t min, max;
};

/** struct map_value - what it has; views into what was read. @at: where the value stands */
struct map_value {
	bool there;
	struct wv_bytes bytes;
	int64_t number;
	size_t at;
};

/**
 * map_read - a whole map by a table; keys that are not in it are skipped
 * @values: one for each of @count members
 */
int map_read(struct item_in *in, const char *field, const struct map_member *members,
	     size_t count, struct map_value *values);

/** struct map_format - a table, and whether the map may be of indefinite length */
struct map_format {
	const struct map_member *members;
	size_t count;
	bool open;
};

/** map_read_all - @bytes are one such map and nothing else; 0 or WV_EVIDENCE_DAMAGED */
int map_read_all(struct wv_bytes bytes, const char *field, const struct map_format *format,
		 struct map_value *values, struct wv_fault *fault);

/** map_text - text as a string, '?' for what is not printable ASCII; "" = absent, too long */
void map_text(const struct map_value *v, char *out, size_t size);

#endif /* WARD_CBOR_MAP_H */
