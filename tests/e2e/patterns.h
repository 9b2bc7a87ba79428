/* SPDX-License-Identifier: MIT */
/*
 * What the residue scanner looks for: byte strings that are long and special
 * enough to mean patient data or a key wherever they stand.
 */
#ifndef WARD_E2E_PATTERNS_H
#define WARD_E2E_PATTERNS_H

#include <stddef.h>
#include <stdint.h>

#define PATTERN_MIN	12u	/* bytes; shorter ones could be chance */
#define PATTERN_MAX	65535u
#define PATTERN_ANCHOR	8u	/* bytes that the scanner looks up first */
#define PATTERN_SPECIAL	6u	/* bytes that are neither 0, 0xff nor the one before */

enum pattern_kind {
	PATTERN_TEXT,		/* neighbouring fields of a row as text */
	PATTERN_F64,		/* the same as IEEE doubles, little endian */
	PATTERN_F32,
	PATTERN_STD64,		/* the same standardised */
	PATTERN_STD32,
	PATTERN_KEY_RAW,	/* halves of data keys and of file keys */
	PATTERN_KEY_HEX,
	PATTERN_KEY_HEX_UPPER,
	PATTERN_KEY_BASE64,
	PATTERN_KEY_BASE64URL,
	PATTERN_NUMBERS,	/* of training: parameters, sums, updates, as IEEE doubles */
	PATTERN_KINDS
};

/**
 * struct pattern - one byte string
 * @offset: of its first byte in the pool
 * @len: bytes
 * @anchor: where in it the PATTERN_ANCHOR most special bytes begin
 * @kind: enum pattern_kind
 * @next: next pattern with the same hash of its anchor, or PATTERN_NONE
 * @source: index of the site that it belongs to
 * @line: of the site's table, from 1; 0 for keys
 */
struct pattern {
	uint32_t offset;
	uint16_t len;
	uint16_t anchor;
	uint8_t kind;
	uint32_t next;
	uint32_t source;
	uint32_t line;
};

#define PATTERN_NONE	UINT32_MAX

/**
 * struct patterns - the set
 * @pool: bytes of all patterns, back to back
 * @table: heads of the hash chains, a power of two of them
 * @filter: one bit per hash of an anchor
 * @refused: byte strings that were too short or too plain to be patterns
 */
struct patterns {
	struct pattern *list;
	size_t count;
	size_t room;
	uint8_t *pool;
	size_t pool_len;
	size_t pool_room;
	uint32_t *table;
	size_t table_bits;
	uint64_t *filter;
	size_t refused;
};

#define PATTERN_FILTER_BITS	22

/**
 * patterns_name() - a kind in words
 * @kind: enum pattern_kind
 *
 * Return: static text.
 */
const char *patterns_name(unsigned int kind);

/**
 * patterns_add() - take a byte string into the set
 * @set: set, zero at first
 * @kind: enum pattern_kind
 * @source: site
 * @line: of its table
 * @bytes: copied
 * @len: how many
 *
 * One that is there already with the same kind is not added again, one that is
 * too short or too plain is counted in @set->refused.
 *
 * Return: 0 or -ENOMEM.
 */
int patterns_add(struct patterns *set, enum pattern_kind kind, uint32_t source,
		 uint32_t line, const void *bytes, size_t len);

/**
 * patterns_hash() - the hash of an anchor
 * @anchor: PATTERN_ANCHOR bytes as a number
 *
 * Return: 64 bits, the top ones mixed best.
 */
static inline uint64_t patterns_hash(uint64_t anchor)
{
	anchor ^= anchor >> 29;
	anchor *= 0x9e3779b97f4a7c15ull;
	return anchor ^ (anchor >> 32);
}

/**
 * patterns_count() - how many of one kind
 * @set: set
 * @kind: enum pattern_kind
 *
 * Return: how many.
 */
size_t patterns_count(const struct patterns *set, unsigned int kind);

/**
 * patterns_free() - wipe and forget
 * @set: set; zero afterwards
 */
void patterns_free(struct patterns *set);

#endif /* WARD_E2E_PATTERNS_H */
