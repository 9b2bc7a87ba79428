/* SPDX-License-Identifier: MIT */
/*
 * Strict reading of small JSON documents with jansson: known members only, and
 * a line and column for every complaint.
 */
#ifndef WARD_JSON_READ_H
#define WARD_JSON_READ_H

#include <jansson.h>
#include <stdbool.h>

#include "wardverify.h"

/**
 * struct doc_in - a document being read
 * @text: its bytes, for finding the place of a member
 * @reason: what a fault is called
 * @root: the top object; owned
 * @object: the one whose members are being looked at: doc_fault() looks there first
 */
struct doc_in {
	struct wv_bytes text;
	int reason;
	struct wv_fault *fault;
	json_t *root;
	const json_t *object;
};

/**
 * json_lacked_memory - json_loadb() gave nothing for want of memory
 * jansson 2.14 says so, or nothing at all; in the middle of a string it blames the text, and
 * that is not told apart here.
 */
static inline bool json_lacked_memory(const json_error_t *err)
{
	return !err->text[0] || json_error_code(err) == json_error_out_of_memory;
}

/** doc_open - parse @text of at most @max bytes; doc_close() in any case */
int doc_open(struct doc_in *in, struct wv_bytes text, size_t max, int reason,
	      struct wv_fault *fault);
void doc_close(struct doc_in *in);

/** doc_fault - complain about the member @key; returns in->reason */
int doc_fault(struct doc_in *in, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** doc_known - every member of @object is one of @keys (ends with NULL); says what is near */
int doc_known(struct doc_in *in, json_t *object, const char *const *keys);

/** doc_number - member @key, 0 to @max; absent = left as it is unless @needed */
int doc_number(struct doc_in *in, json_t *object, const char *key, uint64_t max, int needed,
		uint64_t *out);

/** doc_flag - member @key, true or false; absent = left as it is */
int doc_flag(struct doc_in *in, json_t *object, const char *key, int *out);

/** doc_text - needed member @key, 1 to @size - 1 bytes */
int doc_text(struct doc_in *in, json_t *object, const char *key, char *out, size_t size);

/** doc_hex - needed member @key, exactly @len bytes in hex */
int doc_hex(struct doc_in *in, json_t *object, const char *key, uint8_t *out, size_t len);

/**
 * doc_object - member @key: NULL when absent, else an object whose members are all among
 *	@keys (ends with NULL); 0 or a fault
 */
int doc_object(struct doc_in *in, json_t *object, const char *key, const char *const *keys,
	       json_t **out);

/** doc_list - member @key: NULL when absent, else an array of 1 to @max; 0 or a fault */
int doc_list(struct doc_in *in, json_t *object, const char *key, size_t max, json_t **out);

#endif /* WARD_JSON_READ_H */
