/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: bytes that go in, and what is wrong with them. Part of wardverify.h.
 */
#ifndef WARDVERIFY_BASE_H
#define WARDVERIFY_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct wv_fault - what is wrong and where (out)
 * @reason: enum wv_reason
 * @offset: byte offset in the input that @field names; -1 when it has none
 * @line: for text input, from 1; 0 when it has none
 * @column: likewise
 * @field: what was being looked at: "claims.uid", "evidence[0].data", "VCEK", ...
 * @text: one sentence with the values that differ; no secrets, no final dot
 */
struct wv_fault {
	int reason;
	int64_t offset;
	int line;
	int column;
	char field[64];
	char text[256];
};

/** struct wv_bytes - bytes that somebody else owns; {NULL, 0} = absent */
struct wv_bytes {
	const uint8_t *data;
	size_t len;
};

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_BASE_H */
