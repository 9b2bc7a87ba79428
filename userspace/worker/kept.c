// SPDX-License-Identifier: MIT
#include "kept.h"

#include <string.h>

/** struct tag - what stands before a row's doubles */
struct tag {
	uint64_t number;
	uint64_t test;
};

static size_t stride(const struct kept *kept)
{
	return sizeof(struct tag) + kept->width * sizeof(double);
}

static uint8_t *place(const struct kept *kept, uint64_t row)
{
	return kept->block.data + row * stride(kept);
}

size_t kept_bytes(size_t width, uint64_t rows)
{
	size_t one;

	if (width > (SIZE_MAX - sizeof(struct tag)) / sizeof(double))
		return SIZE_MAX;
	one = sizeof(struct tag) + width * sizeof(double);
	return rows > (SIZE_MAX - MEMORY_PAGE) / one ? SIZE_MAX : rows * one;
}

void kept_begin(struct kept *kept, struct memory *memory)
{
	kept->memory = memory;
	if (memory_try(memory, kept_bytes(kept->width, kept->room), "rows", &kept->block))
		kept->block = (struct memory_block){ 0 };
}

void kept_add(struct kept *kept, uint64_t number, bool test, const double *x)
{
	struct tag tag = { number, test };
	uint8_t *at;

	if (!kept->block.data)
		return;
	if (kept->count == kept->room) {
		kept_drop(kept);
		return;
	}
	at = place(kept, kept->count++);
	memcpy(at, &tag, sizeof(tag));
	memcpy(at + sizeof(tag), x, kept->width * sizeof(double));
}

void kept_end(struct kept *kept)
{
	kept->whole = kept->block.data != NULL;
}

void kept_rewind(struct kept *kept)
{
	kept->next = 0;
}

int kept_next(struct kept *kept, double *x, bool *test)
{
	const uint8_t *at;
	struct tag tag;

	if (kept->next == kept->count)
		return 0;
	at = place(kept, kept->next++);
	memcpy(&tag, at, sizeof(tag));
	memcpy(x, at + sizeof(tag), kept->width * sizeof(double));
	*test = tag.test;
	return 1;
}

uint64_t kept_last(const struct kept *kept)
{
	struct tag tag;

	memcpy(&tag, place(kept, kept->next - 1), sizeof(tag));
	return tag.number;
}

void kept_mark(struct kept *kept, bool test)
{
	uint8_t *at = place(kept, kept->next - 1);
	struct tag tag;

	memcpy(&tag, at, sizeof(tag));
	tag.test = test;
	memcpy(at, &tag, sizeof(tag));
}

size_t kept_drop(struct kept *kept)
{
	size_t bytes = kept->block.len;

	if (kept->memory)
		memory_put(kept->memory, &kept->block);
	kept->whole = false;
	kept->count = kept->next = 0;
	return bytes;
}
