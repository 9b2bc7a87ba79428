// SPDX-License-Identifier: MIT
/* The set of patterns: a pool of bytes, hashed by each one's most special eight. */
#include "patterns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[PATTERN_KINDS] = {
	[PATTERN_TEXT] = "rows as text",
	[PATTERN_F64] = "rows as float64",
	[PATTERN_F32] = "rows as float32",
	[PATTERN_STD64] = "standardised float64",
	[PATTERN_STD32] = "standardised float32",
	[PATTERN_KEY_RAW] = "keys raw",
	[PATTERN_KEY_HEX] = "keys hex",
	[PATTERN_KEY_HEX_UPPER] = "keys HEX",
	[PATTERN_KEY_BASE64] = "keys base64",
	[PATTERN_KEY_BASE64URL] = "keys base64url",
	[PATTERN_NUMBERS] = "numbers of training",
};

const char *patterns_name(unsigned int kind)
{
	return kind < PATTERN_KINDS ? names[kind] : "unknown";
}

static unsigned int special_bytes(const uint8_t *bytes, size_t len)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < len; i++)
		n += bytes[i] && bytes[i] != 0xff && (!i || bytes[i] != bytes[i - 1]);
	return n;
}

/* Return: where the most special eight bytes begin. */
static size_t best_anchor(const uint8_t *bytes, size_t len)
{
	unsigned int best = 0, n;
	size_t at = 0, i;

	for (i = 0; i + PATTERN_ANCHOR <= len; i++) {
		n = special_bytes(bytes + i, PATTERN_ANCHOR);
		if (n > best) {
			best = n;
			at = i;
		}
	}
	return at;
}

static uint64_t anchor_hash(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return patterns_hash(value);
}

static void insert(struct patterns *set, uint32_t index)
{
	struct pattern *p = &set->list[index];
	uint64_t hash = anchor_hash(set->pool + p->offset + p->anchor);
	uint64_t bit = hash >> (64 - PATTERN_FILTER_BITS);
	uint32_t *head = &set->table[hash >> (64 - set->table_bits)];

	set->filter[bit / 64] |= 1ull << (bit % 64);
	p->next = *head;
	*head = index;
}

static int grow_table(struct patterns *set)
{
	size_t bits = set->table_bits ? set->table_bits + 2 : 12, i;
	uint32_t *table = malloc(sizeof(*table) << bits);

	if (!table)
		return -ENOMEM;
	memset(table, 0xff, sizeof(*table) << bits);
	free(set->table);
	set->table = table;
	set->table_bits = bits;
	for (i = 0; i < set->count; i++)
		insert(set, (uint32_t)i);
	return 0;
}

static int make_room(struct patterns *set, size_t len)
{
	size_t room;
	void *p;

	if (!set->filter) {
		set->filter = calloc(1u << (PATTERN_FILTER_BITS - 6), sizeof(*set->filter));
		if (!set->filter)
			return -ENOMEM;
	}
	if (set->count == set->room) {
		room = set->room ? set->room * 2 : 1024;
		p = reallocarray(set->list, room, sizeof(*set->list));
		if (!p)
			return -ENOMEM;
		set->list = p;
		set->room = room;
	}
	if (set->pool_len + len > set->pool_room) {
		room = (set->pool_room + len) * 2;
		if (room > UINT32_MAX)
			return -ENOMEM;
		p = realloc(set->pool, room);
		if (!p)
			return -ENOMEM;
		set->pool = p;
		set->pool_room = room;
	}
	if (!set->table_bits || set->count + 1 > (size_t)1 << set->table_bits)
		return grow_table(set);
	return 0;
}

static int known(const struct patterns *set, enum pattern_kind kind,
		 const uint8_t *bytes, size_t len, size_t anchor)
{
	uint64_t hash = anchor_hash(bytes + anchor);
	uint32_t i = set->table[hash >> (64 - set->table_bits)];

	for (; i != PATTERN_NONE; i = set->list[i].next) {
		const struct pattern *p = &set->list[i];

		if (p->kind == kind && p->len == len &&
		    !memcmp(set->pool + p->offset, bytes, len))
			return 1;
	}
	return 0;
}

int patterns_add(struct patterns *set, enum pattern_kind kind, uint32_t source,
		 uint32_t line, const void *bytes, size_t len)
{
	size_t anchor;

	if (len < PATTERN_MIN || len > PATTERN_MAX ||
	    special_bytes(bytes, len) < PATTERN_SPECIAL) {
		set->refused++;
		return 0;
	}
	anchor = best_anchor(bytes, len);
	if (make_room(set, len))
		return -ENOMEM;
	if (known(set, kind, bytes, len, anchor))
		return 0;
	memcpy(set->pool + set->pool_len, bytes, len);
	set->list[set->count] = (struct pattern){
		.offset = (uint32_t)set->pool_len,
		.len = (uint16_t)len,
		.anchor = (uint16_t)anchor,
		.kind = (uint8_t)kind,
		.source = source,
		.line = line,
	};
	set->pool_len += len;
	insert(set, (uint32_t)set->count);
	set->count++;
	return 0;
}

size_t patterns_count(const struct patterns *set, unsigned int kind)
{
	size_t n = 0, i;

	for (i = 0; i < set->count; i++)
		n += set->list[i].kind == kind;
	return n;
}

void patterns_free(struct patterns *set)
{
	if (set->pool)
		explicit_bzero(set->pool, set->pool_room);
	free(set->pool);
	free(set->list);
	free(set->table);
	free(set->filter);
	*set = (struct patterns){ 0 };
}
